/**
 * HashSet64: a set of 64-bit hashes in one flat array: open addressing, linear probing, load at most one half.
 *
 * A member takes 16 to 32 bytes and no object: a JavaScript Set of a million strings takes ten times that. The pair
 * (0, 0) marks an empty slot and is never a member: Hasher never yields it.
 */
import { mixWord, mustProbe } from './probes.ts';
import { assert } from './result.ts';

export class HashSet64 {
  #slots: Uint32Array;
  #mask: number;
  #size = 0;

  constructor(capacity = 16) {
    const slotCount = slotsFor(capacity);
    this.#slots = new Uint32Array(slotCount * 2);
    this.#mask = slotCount - 1;
  }

  get size(): number {
    return this.#size;
  }

  get sizeBytes(): number {
    return this.#slots.byteLength;
  }

  has(high: number, low: number): boolean {
    const slots = this.#slots;
    const mask = this.#mask;
    let slot = mixWord(low) & mask;
    for (let probes = 0; ; slot = (slot + 1) & mask) {
      mustProbe(probes++, 'a set of hashes');
      const slotLow = slots[slot * 2]!;
      const slotHigh = slots[slot * 2 + 1]!;
      if (slotLow === low && slotHigh === high) return true;
      if ((slotLow | slotHigh) === 0) return false;
    }
  }

  /** Adds a hash; returns false when it was there already. Words are unsigned 32-bit. */
  add(high: number, low: number): boolean {
    if ((this.#size + 1) * 2 > this.#mask + 1) this.#grow(2 * (this.#mask + 1));
    if (!insert(this.#slots, this.#mask, high, low)) return false;
    this.#size++;
    return true;
  }

  /** Adds lists of hashes, each of (low, high) pairs. Makes room for all of them at once. */
  addAll(lists: readonly Uint32Array[]): void {
    const slotCount = slotsFor(lists.reduce((sum, { length }) => sum + length / 2, this.#size));
    if (slotCount > this.#mask + 1) this.#grow(slotCount);
    for (const pairs of lists) {
      for (let i = 0; i < pairs.length; i += 2) this.add(pairs[i + 1]!, pairs[i]!);
    }
  }

  /** Returns all members as (low, high) pairs, in no order. */
  pairs(): Uint32Array {
    const pairs = new Uint32Array(this.#size * 2);
    let count = 0;
    for (let at = 0; at < this.#slots.length; at += 2) {
      const low = this.#slots[at]!;
      const high = this.#slots[at + 1]!;
      if ((low | high) === 0) continue;
      pairs[count++] = low;
      pairs[count++] = high;
    }
    return pairs;
  }

  clear(): void {
    if (this.#size === 0) return;
    this.#slots.fill(0);
    this.#size = 0;
  }

  #grow(slotCount: number): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(slotCount * 2);
    this.#mask = slotCount - 1;
    for (let at = 0; at < old.length; at += 2) {
      const low = old[at]!;
      const high = old[at + 1]!;
      if ((low | high) !== 0) insert(this.#slots, this.#mask, high, low);
    }
  }
}

/** Slots that so many members fill to one half at most. */
function slotsFor(count: number): number {
  let slotCount = 16;
  while (slotCount < count * 2) slotCount *= 2;
  return slotCount;
}

function insert(slots: Uint32Array, mask: number, high: number, low: number): boolean {
  assert((high | low) !== 0, 'the hash (0, 0) marks an empty slot');
  let slot = mixWord(low) & mask;
  for (let probes = 0; ; slot = (slot + 1) & mask) {
    mustProbe(probes++, 'a set of hashes');
    const slotLow = slots[slot * 2]!;
    const slotHigh = slots[slot * 2 + 1]!;
    if (slotLow === low && slotHigh === high) return false;
    if ((slotLow | slotHigh) === 0) {
      slots[slot * 2] = low;
      slots[slot * 2 + 1] = high;
      return true;
    }
  }
}
