/**
 * Interval: the buckets of a query's points: minutes, hours, days, ISO weeks or months of an IANA zone.
 *
 * In: interval, zone, range. Out: the ascending starts of every bucket that meets the range, found once and then looked
 * up by binary search. A bucket ends where the next one starts. Days, weeks and months begin at the first instant of
 * their local date, so a day is 23, 24 or 25 hours long where clocks change. Minutes and hours begin at whole ones of
 * the local clock; an hour that a change of clocks repeats is two buckets.
 */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../limits.ts';
import { offsetAt, type Stretch, startOfDate, stretches } from './zone.ts';

export const INTERVALS = ['minute', 'hour', 'day', 'week', 'month'] as const;
export type Interval = (typeof INTERVALS)[number];

/**
 * The shortest length of a bucket (a skipped hour or day aside); it bounds the number of points before they are made.
 */
export const INTERVAL_MS: Readonly<Record<Interval, number>> = {
  minute: MINUTE_MS,
  hour: HOUR_MS,
  day: DAY_MS,
  week: 7 * DAY_MS,
  month: 28 * DAY_MS,
};

/** Longer than any bucket of the interval, by the hour or day that a zone may skip. */
const LONGEST_MS: Readonly<Record<Interval, number>> = {
  minute: 3 * HOUR_MS,
  hour: 3 * HOUR_MS,
  day: 3 * DAY_MS,
  week: 9 * DAY_MS,
  month: 33 * DAY_MS,
};

/** Returns the starts of all buckets that meet `[startMs, endMs)`; the first may lie before `startMs`. */
export function bucketStarts(interval: Interval, timezone: string, startMs: number, endMs: number): number[] {
  if (interval === 'minute' || interval === 'hour') return clockStarts(INTERVAL_MS[interval], timezone, startMs, endMs);
  return dateStarts(interval, timezone, startMs, endMs);
}

/** Returns the start of the bucket that holds `atMs`. */
export function startOf(interval: Interval, timezone: string, atMs: number): number {
  return bucketStarts(interval, timezone, atMs, atMs + 1)[0]!;
}

/** Returns the end of the bucket that holds `atMs`: the start of the next one. */
export function endOf(interval: Interval, timezone: string, atMs: number): number {
  return bucketStarts(interval, timezone, atMs, atMs + LONGEST_MS[interval])[1]!;
}

/** Returns the indexes of the buckets, of those that meet the range, of which the range holds only a part. */
export function cutBuckets(
  interval: Interval,
  timezone: string,
  { starts, startMs, endMs }: { readonly starts: readonly number[]; readonly startMs: number; readonly endMs: number },
): number[] {
  const last = starts.length - 1;
  const isEndCut = endOf(interval, timezone, endMs - 1) > endMs;
  return [...new Set([...(starts[0]! < startMs ? [0] : []), ...(isEndCut ? [last] : [])])];
}

/** Returns the index of the last start that is not after `atMs`; -1 when all are. */
export function bucketIndex(starts: readonly number[], atMs: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (starts[middle]! <= atMs) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function clockStarts(unitMs: number, timezone: string, startMs: number, endMs: number): number[] {
  const list = stretches(timezone, startMs - 2 * HOUR_MS, endMs);
  const starts: number[] = [];
  for (const [index, { startMs: fromMs, offsetMs }] of list.entries()) {
    const toMs = Math.min(list[index + 1]?.startMs ?? endMs, endMs);
    const firstMs = Math.ceil((fromMs + offsetMs) / unitMs) * unitMs - offsetMs;
    if (firstMs > fromMs && index > 0 && changesLabel(list[index - 1]!, list[index]!, unitMs)) starts.push(fromMs);
    for (let atMs = firstMs; atMs < toMs; atMs += unitMs) starts.push(atMs);
  }
  return starts.slice(Math.max(0, bucketIndex(starts, startMs)));
}

/** Tells whether a change of clocks begins another local hour (or minute) than the one it falls into. */
function changesLabel(before: Stretch, after: Stretch, unitMs: number): boolean {
  const label = (localMs: number) => Math.floor(localMs / unitMs);
  return label(after.startMs - 1 + before.offsetMs) !== label(after.startMs + after.offsetMs);
}

function dateStarts(interval: 'day' | 'week' | 'month', timezone: string, startMs: number, endMs: number): number[] {
  const local = new Date(startMs + offsetAt(timezone, startMs));
  const year = local.getUTCFullYear();
  const month = local.getUTCMonth();
  const day = local.getUTCDate();
  const sinceMonday = (local.getUTCDay() + 6) % 7;
  const startOfStep = (step: number): number => {
    if (interval === 'day') return startOfDate(timezone, year, month, day + step);
    if (interval === 'week') return startOfDate(timezone, year, month, day - sinceMonday + 7 * step);
    return startOfDate(timezone, year, month + step, 1);
  };
  const starts: number[] = [];
  // The loop begins one step back: where clocks go back over midnight a date comes twice.
  for (let step = -1; ; step++) {
    const atMs = startOfStep(step);
    if (atMs >= endMs) break;
    // A date that a zone skipped begins where the next one does.
    if (atMs !== starts.at(-1)) starts.push(atMs);
  }
  return starts.slice(Math.max(0, bucketIndex(starts, startMs)));
}
