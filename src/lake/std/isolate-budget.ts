/**
 * Isolate budget: the bound of everything that an isolate keeps from one call to the next, over all of its caches.
 *
 * Each cache has a bound of its own, so that one kind of value does not push out all others. Together they could fill an isolate,
 * so the least recently used value of all caches goes when their sum exceeds the budget. Questions need the rest: an isolate of
 * 128 MB that is full ends with every request in it.
 */
import { LIMITS } from '../../core/limits.ts';

/** A cache that shares a budget. */
export interface Sharer {
  readonly sizeBytes: number;
  /** When its least recently used value was used, by the budget's clock; null when it is empty. */
  readonly oldestUse: number | null;
  dropOldest(): void;
}

export class Budget {
  readonly #sizeBytesMax: number;
  /** A cache that nobody holds any more gives its share back. */
  readonly #sharers = new Set<WeakRef<Sharer>>();
  #uses = 0;

  constructor(sizeBytesMax: number) {
    this.#sizeBytesMax = sizeBytesMax;
  }

  join(sharer: Sharer): void {
    this.#sharers.add(new WeakRef(sharer));
  }

  /** The number of uses so far, this one included. */
  use(): number {
    return ++this.#uses;
  }

  /** Drops the least recently used values until the rest fits. The value that was used last stays: its caller needs it. */
  shrink(): void {
    const sharers = this.#living();
    let sizeBytes = sharers.reduce((sum, sharer) => sum + sharer.sizeBytes, 0);
    while (sizeBytes > this.#sizeBytesMax) {
      const oldest = oldestOf(sharers);
      if (oldest === null || oldest.oldestUse === this.#uses) return;
      sizeBytes -= oldest.sizeBytes;
      oldest.dropOldest();
      sizeBytes += oldest.sizeBytes;
    }
  }

  #living(): Sharer[] {
    const living: Sharer[] = [];
    for (const reference of this.#sharers) {
      const sharer = reference.deref();
      if (sharer === undefined) this.#sharers.delete(reference);
      else living.push(sharer);
    }
    return living;
  }
}

function oldestOf(sharers: readonly Sharer[]): Sharer | null {
  let oldest: Sharer | null = null;
  for (const sharer of sharers) {
    if (sharer.oldestUse === null) continue;
    if (oldest === null || sharer.oldestUse < oldest.oldestUse!) oldest = sharer;
  }
  return oldest;
}

export const ISOLATE_BUDGET = new Budget(LIMITS.isolateKeptSizeBytesMax);
