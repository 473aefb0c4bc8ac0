/** Rows: lists of row numbers of a batch, ascending. */

/** All batches share the array, because rows are never written into. */
let ascending = new Uint32Array();

/** Returns [0, rowCount). */
export function allRows(rowCount: number): Uint32Array {
  if (rowCount > ascending.length) ascending = Uint32Array.from({ length: 2 * rowCount }, (_, row) => row);
  return ascending.subarray(0, rowCount);
}

/** Returns the rows that `isKept` accepts. The filter of typed arrays is ten times as slow. */
export function keep(rows: Uint32Array, isKept: (row: number) => boolean): Uint32Array {
  const kept = new Uint32Array(rows.length);
  let count = 0;
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index]!;
    if (isKept(row)) kept[count++] = row;
  }
  return count === rows.length ? rows : kept.subarray(0, count);
}
