/**
 * Buckets: consecutive hours, days, weeks or months of a zone, and the index of the one that holds an instant. The last
 * one found is remembered, because the next event mostly lies in the same.
 */
import { DAY_MS } from '../../limits.ts';
import { bucketIndex, bucketStarts, type Interval } from '../../query/question/interval.ts';

/** Longer than any interval. */
const LONGEST_MS = 40 * DAY_MS;

/** The end of the current interval, or `endMs` if that is earlier: later intervals have not begun. */
export function begunUntil(interval: Interval, timezone: string, endMs: number, nowMs: number): number {
  if (nowMs >= endMs) return endMs;
  const [, nextMs = endMs] = bucketStarts(interval, timezone, nowMs, Math.min(endMs, nowMs + LONGEST_MS));
  return nextMs;
}

export class Buckets {
  readonly starts: readonly number[];
  #index = 0;
  #startMs = 1;
  #endMs = 0;

  constructor(interval: Interval, timezone: string, startMs: number, endMs: number) {
    this.starts = bucketStarts(interval, timezone, startMs, endMs);
  }

  get count(): number {
    return this.starts.length;
  }

  indexOf(atMs: number): number {
    if (atMs >= this.#startMs && atMs < this.#endMs) return this.#index;
    this.#index = bucketIndex(this.starts, atMs);
    this.#startMs = this.starts[this.#index] ?? Number.NEGATIVE_INFINITY;
    this.#endMs = this.starts[this.#index + 1] ?? Number.POSITIVE_INFINITY;
    return this.#index;
  }

  startOf(atMs: number): number {
    return this.starts[this.indexOf(atMs)]!;
  }

  at(index: number): string {
    return new Date(this.starts[index]!).toISOString();
  }
}
