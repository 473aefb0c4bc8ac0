/**
 * Sized cache: values that were worked out before, bounded by their bytes together; the least recently used goes first.
 *
 * The newest stays even if it is larger than the bound: whoever worked it out is about to use it again.
 */
export class SizedCache<K, V> {
  readonly #sizeBytesMax: number;
  /** Least recently used first. */
  readonly #entries = new Map<K, { readonly value: V; readonly sizeBytes: number }>();
  #sizeBytes = 0;

  constructor(sizeBytesMax: number) {
    this.#sizeBytesMax = sizeBytesMax;
  }

  /** The value of the key, made if it is not there, and how many bytes it takes with its key. */
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

  #shrink(): void {
    for (const [key, { sizeBytes }] of this.#entries) {
      if (this.#sizeBytes <= this.#sizeBytesMax || this.#entries.size === 1) return;
      this.#entries.delete(key);
      this.#sizeBytes -= sizeBytes;
    }
  }
}
