/**
 * Survivors: of the copies of one event in a day, the one that counts: the least (received_at, incarnation, seq, row).
 *
 * Copies are those with equal id and partition-key hash (CORRECTNESS B7). Feed batches in the order of (incarnation, seq,
 * row): then of two that were received at the same moment the first fed wins, and only `receivedAt` need be compared.
 * Ids are told apart by a 64-bit hash beside the 64-bit key hash: 24 bytes an event instead of its text, and two events
 * of one device would have to agree in 64 bits to be taken for one.
 */

import type { EventColumns } from '../../core/columns.ts';
import { Hasher } from '../../core/hash.ts';
import { assert } from '../../core/result.ts';
import { wordsOf } from '../number-encode.ts';

const EMPTY = 0;
const WORDS_PER_SLOT = 5;

export class Survivors {
  readonly #hasher = new Hasher([0, 0, 0, 0]);
  /** Open addressing: id hash (2), key hash (2), 1 + row of the survivor so far; 0 is free. */
  #slots: Uint32Array;
  #slotMask: number;
  #receivedAt: Float64Array;
  #keeps: Uint8Array;
  #rowCount = 0;
  #distinctCount = 0;

  /** `rowCountHint`: how many rows will be fed; more are taken too. */
  constructor(rowCountHint: number) {
    const capacity = Math.max(16, rowCountHint);
    const slotCount = 2 ** Math.ceil(Math.log2(capacity * 2));
    this.#slots = new Uint32Array(slotCount * WORDS_PER_SLOT);
    this.#slotMask = slotCount - 1;
    this.#receivedAt = new Float64Array(capacity);
    this.#keeps = new Uint8Array(capacity);
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  /** Copies that do not count. */
  get duplicateCount(): number {
    return this.#rowCount - this.#distinctCount;
  }

  /** Rows are numbered from 0 in the order they are fed. Needs id, key_hash and received_at. */
  add(batch: EventColumns): void {
    const ids = batch.strings.id;
    assert(ids !== undefined && batch.receivedAt.length === batch.rowCount, 'survivors need id and received_at');
    this.#reserve(this.#rowCount + batch.rowCount);
    const keys = wordsOf(batch.keyHash);
    for (let i = 0; i < batch.rowCount; i++) {
      this.#hasher.hash(ids[i] ?? '');
      this.#addRow(this.#hasher.low, this.#hasher.high, keys[2 * i]!, keys[2 * i + 1]!, batch.receivedAt[i]!);
    }
  }

  /** Whether the row counts. Only final when everything was fed. */
  keeps(row: number): boolean {
    return this.#keeps[row] === 1;
  }

  #addRow(idLow: number, idHigh: number, keyLow: number, keyHigh: number, receivedAtMs: number): void {
    const row = this.#rowCount++;
    this.#receivedAt[row] = receivedAtMs;
    const at = this.#find(idLow, idHigh, keyLow, keyHigh);
    const slots = this.#slots;
    const known = slots[at + 4]!;
    if (known === EMPTY) {
      slots[at] = idLow;
      slots[at + 1] = idHigh;
      slots[at + 2] = keyLow;
      slots[at + 3] = keyHigh;
      this.#distinctCount++;
    } else if (receivedAtMs >= this.#receivedAt[known - 1]!) {
      return;
    } else {
      this.#keeps[known - 1] = 0;
    }
    slots[at + 4] = row + 1;
    this.#keeps[row] = 1;
  }

  #find(idLow: number, idHigh: number, keyLow: number, keyHigh: number): number {
    const slots = this.#slots;
    for (let slot = (idLow ^ keyLow) & this.#slotMask; ; slot = (slot + 1) & this.#slotMask) {
      const at = slot * WORDS_PER_SLOT;
      if (slots[at + 4] === EMPTY) return at;
      if (slots[at] === idLow && slots[at + 1] === idHigh && slots[at + 2] === keyLow && slots[at + 3] === keyHigh)
        return at;
    }
  }

  #reserve(rowCount: number): void {
    if (rowCount <= this.#receivedAt.length) return;
    const capacity = 2 ** Math.ceil(Math.log2(rowCount));
    const receivedAt = new Float64Array(capacity);
    receivedAt.set(this.#receivedAt);
    this.#receivedAt = receivedAt;
    const keeps = new Uint8Array(capacity);
    keeps.set(this.#keeps);
    this.#keeps = keeps;
    this.#rehash(capacity * 2);
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
