/**
 * Sized cache: values that are costly to make, bounded by their total size; the least recently used goes first (LRU). All caches of
 * an isolate share a budget beside.
 *
 * The newest value stays even if it is larger than the bound: its caller is about to use it again.
 */
import { ISOLATE_BUDGET } from './isolate-budget.ts';

interface Entry<V> {
  readonly value: V;
  readonly sizeBytes: number;
  usedAt: number;
}

export class SizedCache<K, V> {
  readonly #sizeBytesMax: number;
  readonly #budget: typeof ISOLATE_BUDGET;
  /** The entries, least recently used first. */
  readonly #entries = new Map<K, Entry<V>>();
  #sizeBytes = 0;

  constructor(sizeBytesMax: number, budget = ISOLATE_BUDGET) {
    this.#sizeBytesMax = sizeBytesMax;
    this.#budget = budget;
    budget.join(this);
  }

  /** The size of all values together. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** When the least recently used value was used, by the budget's clock; null without values. */
  get oldestUse(): number | null {
    for (const { usedAt } of this.#entries.values()) return usedAt;
    return null;
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
    this.#entries.set(key, { value, sizeBytes, usedAt: this.#budget.use() });
    this.#sizeBytes += sizeBytes;
    while (this.#sizeBytes > this.#sizeBytesMax && this.#entries.size > 1) this.dropOldest();
    this.#budget.shrink();
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

  /** Forgets the least recently used value. */
  dropOldest(): void {
    const [oldest] = this.#entries;
    if (oldest !== undefined) this.drop(oldest[0], oldest[1].value);
  }

  #use(key: K): Entry<V> | undefined {
    const known = this.#entries.get(key);
    if (known === undefined) return undefined;
    this.#entries.delete(key);
    known.usedAt = this.#budget.use();
    this.#entries.set(key, known);
    return known;
  }
}
