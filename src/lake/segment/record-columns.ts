/**
 * Record columns: validated records → one batch by column, with the tenant's pseudonyms, as a shard's block would give
 * it.
 */
import { type EventColumns, FLAG_CLAMPED } from '../../core/event/columns.ts';
import {
  type EventRecord,
  partitionKeyOf,
  personOf,
  STRING_COLUMNS,
  type StringColumn,
} from '../../core/event/event.ts';
import type { Hasher } from '../../core/std/hash.ts';
import { wordsOf } from '../../core/std/words.ts';

/** Returns the records as columns. `late` holds the flags of every row. */
export function recordColumns(records: readonly EventRecord[], hasher: Hasher, late: number): EventColumns {
  const rowCount = records.length;
  const person = new BigInt64Array(rowCount);
  const keyHash = new BigInt64Array(rowCount);
  const personWords = wordsOf(person);
  const keyWords = wordsOf(keyHash);
  records.forEach(({ strings }, row) => {
    const personText = personOf(strings);
    const keyText = partitionKeyOf(strings);
    hasher.hash(keyText);
    keyWords[2 * row] = hasher.low;
    keyWords[2 * row + 1] = hasher.high;
    if (personText === null) return;
    if (personText !== keyText) hasher.hash(personText);
    personWords[2 * row] = hasher.low;
    personWords[2 * row + 1] = hasher.high;
  });
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
