/**
 * Record columns: validated records → one batch by column, with the tenant's pseudonyms, as a shard's block would give
 * it.
 */
import { type EventColumns, FLAG_CLAMPED } from '../../core/event/columns.ts';
import { type EventRecord, STRING_COLUMNS, type StringColumn } from '../../core/event/event.ts';
import { writeIdHashes } from '../../core/people/id-hashes.ts';
import type { Hasher } from '../../core/std/hash.ts';
import { wordsOf } from '../../core/std/words.ts';

/** Returns the records as columns. `late` holds the flags of every row. */
export function recordColumns(records: readonly EventRecord[], hasher: Hasher, late: number): EventColumns {
  const rowCount = records.length;
  const person = new BigInt64Array(rowCount);
  const keyHash = new BigInt64Array(rowCount);
  const hashes = { person: wordsOf(person), key: wordsOf(keyHash) };
  for (const [row, record] of records.entries()) writeIdHashes(record.strings, hasher, row, hashes);
  const strings: { [column in StringColumn]?: (string | null)[] } = {};
  for (const column of STRING_COLUMNS) strings[column] = records.map((record) => record.strings[column] ?? null);
  return {
    rowCount,
    at: Float64Array.from(records, ({ atMs }) => atMs),
    receivedAt: Float64Array.from(records, ({ receivedAtMs }) => receivedAtMs),
    person,
    keyHash,
    late: Uint8Array.from(records, ({ clamped }) => late | (clamped ? FLAG_CLAMPED : 0)),
    strings,
  };
}
