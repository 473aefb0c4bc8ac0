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
    const known = this.#use(key);
    if (known !== undefined) return known.value;
    const value = make();
    this.set(key, value, sizeBytesOf(value));
    return value;
  }

  /** The value of the key, which is used by that; undefined when it is missing. */
  get(key: K): V | undefined {
    return this.#use(key)?.value;
  }

  /** Keeps the value in the place of the one before. `sizeBytes` is its size with its key. */
  set(key: K, value: V, sizeBytes: number): void {
    const known = this.#entries.get(key);
    if (known !== undefined) this.drop(key, known.value);
    this.#entries.set(key, { value, sizeBytes });
    this.#sizeBytes += sizeBytes;
    this.#shrink();
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

  #use(key: K): { readonly value: V } | undefined {
    const known = this.#entries.get(key);
    if (known === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, known);
    return known;
  }

  #shrink(): void {
    for (const [key, { value }] of this.#entries) {
      if (this.#sizeBytes <= this.#sizeBytesMax || this.#entries.size === 1) return;
      this.drop(key, value);
    }
  }
}
