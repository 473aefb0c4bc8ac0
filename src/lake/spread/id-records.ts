/**
 * Id records: what the comparison of ids needs of a row, without its texts. The task that reads a stretch leaves a list of them for
 * each part of the ids.
 *
 *   raw    u32 rows | u32 x 2 each: hash of the id | u32 x 2 each: hash of the key | u32 each: low words of the receipt
 *   dense  u32 each: high words of the receipt | u32 each: row, less the row before | u32 each: range | u8 each: class of the sender
 */
import type { EventColumns } from '../../core/event/columns.ts';
import { Hasher, type HashKey } from '../../core/std/hash.ts';
import { assert } from '../../core/std/result.ts';
import { wordsOf } from '../../core/std/words.ts';
import { senderClasses } from '../scan/sender-class.ts';
import type { HashedIds } from '../scan/survivors.ts';
import type { Frame } from './frames.ts';
import { joinPlanes, PlaneReader } from './planes.ts';

const TWO_32 = 2 ** 32;

export interface IdRecords extends HashedIds {
  /** The people ranges of the rows. */
  readonly ranges: Uint32Array;
}

function newRecords(rowCount: number): IdRecords {
  return {
    rowCount,
    ids: new Uint32Array(2 * rowCount),
    keys: new Uint32Array(2 * rowCount),
    receivedAt: new Float64Array(rowCount),
    rows: new Uint32Array(rowCount),
    ranges: new Uint32Array(rowCount),
    senders: new Uint8Array(rowCount),
  };
}

/** Collects the records of rows as they are read, up to a number that is known before. */
export class IdRecordList {
  readonly #hasher: Hasher;
  readonly #records: IdRecords;
  #count = 0;

  /** `hashKey`: the tenant's. */
  constructor(rowsMax: number, hashKey: HashKey) {
    this.#hasher = new Hasher(hashKey);
    this.#records = newRecords(rowsMax);
  }

  /** Needs id, key_hash and received_at, and sender where the rows have it. `ranges`: those of the rows. */
  add(batch: EventColumns, firstRow: number, ranges: Uint32Array): void {
    const { ids, keys, receivedAt, rows, senders, ranges: allRanges } = this.#records;
    const texts = batch.strings.id;
    assert(texts !== undefined && batch.receivedAt.length === batch.rowCount, 'records need id and received_at');
    const classOf = senderClasses(batch);
    const hasher = this.#hasher;
    const at = this.#count;
    keys.set(wordsOf(batch.keyHash), 2 * at);
    receivedAt.set(batch.receivedAt, at);
    allRanges.set(ranges, at);
    for (let row = 0; row < batch.rowCount; row++) {
      hasher.hash(texts[row] ?? '');
      ids[2 * (at + row)] = hasher.low;
      ids[2 * (at + row) + 1] = hasher.high;
      rows[at + row] = firstRow + row;
      senders[at + row] = classOf(row);
    }
    this.#count += batch.rowCount;
  }

  /** Encodes the records of each part of the ids, and forgets all; null for a part without rows. */
  takeParts(partCount: number): (Frame | null)[] {
    const { ids } = this.#records;
    const records = Array.from({ length: partCount }, (): number[] => []);
    for (let at = 0; at < this.#count; at++) records[partOf(ids[2 * at + 1]!, partCount)]!.push(at);
    this.#count = 0;
    return records.map((chosen) => (chosen.length === 0 ? null : encodeRecords(this.#records, chosen)));
  }
}

/** The part of an id by the high word of its hash. */
function partOf(high: number, partCount: number): number {
  return high % partCount;
}

function encodeRecords(all: IdRecords, chosen: readonly number[]): Frame {
  const count = chosen.length;
  const { ids, keys, ranges, senders } = newRecords(count);
  const [low, high, steps] = [new Uint32Array(count), new Uint32Array(count), new Uint32Array(count)];
  let before = 0;
  for (const [to, from] of chosen.entries()) {
    for (const word of [0, 1]) {
      ids[2 * to + word] = all.ids[2 * from + word]!;
      keys[2 * to + word] = all.keys[2 * from + word]!;
    }
    low[to] = all.receivedAt[from]! % TWO_32;
    high[to] = Math.floor(all.receivedAt[from]! / TWO_32);
    steps[to] = all.rows[from]! - before;
    before = all.rows[from]!;
    ranges[to] = all.ranges[from]!;
    senders[to] = all.senders[from]!;
  }
  return {
    raw: joinPlanes([Uint32Array.of(count), ids, keys, low]),
    dense: joinPlanes([high, steps, ranges, senders]),
  };
}

export function decodeRecords({ raw, dense }: Frame): IdRecords {
  const numbers = new PlaneReader(raw);
  const [rowCount = 0] = numbers.words(1);
  const [ids, keys, low] = [numbers.words(2 * rowCount), numbers.words(2 * rowCount), numbers.words(rowCount)];
  const reader = new PlaneReader(dense);
  const [high, rows, ranges] = [reader.words(rowCount), reader.words(rowCount), reader.words(rowCount)];
  const receivedAt = new Float64Array(rowCount);
  for (let at = 0; at < rowCount; at++) {
    receivedAt[at] = high[at]! * TWO_32 + low[at]!;
    if (at > 0) rows[at] = rows[at]! + rows[at - 1]!;
  }
  return { rowCount, ids, keys, receivedAt, rows, ranges, senders: reader.bytes(rowCount) };
}
