/** JSON parameters: many rows as few parameters of one statement (`json_each`), each within what D1 takes. */

/** One JSON parameter stays under this: D1 takes 2 MB a value. */
const PARAMETER_SIZE_BYTES_MAX = 1_500_000;

/** JSON arrays of the rows, each below what one parameter may hold. No rows: no parameters. */
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
