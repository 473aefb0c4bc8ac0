/**
 * PeopleTable: numbers for the people of a pass, in the order in which the pass meets them, and each person's first
 * value of the breakdown when people are grouped by it.
 *
 * Open addressing over (high, low) pairs in flat arrays: at most about 20 bytes a person and no objects. Neighbouring
 * rows often belong to one person, who is then found without a lookup.
 */
import type { TextCodes } from './text-codes.ts';

/** Marks a person who is not kept. */
export const NOT_KEPT = -1;

export class PeopleTable {
  /** Index + 1 of the person at a place; 0 when the place is free. */
  #places = new Uint32Array(2_048);
  #mask = 2_047;
  #hashes = new Uint32Array(2_048);
  #count = 0;
  readonly #hasGroups: boolean;
  #firstAt = new Float64Array(0);
  #groups = new Uint32Array(0);
  #lastHigh = 0;
  #lastLow = 0;
  #lastIndex = 0;

  constructor(hasGroups: boolean) {
    this.#hasGroups = hasGroups;
    if (hasGroups) this.#coverGroups(1_024);
  }

  get count(): number {
    return this.#count;
  }

  /** The person's number, new or known. Words are unsigned, and not both are 0. */
  indexOf(high: number, low: number): number {
    if (low === this.#lastLow && high === this.#lastHigh) return this.#lastIndex;
    const index = this.#find(high, low);
    this.#lastHigh = high;
    this.#lastLow = low;
    this.#lastIndex = index;
    return index;
  }

  /** Keeps the value of the person's earliest event; of values at one instant the first by text. */
  offerGroup(person: number, atMs: number, group: number, texts: TextCodes): void {
    const known = this.#groups[person]!;
    const firstAt = this.#firstAt[person]!;
    if (known !== 0 && (atMs > firstAt || known === group)) {
      if (atMs < firstAt) this.#firstAt[person] = atMs;
      return;
    }
    if (known !== 0 && atMs === firstAt && texts.compare(group, known) >= 0) return;
    this.#firstAt[person] = atMs;
    this.#groups[person] = group;
  }

  hashes(): Uint32Array {
    return this.#hashes.slice(0, 2 * this.#count);
  }

  /** The group of each person; empty when people are not grouped. */
  groups(): Uint32Array {
    return this.#hasGroups ? this.#groups.slice(0, this.#count) : new Uint32Array(0);
  }

  /** The instant of each person's value; empty when people are not grouped. */
  groupAt(): Float64Array {
    return this.#hasGroups ? this.#firstAt.slice(0, this.#count) : new Float64Array(0);
  }

  /** Drops the people whose signed high word is greater. Returns each person's new number, or NOT_KEPT. */
  keepUpTo(highMax: number): Int32Array {
    const numbers = new Int32Array(this.#count);
    const { count: oldCount } = this;
    this.#places.fill(0);
    this.#count = 0;
    for (let old = 0; old < oldCount; old++) {
      const high = this.#hashes[2 * old]!;
      const low = this.#hashes[2 * old + 1]!;
      if ((high | 0) > highMax) {
        numbers[old] = NOT_KEPT;
        continue;
      }
      const index = this.#append(high, low);
      numbers[old] = index;
      this.#groups[index] = this.#groups[old] ?? 0;
      this.#firstAt[index] = this.#firstAt[old] ?? 0;
    }
    if (this.#hasGroups) this.#groups.fill(0, this.#count);
    this.#lastHigh = 0;
    this.#lastLow = 0;
    return numbers;
  }

  #find(high: number, low: number): number {
    const places = this.#places;
    const hashes = this.#hashes;
    for (let place = low & this.#mask; ; place = (place + 1) & this.#mask) {
      const index = places[place]! - 1;
      if (index < 0) break;
      if (hashes[2 * index + 1] === low && hashes[2 * index] === high) return index;
    }
    return this.#append(high, low);
  }

  #append(high: number, low: number): number {
    if (2 * (this.#count + 1) > this.#places.length) this.#grow();
    const index = this.#count++;
    this.#hashes[2 * index] = high;
    this.#hashes[2 * index + 1] = low;
    this.#occupy(low, index);
    return index;
  }

  #occupy(low: number, index: number): void {
    let place = low & this.#mask;
    while (this.#places[place] !== 0) place = (place + 1) & this.#mask;
    this.#places[place] = index + 1;
  }

  #grow(): void {
    const size = this.#places.length * 2;
    this.#places = new Uint32Array(size);
    this.#mask = size - 1;
    const hashes = new Uint32Array(size);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    for (let index = 0; index < this.#count; index++) this.#occupy(hashes[2 * index + 1]!, index);
    if (this.#hasGroups) this.#coverGroups(size / 2);
  }

  #coverGroups(count: number): void {
    const firstAt = new Float64Array(count);
    firstAt.set(this.#firstAt);
    this.#firstAt = firstAt;
    const groups = new Uint32Array(count);
    groups.set(this.#groups);
    this.#groups = groups;
  }
}
