/**
 * PairSet: a Bloom filter of (key, id) pairs, by a hash of each: one bit for each key and one for each pair. No false
 * negatives.
 */
export class PairSet {
  readonly #keys: Uint32Array;
  readonly #pairs: Uint32Array;
  readonly #keyMask: number;
  readonly #pairMask: number;

  constructor(count: number, bitsEach: number) {
    const bitCount = 2 ** Math.max(10, Math.ceil(Math.log2(count * bitsEach)));
    this.#pairs = new Uint32Array(bitCount / 32);
    this.#pairMask = bitCount - 1;
    // Most keys have several events.
    this.#keys = new Uint32Array(bitCount / 4 / 32);
    this.#keyMask = bitCount / 4 - 1;
  }

  add(key: number, id: number): void {
    set(this.#keys, key & this.#keyMask);
    set(this.#pairs, (key ^ id) & this.#pairMask);
  }

  mayHaveKey(key: number): boolean {
    return has(this.#keys, key & this.#keyMask);
  }

  mayHave(key: number, id: number): boolean {
    return has(this.#pairs, (key ^ id) & this.#pairMask);
  }
}

function set(bits: Uint32Array, at: number): void {
  bits[at >>> 5]! |= 1 << (at & 31);
}

function has(bits: Uint32Array, at: number): boolean {
  return (bits[at >>> 5]! & (1 << (at & 31))) !== 0;
}
