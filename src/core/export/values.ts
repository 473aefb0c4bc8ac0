/**
 * Values: one row of event columns as text formats show it: instants as ISO, 64-bit hashes as decimal text.
 */
import type { EventColumns } from '../event/columns.ts';
import type { StringColumn } from '../event/event.ts';

/** Columns an export may hold: those of the lake, except the one reserved for values encrypted per person. */
export type ExportColumn = 'at' | 'received_at' | 'person' | 'key_hash' | 'late' | Exclude<StringColumn, 'pii'>;

/** Returns the value as text; null when the event has none. */
export function textOf(batch: EventColumns, column: ExportColumn, row: number): string | null {
  switch (column) {
    case 'at':
      return new Date(batch.at[row]!).toISOString();
    case 'received_at':
      return new Date(batch.receivedAt[row]!).toISOString();
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
