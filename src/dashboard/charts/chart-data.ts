/** Chart data: the series of a chart, and the rows that uPlot draws of them. */
import type uPlot from 'uplot';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../core/limits.ts';
import type { Drop } from '../data/drops.ts';
import type { Interval } from '../data/range.ts';

export interface ChartSeries {
  readonly label: string;
  /** One for each point; null where there is none. */
  readonly values: readonly (number | null)[];
  /** The values of the earlier range, by position. */
  readonly compared?: readonly (number | null)[] | undefined;
}

/** Something that happened at an instant: a release, a campaign. */
export interface ChartMark {
  readonly atMs: number;
  readonly label: string;
}

export interface LineChartProps {
  /** What the chart shows, for screen readers. */
  readonly title: string;
  readonly interval: Interval;
  /** The starts of the points, ascending. */
  readonly startsMs: readonly number[];
  readonly series: readonly ChartSeries[];
  /** The watermark: what lies before is complete. Null draws no line. */
  readonly asOfMs?: number | null;
  readonly marks?: readonly ChartMark[];
  /** Requests that were refused; they are marked on the axis. */
  readonly drops?: readonly Drop[];
  readonly format?: (value: number) => string;
  readonly kind?: 'line' | 'bar';
  readonly height?: number;
  /** Default: a drag sets the range of the page. */
  readonly onSelect?: (fromMs: number, toMs: number) => void;
}

/** Rows of uPlot: the starts in seconds, then each series complete, its open part, and its comparison. */
export function dataOf({ startsMs, series, asOfMs, kind, interval }: LineChartProps): uPlot.AlignedData {
  const starts = startsMs.map((startMs) => startMs / 1_000);
  // A point is complete when its whole interval lies before the watermark: the next one begins before it.
  const openFrom =
    asOfMs === null || asOfMs === undefined || kind === 'bar'
      ? startsMs.length
      : startsMs.findIndex((startMs, i) => (startsMs[i + 1] ?? startMs + lengthOf(interval)) > asOfMs);
  const cut = openFrom === -1 ? startsMs.length : openFrom;
  const rows = series.flatMap(({ values, compared }) => [
    values.map((value, i) => (i < cut ? value : null)),
    values.map((value, i) => (i >= cut - 1 ? value : null)),
    ...(compared ? [startsMs.map((_, i) => compared[i] ?? null)] : []),
  ]);
  return [starts, ...rows] as uPlot.AlignedData;
}

const LENGTHS_MS: Readonly<Record<Interval, number>> = {
  minute: MINUTE_MS,
  hour: HOUR_MS,
  day: DAY_MS,
  week: 7 * DAY_MS,
  month: 30 * DAY_MS,
};
export const lengthOf = (interval: Interval) => LENGTHS_MS[interval];

type Dropped = Pick<LineChartProps, 'startsMs' | 'interval' | 'drops'>;

/** Requests refused within each point's interval. */
export function dropsByPoint({ startsMs, interval, drops = [] }: Dropped): readonly number[] {
  const counts = startsMs.map(() => 0);
  const endMs = (startsMs.at(-1) ?? 0) + lengthOf(interval);
  for (const { atMs, requests } of drops) {
    if (atMs >= endMs) continue;
    const index = startsMs.findLastIndex((startMs) => startMs <= atMs);
    if (index !== -1) counts[index] = counts[index]! + requests;
  }
  return counts;
}
