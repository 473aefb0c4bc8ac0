/**
 * Sized cache: values that are costly to make, bounded by their total size; the least recently used goes first (LRU).
 *
 * The newest value stays even if it is larger than the bound: its caller is about to use it again.
 */
export class SizedCache<K, V> {
  readonly #sizeBytesMax: number;
  /** The entries, least recently used first. */
  readonly #entries = new Map<K, { readonly value: V; readonly sizeBytes: number }>();
  #sizeBytes = 0;

  constructor(sizeBytesMax: number) {
    this.#sizeBytesMax = sizeBytesMax;
  }

  /** The size of all values together. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /**
   * Returns the value of the key, which is made when it is missing. `sizeBytesOf`: the size of the value with its key.
   */
  of(key: K, make: () => V, sizeBytesOf: (value: V) => number): V {
    const known = this.#entries.get(key);
    if (known !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, known);
      return known.value;
    }
    const value = make();
    const sizeBytes = sizeBytesOf(value);
    this.#entries.set(key, { value, sizeBytes });
    this.#sizeBytes += sizeBytes;
    this.#shrink();
    return value;
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  /** Forgets the value, unless the key has another one by now. */
  drop(key: K, value: V): void {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.value !== value) return;
    this.#entries.delete(key);
    this.#sizeBytes -= entry.sizeBytes;
  }

  #shrink(): void {
    for (const [key, { value }] of this.#entries) {
      if (this.#sizeBytes <= this.#sizeBytesMax || this.#entries.size === 1) return;
      this.drop(key, value);
    }
  }
}
