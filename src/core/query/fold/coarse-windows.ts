/**
 * Coarse windows: windows of cells that a question counts in the same bucket, put together before they are folded.
 *
 * A window is put to the beginning of its bucket, its day or the range, whichever is latest. One that a bound cuts stays as it is,
 * so that the fold sees it.
 */
import { DAY_MS } from '../../limits.ts';
import type { TimeRange } from '../../std/time-range.ts';
import { bucketIndex } from '../question/interval.ts';
import type { Query } from '../question/request.ts';

/** The range of a question and the starts of its buckets. */
export type BucketedRange = Pick<Query, 'startMs' | 'endMs' | 'bucketStarts'>;

/**
 * The start of the bucket that a window lies in as a whole; null when a bound cuts it, or it is not in the range.
 * `whole`: the whole minutes of the question's range.
 */
export function bucketStartOf(
  { startMs: queryFromMs, endMs: queryToMs, bucketStarts }: BucketedRange,
  whole: TimeRange,
): (startMs: number, windowMs: number) => number | null {
  const bounds = [queryFromMs, queryToMs, whole.startMs, whole.endMs];
  return (startMs, windowMs) => {
    const lastMs = startMs + windowMs - 1;
    if (startMs < whole.startMs || startMs >= whole.endMs) return null;
    if (bounds.some((bound) => bound > startMs && bound <= lastMs)) return null;
    const bucket = bucketIndex(bucketStarts, startMs);
    return bucket === bucketIndex(bucketStarts, lastMs) ? bucketStarts[bucket]! : null;
  };
}

export function coarseWindowOf(range: BucketedRange, whole: TimeRange): (startMs: number, windowMs: number) => number {
  const bucketOf = bucketStartOf(range, whole);
  return (startMs, windowMs) => {
    const bucketMs = bucketOf(startMs, windowMs);
    if (bucketMs === null) return startMs;
    return Math.max(bucketMs, Math.floor(startMs / DAY_MS) * DAY_MS, whole.startMs);
  };
}
