/**
 * NDJSON: events as one JSON object a line. Absent values are left out; `properties` and `context` are objects; 64-bit
 * hashes are texts, because a JSON number would lose digits.
 */
import type { EventColumns } from '../event/columns.ts';
import { type ExportColumn, type RowSpan, textOf } from './values.ts';

/** Columns whose text is JSON already. */
const JSON_COLUMNS: ReadonlySet<ExportColumn> = new Set<ExportColumn>(['properties', 'context', 'late']);

/** Default: all rows. */
export function ndjsonLines(
  batch: EventColumns,
  columns: readonly ExportColumn[],
  { from, to }: RowSpan = { from: 0, to: batch.rowCount },
): string {
  const names = columns.map((column) => `${JSON.stringify(column)}:`);
  let text = '';
  for (let row = from; row < to; row++) {
    let line = '';
    for (const [index, column] of columns.entries()) {
      const value = textOf(batch, column, row);
      if (value === null) continue;
      line += `${line === '' ? '' : ','}${names[index]}${JSON_COLUMNS.has(column) ? value : JSON.stringify(value)}`;
    }
    text += `{${line}}\n`;
  }
  return text;
}
