/**
 * Passes: a journey's people in ranges of their hashes, one after the other, each of as many as can be held at once.
 *
 * What the row groups say of their people tells how many rows a range has; what a pass has held of what it read, how many
 * the next may have. A range ends where few row groups go on beyond it, for those are read again by the next.
 */
import type { HighRange } from '../../core/journeys/kit/sequence-builder.ts';
import type { PeopleSpan } from '../../lake/segment/people-bounds.ts';

/** Of what may be held, how much to plan with: people differ in how much they do. */
const FILL = 0.9;
/** A range may be this much shorter, to end at a better place. */
const SHORTEST = 0.75;

export class Passes {
  readonly #spans: readonly PeopleSpan[];
  readonly #heldMax: number;
  /** What is held of a row that is read; a person counts as two. */
  #heldShare = 1;

  constructor(spans: readonly PeopleSpan[], heldMax: number) {
    this.#spans = spans;
    this.#heldMax = heldMax;
  }

  /** The last of the people from `from` on who will fit in one pass; at the most `last`. */
  endFrom(from: number, last: number): number {
    const rowsMax = (FILL * this.#heldMax) / this.#heldShare;
    if (this.#rowsIn({ from, to: last }) <= rowsMax) return last;
    const least = this.#reach(from, last, SHORTEST * rowsMax);
    let best = this.#reach(from, last, rowsMax);
    let bestCrossed = this.#crossed(best);
    for (const span of this.#spans) {
      const to = span.from - 1;
      if (to < least || to > best) continue;
      const crossed = this.#crossed(to);
      if (crossed >= bestCrossed) continue;
      best = to;
      bestCrossed = crossed;
    }
    return best;
  }

  /** Of these people so much was held. */
  learn(range: HighRange, held: number): void {
    const rowCount = this.#rowsIn(range);
    // Never as if nothing were held: then one pass would be planned for everybody.
    if (rowCount > 0) this.#heldShare = Math.max(held / rowCount, 0.001);
  }

  /** The farthest end of a range with so many rows at the most; one word's people at the least. */
  #reach(from: number, last: number, rowsMax: number): number {
    let low = from;
    let high = last;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.#rowsIn({ from, to: middle }) <= rowsMax) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** As if the rows of a row group were spread evenly over its people. */
  #rowsIn({ from, to }: HighRange): number {
    let rowCount = 0;
    for (const span of this.#spans) {
      const common = Math.min(to, span.to) - Math.max(from, span.from) + 1;
      if (common > 0) rowCount += (span.rowCount * common) / (span.to - span.from + 1);
    }
    return rowCount;
  }

  /** Rows of the row groups that have people on both sides. */
  #crossed(to: number): number {
    let rowCount = 0;
    for (const span of this.#spans) if (span.from <= to && span.to > to) rowCount += span.rowCount;
    return rowCount;
  }
}
