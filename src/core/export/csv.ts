/**
 * CSV: events as RFC 4180 lines, UTF-8, CRLF, with a first line of column names.
 *
 * An absent value is an empty field, an empty text `""`. A spreadsheet takes a field that begins with `=`, `+`, `-`,
 * `@`, a tab, a carriage return or a line feed for a formula, quoted or not (OWASP, "CSV injection"), and any client can send such a
 * text: it gets one `'` in front. So does a text that begins with `'`: removing one leading `'` gives back the text
 * that was sent. A field with `;` is quoted, because spreadsheets of languages with a decimal comma separate fields
 * there. Columns that Tidemark itself makes (instants, hashes) are never touched.
 */
import type { EventColumns } from '../event/columns.ts';
import { type ExportColumn, type RowSpan, textOf } from './values.ts';

const OWN_COLUMNS: ReadonlySet<ExportColumn> = new Set<ExportColumn>([
  'at',
  'received_at',
  'sender',
  'person',
  'key_hash',
  'late',
]);
/** First characters of a formula. Some spreadsheets normalise the full-width forms to the plain ones. */
const FORMULA = /^[=+\-@\t\r\n'＝＋－＠]/;
const NEEDS_QUOTES = /[",;\r\n]/;

export function csvHeader(columns: readonly ExportColumn[]): string {
  return `${columns.join(',')}\r\n`;
}

/** Default: all rows. */
export function csvLines(
  batch: EventColumns,
  columns: readonly ExportColumn[],
  { from, to }: RowSpan = { from: 0, to: batch.rowCount },
): string {
  let text = '';
  for (let row = from; row < to; row++) {
    for (const [index, column] of columns.entries()) {
      if (index > 0) text += ',';
      text += csvField(textOf(batch, column, row), !OWN_COLUMNS.has(column));
    }
    text += '\r\n';
  }
  return text;
}

/** Returns a text as a field. `isForeign` says that a client sent it. */
export function csvField(text: string | null, isForeign: boolean): string {
  if (text === null) return '';
  const safe = isForeign && FORMULA.test(text) ? `'${text}` : text;
  return safe === '' || NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
