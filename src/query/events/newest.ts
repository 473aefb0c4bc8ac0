/**
 * Newest: the few newest rows of many, which the explorer keeps while it looks at them.
 *
 * The order is event time, then id, then key hash, all descending, so a page can end anywhere and the next begins there. A row
 * that is shown twice is kept once. Copies of an event are rows of their own; which of them counts is told later (rivals.ts).
 */

/** The place of an event in the order. */
export interface EventPlace {
  readonly atMs: number;
  readonly id: string;
  readonly keyHash: bigint;
}

export interface Candidate extends EventPlace {
  readonly receivedAtMs: number;
  /** null in rows from before classes of senders. */
  readonly sender: string | null;
}

/** Returns a negative number when `left` comes before `right`. */
export function compareNewest(left: EventPlace, right: EventPlace): number {
  if (left.atMs !== right.atMs) return right.atMs - left.atMs;
  if (left.id !== right.id) return left.id > right.id ? -1 : 1;
  if (left.keyHash === right.keyHash) return 0;
  return left.keyHash > right.keyHash ? -1 : 1;
}

export class Newest<T extends Candidate> {
  readonly #sizeMax: number;
  readonly #kept = new Set<string>();
  /** The events, the newest first. */
  readonly #order: T[] = [];

  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax;
  }

  get events(): readonly T[] {
    return this.#order;
  }

  /** No older event can be among the newest any more; −Infinity while there is room. */
  get floorMs(): number {
    const last = this.#order[this.#sizeMax - 1];
    return last === undefined ? Number.NEGATIVE_INFINITY : last.atMs;
  }

  add(candidate: T): void {
    const identity = identityOf(candidate);
    if (this.#kept.has(identity)) return;
    const position = this.#positionOf(candidate);
    if (position >= this.#sizeMax) return;
    this.#order.splice(position, 0, candidate);
    this.#kept.add(identity);
    if (this.#order.length > this.#sizeMax) this.#kept.delete(identityOf(this.#order.pop()!));
  }

  #positionOf(candidate: T): number {
    let from = 0;
    let to = this.#order.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (compareNewest(this.#order[middle]!, candidate) < 0) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

/** Tells a row from every other: rows that agree in all of it are the same row, or copies that differ in nothing. */
export function identityOf({ keyHash, atMs, receivedAtMs, sender, id }: Candidate): string {
  return `${keyHash} ${atMs} ${receivedAtMs} ${sender} ${id}`;
}
