/**
 * Buckets: consecutive hours, days, weeks or months of a zone, and the index of the one that holds an instant. The last
 * one found is remembered, because the next event mostly lies in the same.
 */
import { DAY_MS } from '../../limits.ts';
import { bucketIndex, bucketStarts, endOf, type Interval } from '../../query/question/interval.ts';

/** Longer than any interval. */
export const LONGEST_MS = 40 * DAY_MS;

/** The end of the current interval, or `endMs` if that is earlier: later intervals have not begun. */
export function begunUntil(interval: Interval, timezone: string, endMs: number, nowMs: number): number {
  if (nowMs >= endMs) return endMs;
  const [, nextMs = endMs] = bucketStarts(interval, timezone, nowMs, Math.min(endMs, nowMs + LONGEST_MS));
  return nextMs;
}

export class Buckets {
  readonly starts: readonly number[];
  /** End of the last bucket, where the next one begins. */
  readonly endMs: number;
  #index = 0;
  #startMs = 1;
  #nextMs = 0;

  constructor(interval: Interval, timezone: string, startMs: number, endMs: number) {
    this.starts = bucketStarts(interval, timezone, startMs, endMs);
    this.endMs = endOf(interval, timezone, endMs - 1);
  }

  get count(): number {
    return this.starts.length;
  }

  indexOf(atMs: number): number {
    if (atMs >= this.#startMs && atMs < this.#nextMs) return this.#index;
    this.#index = bucketIndex(this.starts, atMs);
    this.#startMs = this.starts[this.#index] ?? Number.NEGATIVE_INFINITY;
    this.#nextMs = this.starts[this.#index + 1] ?? Number.POSITIVE_INFINITY;
    return this.#index;
  }

  startOf(atMs: number): number {
    return this.starts[this.indexOf(atMs)]!;
  }

  at(index: number): string {
    return new Date(this.starts[index]!).toISOString();
  }
}
