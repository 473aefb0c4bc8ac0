/**
 * Table: rows of text for a terminal, with numbers aligned right.
 */

export type TableCell = string | number | null | undefined;

/** The lines of the table, without trailing blanks. A column is aligned right when all its cells are numbers. */
export function renderTable(header: readonly string[], rows: readonly (readonly TableCell[])[]): string[] {
  const texts = rows.map((row) => header.map((_, index) => cellText(row[index])));
  const isNumeric = header.map((_, index) => rows.length > 0 && rows.every((row) => isNumberOrNone(row[index])));
  const widths = header.map((name, index) => Math.max(name.length, ...texts.map((row) => (row[index] ?? '').length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) => (isNumeric[index] ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0)))
      .join('  ')
      .trimEnd();
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...texts.map(line)];
}

function isNumberOrNone(cell: TableCell): boolean {
  return typeof cell === 'number' || cell === null || cell === undefined;
}

function cellText(cell: TableCell): string {
  if (cell === null || cell === undefined) return '–';
  return typeof cell === 'number' ? formatNumber(cell) : printable(cell);
}

/** The text without control characters: what a page has sent must not steer the terminal that shows it. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '\ufffd');
}

/** Groups the thousands and keeps at most six decimals: sums are exact to millionths. */
export function formatNumber(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 6 });
}
