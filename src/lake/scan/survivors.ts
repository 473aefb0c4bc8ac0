/**
 * Survivors: for each event of a day the one copy that counts: the least (received_at, incarnation, seq, row).
 *
 * Copies are those with equal id and partition-key hash (CORRECTNESS B7). Feed batches in the order of (incarnation, seq,
 * row): then the first fed of two copies received at the same moment wins, and only `receivedAt` is compared.
 * Ids are told apart by a 64-bit hash beside the 64-bit key hash: 24 bytes an event instead of its text. Two events of one
 * device would have to agree in 64 bits to be taken for one. The hash is under the tenant's key, because senders choose the
 * ids: chosen neighbours in the table, or ids that all fall into one part, cost minutes. What survives does not depend on it.
 *
 * A day too big to be compared at once is compared in parts. Each part takes the ids with its share of the hashes and sees all
 * copies of those, whichever person they belong to. The further copies of all parts together are the rows that do not count.
 */
import type { EventColumns } from '../../core/event/columns.ts';
import { Hasher, type HashKey } from '../../core/std/hash.ts';
import { mustProbe, pairSlot } from '../../core/std/probes.ts';
import { assert } from '../../core/std/result.ts';
import { wordsOf } from '../../core/std/words.ts';

const EMPTY = 0;
const WORDS_PER_SLOT = 5;

export interface IdPart {
  readonly index: number;
  readonly count: number;
}
const WHOLE: IdPart = { index: 0, count: 1 };

export class Survivors {
  readonly #hasher: Hasher;
  readonly #part: IdPart;
  /** Open addressing: id hash (2), key hash (2), 1 + entry; 0 is free. */
  #slots: Uint32Array;
  #slotMask: number;
  /** The survivor so far of each entry: its receipt and its row. */
  #receivedAt: Float64Array;
  #row: Uint32Array;
  #entryCount = 0;
  /** A bit a row: 1 for a further copy. */
  #dropped: Uint8Array;
  #rowCount = 0;
  #duplicateCount = 0;

  /** `rowCountHint`: the probable number of rows. `hashKey`: the tenant's; all parts of a day need the same. */
  constructor(rowCountHint: number, hashKey: HashKey, part: IdPart = WHOLE) {
    this.#hasher = new Hasher(hashKey);
    this.#part = part;
    const capacity = Math.max(16, Math.ceil(rowCountHint / part.count));
    const slotCount = 2 ** Math.ceil(Math.log2(capacity * 1.5));
    this.#slots = new Uint32Array(slotCount * WORDS_PER_SLOT);
    this.#slotMask = slotCount - 1;
    this.#receivedAt = new Float64Array(capacity);
    this.#row = new Uint32Array(capacity);
    this.#dropped = new Uint8Array(Math.ceil(rowCountHint / 8));
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  /** The number of rows that are further copies. */
  get duplicateCount(): number {
    return this.#duplicateCount;
  }

  /** A bit a row, low bits first: 1 for a row that does not count. Final only when everything was fed. */
  get dropped(): Uint8Array {
    return this.#dropped;
  }

  /** Rows are numbered from 0 in the order they are fed, in every part alike. Needs id, key_hash and received_at. */
  add(batch: EventColumns): void {
    const ids = batch.strings.id;
    assert(ids !== undefined && batch.receivedAt.length === batch.rowCount, 'survivors need id and received_at');
    this.#reserveRows(this.#rowCount + batch.rowCount);
    const keys = wordsOf(batch.keyHash);
    const { index, count } = this.#part;
    const hasher = this.#hasher;
    for (let i = 0; i < batch.rowCount; i++) {
      const row = this.#rowCount++;
      hasher.hash(ids[i] ?? '');
      if (hasher.high % count === index) this.#addRow(row, keys[2 * i]!, keys[2 * i + 1]!, batch.receivedAt[i]!);
    }
  }

  /** Whether the row counts. Final only when everything was fed. */
  keeps(row: number): boolean {
    return !isDropped(this.#dropped, row);
  }

  #addRow(row: number, keyLow: number, keyHigh: number, receivedAtMs: number): void {
    if (this.#entryCount === this.#receivedAt.length) this.#grow();
    const { low: idLow, high: idHigh } = this.#hasher;
    const at = this.#find(idLow, idHigh, keyLow, keyHigh);
    const slots = this.#slots;
    let entry = slots[at + 4]! - 1;
    if (entry < 0) {
      entry = this.#entryCount++;
      slots[at] = idLow;
      slots[at + 1] = idHigh;
      slots[at + 2] = keyLow;
      slots[at + 3] = keyHigh;
      slots[at + 4] = entry + 1;
    } else {
      this.#duplicateCount++;
      const isFirst = receivedAtMs < this.#receivedAt[entry]!;
      this.#drop(isFirst ? this.#row[entry]! : row);
      if (!isFirst) return;
    }
    this.#receivedAt[entry] = receivedAtMs;
    this.#row[entry] = row;
  }

  #drop(row: number): void {
    this.#dropped[row >> 3] = this.#dropped[row >> 3]! | (1 << (row & 7));
  }

  #find(idLow: number, idHigh: number, keyLow: number, keyHigh: number): number {
    const slots = this.#slots;
    let slot = pairSlot(idLow, keyHigh) & this.#slotMask;
    for (let probes = 0; ; slot = (slot + 1) & this.#slotMask) {
      mustProbe(probes++, 'event ids');
      const at = slot * WORDS_PER_SLOT;
      if (slots[at + 4] === EMPTY) return at;
      if (slots[at] === idLow && slots[at + 1] === idHigh && slots[at + 2] === keyLow && slots[at + 3] === keyHigh)
        return at;
    }
  }

  #reserveRows(rowCount: number): void {
    const sizeBytes = Math.ceil(rowCount / 8);
    if (sizeBytes <= this.#dropped.length) return;
    const dropped = new Uint8Array(Math.max(sizeBytes, this.#dropped.length * 2));
    dropped.set(this.#dropped);
    this.#dropped = dropped;
  }

  #grow(): void {
    const capacity = Math.ceil(this.#receivedAt.length * 1.5);
    const receivedAt = new Float64Array(capacity);
    receivedAt.set(this.#receivedAt);
    this.#receivedAt = receivedAt;
    const row = new Uint32Array(capacity);
    row.set(this.#row);
    this.#row = row;
    const slotCount = 2 ** Math.ceil(Math.log2(capacity * 1.5));
    if (slotCount > this.#slotMask + 1) this.#rehash(slotCount);
  }

  #rehash(slotCount: number): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(slotCount * WORDS_PER_SLOT);
    this.#slotMask = slotCount - 1;
    for (let at = 0; at < old.length; at += WORDS_PER_SLOT) {
      if (old[at + 4] === EMPTY) continue;
      this.#slots.set(
        old.subarray(at, at + WORDS_PER_SLOT),
        this.#find(old[at]!, old[at + 1]!, old[at + 2]!, old[at + 3]!),
      );
    }
  }
}

/** Whether the row's bit is set. */
export function isDropped(dropped: Uint8Array, row: number): boolean {
  return ((dropped[row >> 3]! >> (row & 7)) & 1) === 1;
}
