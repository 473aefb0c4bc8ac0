/**
 * HashIndex: numbers 64-bit hashes from 0 in the order of their coming, so that facts about each can lie in flat
 * arrays.
 *
 * The table is open addressing at a load of at most one half: 16 to 32 bytes a hash. (0, 0) is not a hash (see
 * hash.ts).
 */

/** Answer of `find` for a hash that was never added. */
export const NOT_FOUND = -1;

export class HashIndex {
  /** Number of the hash at each place, plus 1; 0 marks a free place. */
  #places: Uint32Array;
  #mask: number;
  /** High and low word of each hash, by its number. */
  #words: Uint32Array;
  #size = 0;

  /** `capacity`: the probable number of hashes. */
  constructor(capacity = 32) {
    let slots = 64;
    while (slots < 2 * capacity) slots *= 2;
    this.#places = new Uint32Array(slots);
    this.#mask = slots - 1;
    this.#words = new Uint32Array(slots);
  }

  get size(): number {
    return this.#size;
  }

  get sizeBytes(): number {
    return this.#places.byteLength + this.#words.byteLength;
  }

  high(index: number): number {
    return this.#words[2 * index]!;
  }

  low(index: number): number {
    return this.#words[2 * index + 1]!;
  }

  /** Compares two hashes by their numbers: negative when the one at `left` is the lesser unsigned value. */
  compare(left: number, right: number): number {
    return this.high(left) - this.high(right) || this.low(left) - this.low(right);
  }

  /** Returns the number of the hash, or NOT_FOUND. Words are unsigned. */
  find(high: number, low: number): number {
    for (let place = low & this.#mask; ; place = (place + 1) & this.#mask) {
      const index = this.#places[place]! - 1;
      if (index === NOT_FOUND) return NOT_FOUND;
      if (this.#words[2 * index + 1] === low && this.#words[2 * index] === high) return index;
    }
  }

  /** Returns the number of the hash, which is added when it is new. */
  add(high: number, low: number): number {
    const known = this.find(high, low);
    if (known !== NOT_FOUND) return known;
    if (2 * (this.#size + 1) > this.#places.length) this.#grow();
    const index = this.#size++;
    this.#words[2 * index] = high;
    this.#words[2 * index + 1] = low;
    this.#occupy(index);
    return index;
  }

  #occupy(index: number): void {
    let place = this.low(index) & this.#mask;
    while (this.#places[place] !== 0) place = (place + 1) & this.#mask;
    this.#places[place] = index + 1;
  }

  #grow(): void {
    const slots = this.#places.length * 2;
    this.#places = new Uint32Array(slots);
    this.#mask = slots - 1;
    const words = new Uint32Array(slots);
    words.set(this.#words);
    this.#words = words;
    for (let index = 0; index < this.#size; index++) this.#occupy(index);
  }
}
