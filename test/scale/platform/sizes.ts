// Sizes: how many bytes a value has on its way between two parts of the platform, at full scale.

/** Bytes of a value that crosses an RPC. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 8;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return value.byteLength;
  let bytes = 0;
  if (Array.isArray(value)) for (const item of value) bytes += sizeOf(item);
  else if (value instanceof Map) for (const [key, item] of value) bytes += sizeOf(key) + sizeOf(item);
  else for (const key in value) bytes += sizeOf((value as Record<string, unknown>)[key]);
  return bytes;
}

/** Columns whose values are an N-th of their full size in a run at the scale 1/N. */
const SCALED_COLUMNS: ReadonlySet<string> = new Set(['cells', 'piece', 'people']);

/** Bytes of the rows of a result. */
export function rowsSize(rows: readonly unknown[], scale: number): number {
  let bytes = 0;
  for (const row of rows as readonly Record<string, unknown>[]) {
    for (const name in row) bytes += sizeOf(row[name]) * (SCALED_COLUMNS.has(name) ? scale : 1);
  }
  return bytes;
}

/** Bytes of the longest value that is bound to a statement. */
export function parameterSize(sql: string, values: readonly unknown[], scale: number): number {
  const longest = values.reduce<number>((most, value) => Math.max(most, sizeOf(value)), 0);
  // Rows of cells are bound as JSON.
  return longest * (/\bcells\b/.test(sql) ? scale : 1);
}
