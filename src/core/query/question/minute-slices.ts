/**
 * Minute slices: the parts of minutes at the bounds of a question, which no cell can tell because a cell holds a whole
 * minute.
 *
 * A bound such as `now - 30 min`, to the millisecond, cuts its minute. The whole minutes between the bounds are answered
 * from cells, and the rows of the slices alone are read. A bound in the future is rounded up to a whole minute, so that it
 * cuts none.
 */
import { MINUTE_MS } from '../../limits.ts';
import type { TimeRange } from '../../std/time-range.ts';
import type { Query } from './request.ts';

export interface MinuteSlices {
  /** The whole minutes of the range; empty when it has none. */
  readonly whole: TimeRange;
  /** The slices of minutes before and behind the whole ones: at most two, none of them empty. */
  readonly slices: readonly TimeRange[];
}

/** @example minuteSlicesOf({startMs: 10, endMs: 120_020}) // whole: 60,000–120,000, slices: 10–60,000 and 120,000–120,020 */
export function minuteSlicesOf({ startMs, endMs }: TimeRange): MinuteSlices {
  const wholeFromMs = Math.ceil(startMs / MINUTE_MS) * MINUTE_MS;
  const wholeToMs = Math.floor(endMs / MINUTE_MS) * MINUTE_MS;
  if (wholeFromMs > wholeToMs) return { whole: { startMs: endMs, endMs }, slices: [{ startMs, endMs }] };
  const around = [
    { startMs, endMs: wholeFromMs },
    { startMs: wholeToMs, endMs },
  ];
  const slices = around.filter((slice) => slice.startMs < slice.endMs);
  return { whole: { startMs: wholeFromMs, endMs: wholeToMs }, slices };
}

/** Returns the question with an end in the future rounded up to a whole minute. A last bucket that it fills is not cut. */
export function endedOnMinute(query: Query, nowMs: number): Query {
  const { interval, bucketStarts, cutBuckets } = query;
  const endMs = Math.ceil(query.endMs / MINUTE_MS) * MINUTE_MS;
  if (query.endMs <= nowMs || endMs === query.endMs) return query;
  const last = bucketStarts.length - 1;
  const isFilled = interval === 'minute' && bucketStarts[last]! >= query.startMs;
  return { ...query, endMs, cutBuckets: isFilled ? cutBuckets.filter((bucket) => bucket !== last) : cutBuckets };
}
