/**
 * IdFile: the ids that a sender gave to the rows of a chunk, as hashes under the tenant's key: what the finish of the
 * version compares, without reading the chunks' files.
 *
 * Layout: for each row with such an id, in the order of the chunk, the high and the low word of the hash, little-endian, as
 * every machine of the product is.
 * Ids that were made of import, chunk and line are left out: no two rows have the same.
 */
import type { EventRecord } from '../../core/event/event.ts';
import type { Hasher } from '../../core/std/hash.ts';
import { HashIndex } from '../../core/std/hash-index.ts';

export interface GivenIds {
  /** The records whose id no earlier record has. */
  readonly records: readonly EventRecord[];
  /** Two words of each given id of these records. */
  readonly words: Uint32Array;
}

/** Leaves out the records that have the id of an earlier record. `madeIds`: the ids that no sender gave. */
export function givenIdsOf(records: readonly EventRecord[], hasher: Hasher, madeIds: ReadonlySet<string>): GivenIds {
  const ids = new HashIndex(records.length);
  const words = new Uint32Array(2 * records.length);
  const kept = records.filter(({ strings }) => {
    if (madeIds.has(strings.id)) return true;
    hasher.hash(strings.id);
    const known = ids.size;
    const index = ids.add(hasher.high, hasher.low);
    if (index < known) return false;
    words[2 * index] = hasher.high;
    words[2 * index + 1] = hasher.low;
    return true;
  });
  return { records: kept.length === records.length ? records : kept, words: words.subarray(0, 2 * ids.size) };
}

export function idFileOf(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

export function wordsOfIdFile(bytes: ArrayBuffer): Uint32Array {
  return new Uint32Array(bytes);
}
