/** Limit buckets: the requests that were refused, by hour or day of the tenant's zone, as one series for each code. */
import { HOUR_MS } from '../../../core/limits.ts';
import type { ThrottledAnswer } from '../../../wire/live/throttled.ts';
import type { ChartSeries } from '../../charts/chart-data.ts';
import { addDays, dateIn, startOfDate } from '../../data/zone.ts';

interface Buckets {
  readonly interval: 'hour' | 'day';
  readonly zone: string;
  readonly startMs: number;
  readonly endMs: number;
}

export function bucketsOf(
  { codes, points }: Pick<ThrottledAnswer, 'codes' | 'points'>,
  buckets: Buckets,
): { readonly startsMs: readonly number[]; readonly series: readonly ChartSeries[] } {
  const startsMs = startsOf(buckets);
  const series = codes.map(({ code }) => ({ label: code, values: startsMs.map(() => 0) }));
  const valuesOf = new Map(series.map(({ label, values }) => [label, values]));
  for (const { at, code, requests } of points) {
    const atMs = Date.parse(at);
    const index = startsMs.findLastIndex((startMs) => startMs <= atMs);
    const values = valuesOf.get(code);
    if (index !== -1 && values !== undefined) values[index] = values[index]! + requests;
  }
  return { startsMs, series };
}

function startsOf({ interval, zone, startMs, endMs }: Buckets): number[] {
  const starts: number[] = [];
  const next = (atMs: number) =>
    interval === 'hour' ? atMs + HOUR_MS : startOfDate(zone, addDays(dateIn(zone, atMs), 1));
  for (let atMs = startMs; atMs < endMs; atMs = next(atMs)) starts.push(atMs);
  return starts;
}
