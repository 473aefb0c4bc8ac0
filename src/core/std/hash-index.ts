/**
 * HashIndex: numbers 64-bit hashes from 0 in the order they come: what is known of each can then lie in flat arrays.
 *
 * Open addressing at a load of at most one half: 16 to 32 bytes a hash. (0, 0) is no hash (see hash.ts).
 */

/** What `find` answers for a hash that was never added. */
export const NOT_FOUND = -1;

export class HashIndex {
  /** Number + 1 of the hash at a place; 0: free. */
  #places = new Uint32Array(64);
  #mask = 63;
  /** High and low word of each. */
  #words = new Uint32Array(64);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  high(index: number): number {
    return this.#words[2 * index]!;
  }

  low(index: number): number {
    return this.#words[2 * index + 1]!;
  }

  /** Negative: the hash at `left` is the lesser, as an unsigned number. */
  compare(left: number, right: number): number {
    return this.high(left) - this.high(right) || this.low(left) - this.low(right);
  }

  /** Words are unsigned. */
  find(high: number, low: number): number {
    for (let place = low & this.#mask; ; place = (place + 1) & this.#mask) {
      const index = this.#places[place]! - 1;
      if (index === NOT_FOUND) return NOT_FOUND;
      if (this.#words[2 * index + 1] === low && this.#words[2 * index] === high) return index;
    }
  }

  /** The number of the hash, new or known. */
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
