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

/** `whole`: the whole minutes of the question's range. */
export function coarseWindowOf(
  { startMs: queryFromMs, endMs: queryToMs, bucketStarts }: Pick<Query, 'startMs' | 'endMs' | 'bucketStarts'>,
  whole: TimeRange,
): (startMs: number, windowMs: number) => number {
  const bounds = [queryFromMs, queryToMs, whole.startMs, whole.endMs];
  return (startMs, windowMs) => {
    const lastMs = startMs + windowMs - 1;
    if (startMs < whole.startMs || startMs >= whole.endMs) return startMs;
    if (bounds.some((bound) => bound > startMs && bound <= lastMs)) return startMs;
    const bucket = bucketIndex(bucketStarts, startMs);
    if (bucket !== bucketIndex(bucketStarts, lastMs)) return startMs;
    return Math.max(bucketStarts[bucket]!, Math.floor(startMs / DAY_MS) * DAY_MS, whole.startMs);
  };
}
