/**
 * Kept grid: how fine the cells are that a question keeps of parts.
 *
 * A question by the minute keeps minutes. Any other keeps windows by its own buckets: a day of 1,440 minutes is one window then, with
 * each of its people once, which takes a fraction of the memory and of the time to be folded. Such cells serve other questions with
 * the same buckets whose range holds their windows as a whole.
 */
import { DAY_MS } from '../../core/limits.ts';
import { type BucketedRange, bucketStartOf } from '../../core/query/fold/coarse-windows.ts';
import { minuteSlicesOf } from '../../core/query/question/minute-slices.ts';
import type { Query } from '../../core/query/question/request.ts';
import type { WindowOf } from '../../core/rollup/shared-windows.ts';
import type { TimeRange } from '../../core/std/time-range.ts';
import type { Block, PartSpan } from './kept-block.ts';

export class KeptGrid {
  /** Told apart by it from the grids of other questions. Questions of one grid may still have other cuts. */
  readonly name: string;
  readonly isMinutes: boolean;
  readonly #range: BucketedRange;
  /** The whole minutes of the range. */
  readonly #whole: TimeRange;

  constructor(query: Query) {
    const { interval, timezone, bucketStarts } = query;
    this.isMinutes = interval === 'minute';
    // The first bucket may begin with the range.
    const areDays = interval !== 'hour' && bucketStarts.slice(1).every((startMs) => startMs % DAY_MS === 0);
    this.name = this.isMinutes ? 'minutes' : areDays ? 'days' : `${interval} ${timezone}`;
    this.#range = query;
    this.#whole = minuteSlicesOf(query).whole;
  }

  /** Starts of buckets between these instants. */
  cutsWithin(startMs: number, endMs: number): readonly number[] {
    return this.#range.bucketStarts.filter((cut) => cut > startMs && cut < endMs);
  }

  /** Whether the question may take the block: by the minute any, else one whose windows lie in its range and buckets as a whole. */
  holds({ cuts, startMs, endMs }: Pick<Block, 'cuts' | 'startMs' | 'endMs'>): boolean {
    if (cuts === null) return this.isMinutes;
    if (startMs < this.#whole.startMs || endMs > this.#whole.endMs) return false;
    const own = this.cutsWithin(startMs, endMs);
    return own.length === cuts.length && own.every((cut, index) => cut === cuts[index]);
  }

  /** Puts the windows of a part together while they are decoded. */
  windows(): PartWindows {
    return new PartWindows(bucketStartOf(this.#range, this.#whole));
  }
}

/** The windows of one part, in ascending order. */
export class PartWindows {
  readonly #bucketOf: ReturnType<typeof bucketStartOf>;
  #firstMs: number | null = null;
  #lastMs = 0;
  #endMs = 0;
  #areWhole = true;

  constructor(bucketOf: ReturnType<typeof bucketStartOf>) {
    this.#bucketOf = bucketOf;
  }

  readonly windowOf: WindowOf = (startMs, windowMs) => {
    const bucketMs = this.#bucketOf(startMs, windowMs);
    if (bucketMs === null) {
      this.#areWhole = false;
      return startMs;
    }
    this.#firstMs ??= startMs;
    this.#lastMs = startMs;
    this.#endMs = startMs + windowMs;
    return Math.max(bucketMs, this.#firstMs, Math.floor(startMs / DAY_MS) * DAY_MS);
  };

  /** Where they lie; null when a bound cuts one, or some are not in the range. */
  get span(): PartSpan | null {
    if (!this.#areWhole || this.#firstMs === null) return null;
    return { startMs: this.#firstMs, lastMs: this.#lastMs, endMs: this.#endMs };
  }
}
