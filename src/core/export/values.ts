/**
 * Values: one row of event columns as text formats show it: instants as ISO, 64-bit hashes as decimal text.
 */
import type { EventColumns } from '../event/columns.ts';
import { LAKE_COLUMNS, type LakeColumn } from '../event/lake-columns.ts';
import { isoTime } from '../std/instant.ts';

/** The columns of an export: those of the lake, except the column of values that are encrypted per person. */
export type ExportColumn = Exclude<LakeColumn, 'pii'>;

/** All columns of an export in the order of the lake. */
export const EXPORT_COLUMNS: readonly ExportColumn[] = LAKE_COLUMNS.filter((column) => column !== 'pii');

/** Rows of a batch, `to` not among them. */
export interface RowSpan {
  readonly from: number;
  readonly to: number;
}

/** The text of a value; null when the event has none. */
export function textOf(batch: EventColumns, column: ExportColumn, row: number): string | null {
  switch (column) {
    case 'at':
      return isoTime(batch.at[row]!);
    case 'received_at':
      return isoTime(batch.receivedAt[row]!);
    case 'person':
      return batch.person[row] === 0n ? null : String(batch.person[row]);
    case 'key_hash':
      return String(batch.keyHash[row]);
    case 'late':
      return String(batch.late[row]);
    default:
      return batch.strings[column]?.[row] ?? null;
  }
}
