/** JSON parameters: many rows as few parameters for `json_each`, each of a size that D1 takes. */

/** D1 takes 2 MB a value; a margin is left. */
const PARAMETER_SIZE_BYTES_MAX = 1_500_000;

/** The rows as JSON arrays, each below the bound of one parameter; an empty list when there are no rows. */
export function jsonParameters<T>(rows: readonly T[], sizeOf: (row: T) => number): string[] {
  const parameters: string[] = [];
  let taken: T[] = [];
  let sizeBytes = 0;
  for (const row of rows) {
    const rowSizeBytes = sizeOf(row);
    if (taken.length > 0 && sizeBytes + rowSizeBytes > PARAMETER_SIZE_BYTES_MAX) {
      parameters.push(JSON.stringify(taken));
      taken = [];
      sizeBytes = 0;
    }
    taken.push(row);
    sizeBytes += rowSizeBytes;
  }
  if (taken.length > 0) parameters.push(JSON.stringify(taken));
  return parameters;
}
