/**
 * Passes: a journey's people in ranges of their hashes, one after the other, each with as many people as can be held at
 * once.
 *
 * The row groups tell how many rows a range has; the share of its rows that a pass has held tells how many the next may
 * have. A range ends where few row groups go on beyond it, because the next pass reads those again.
 */
import { ALL_PEOPLE, type HighRange } from '../../core/people/high-range.ts';
import { dayRange } from '../../core/std/day.ts';
import { type PeopleSpan, peopleSpans } from '../../lake/segment/people-bounds.ts';
import type { LakeView } from '../view/lake-view.ts';

/** The share of the bound that a pass is planned for: people differ in their number of events. */
const FILL = 0.9;
/** The share of that to which a range may be shortened, to end at a better place. */
const SHORTEST = 0.75;

export class Passes {
  readonly #spans: readonly PeopleSpan[];
  readonly #heldMax: number;
  /** The measure that each row read adds to the held events; a person counts as two. */
  #heldShare = 1;

  constructor(spans: readonly PeopleSpan[], heldMax: number) {
    this.#spans = spans;
    this.#heldMax = heldMax;
  }

  /** The last of the people from `from` on who will fit in one pass; at most `last`. */
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

  /** Learns from a pass over these people how much of their rows was held. */
  learn(range: HighRange, held: number): void {
    const rowCount = this.#rowsIn(range);
    // The share is never 0, with which one pass would be planned for all people.
    if (rowCount > 0) this.#heldShare = Math.max(held / rowCount, 0.001);
  }

  /** The farthest end of a range with at most `rowsMax` rows; at least the people of one word. */
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

  /** The estimated rows of a range: the rows of a row group are taken to be spread evenly over its people. */
  #rowsIn({ from, to }: HighRange): number {
    let rowCount = 0;
    for (const span of this.#spans) {
      const common = Math.min(to, span.to) - Math.max(from, span.from) + 1;
      if (common > 0) rowCount += (span.rowCount * common) / (span.to - span.from + 1);
    }
    return rowCount;
  }

  /** The rows of the row groups that have people on both sides of the end. */
  #crossed(to: number): number {
    let rowCount = 0;
    for (const span of this.#spans) if (span.from <= to && span.to > to) rowCount += span.rowCount;
    return rowCount;
  }
}

/** Plans the passes over a view; null when one pass may do, or when people cannot be read apart from others. */
export function planPasses({ segments, tails, startMs, endMs, people }: LakeView, heldMax: number): Passes | null {
  if (people?.linked?.isEmpty === false) return null;
  const { dayFrom, dayTo } = dayRange({ startMs, endMs });
  const counted = segments.map(({ days, footer }) => {
    const inRange = days.filter(({ day }) => day >= dayFrom && day <= dayTo);
    return { footer, rowCount: inRange.reduce((sum, { rowCount }) => sum + rowCount, 0) };
  });
  const tailRows = tails.reduce((sum, { columns }) => sum + columns.rowCount, 0);
  if (counted.reduce((sum, { rowCount }) => sum + rowCount, tailRows) <= heldMax) return null;
  const spans: PeopleSpan[] = [{ ...ALL_PEOPLE, rowCount: tailRows }];
  for (const { footer, rowCount } of counted) {
    const groups = footer ? peopleSpans(footer) : [{ ...ALL_PEOPLE, rowCount }];
    const total = groups.reduce((sum, group) => sum + group.rowCount, 0);
    // Only some days of a segment may be in the range: each row group gets its share of their rows.
    for (const group of groups) spans.push({ ...group, rowCount: (group.rowCount * rowCount) / total });
  }
  return new Passes(spans, heldMax);
}
