/**
 * Answer: the ranked series of a fold, as they go out on the wire.
 *
 * Series are ordered by total, descending, then by key, code points ascending (an absent value before any text; a total
 * of null last). The groups beyond `top` are one further series, the last: `{key: {<dimension>: null}, other: true}`,
 * so that counts and sums still add up to the whole. Points cover every bucket of the range: 0 where nothing was
 * counted or summed, null where there is nothing to take an average, extreme or quantile of.
 */
import { isoTime } from '../../std/instant.ts';
import { compareCodePoints } from '../../std/text.ts';
import type { Query } from '../question/request.ts';
import type { Fold, FoldedSeries, Value } from './fold.ts';

export interface Point {
  /** ISO start of the bucket, UTC. */
  readonly at: string;
  readonly value: number | null;
}
export interface Series {
  readonly key: { readonly [dimension: string]: string | null };
  /** Set on the series of all groups beyond the top. */
  readonly other?: true;
  readonly total: number | null;
  /** Empty without an interval. */
  readonly points: readonly Point[];
}
export interface RankedSeries {
  readonly series: readonly Series[];
  /** True when some number in it is an estimate. */
  readonly estimated: boolean;
}

export function rankSeries(query: Query, fold: Fold): RankedSeries {
  const ranked = query.groupBy.length === 0 ? allGroups(fold) : rankedGroups(fold);
  const top = ranked.slice(0, query.groupBy.length === 0 ? 1 : query.top).map(({ group }) => group);
  const rest = ranked.slice(top.length).map(({ group }) => group);
  const ats = query.interval === null ? [] : query.bucketStarts.map((startMs) => isoTime(startMs));

  let estimated = false;
  const seriesOf = (folded: FoldedSeries, key: readonly (string | null)[], other: boolean): Series => {
    estimated ||= folded.total.estimated || (ats.length > 0 && folded.points.some((point) => point.estimated));
    return {
      key: Object.fromEntries(query.groupBy.map((dimension, index) => [dimension, key[index] ?? null])),
      ...(other && { other }),
      total: folded.total.value,
      points: ats.map((at, bucket) => ({ at, value: folded.points[bucket]!.value })),
    };
  };
  if (query.groupBy.length === 0 && top.length === 0) return { series: [emptySeries(query, ats)], estimated };
  const series = top.map((group) => seriesOf(fold.series([group]), fold.key(group), false));
  if (rest.length > 0) series.push(seriesOf(fold.series(rest), [], true));
  return { series, estimated };
}

interface RankedGroup {
  readonly group: number;
  readonly total: Value;
}

function allGroups(fold: Fold): RankedGroup[] {
  return Array.from({ length: fold.groupCount }, (_, group) => ({ group, total: { value: null, estimated: false } }));
}

function rankedGroups(fold: Fold): RankedGroup[] {
  const groups = Array.from({ length: fold.groupCount }, (_, group) => ({ group, total: fold.total(group) }));
  return groups.sort((a, b) => compareTotals(a.total, b.total) || compareKeys(fold.key(a.group), fold.key(b.group)));
}

function compareTotals(a: Value, b: Value): number {
  if (a.value === null || b.value === null) return Number(a.value === null) - Number(b.value === null);
  return b.value - a.value;
}

function compareKeys(a: readonly (string | null)[], b: readonly (string | null)[]): number {
  for (const [index, text] of a.entries()) {
    const order = compareTexts(text, b[index]!);
    if (order !== 0) return order;
  }
  return 0;
}

function compareTexts(a: string | null, b: string | null): number {
  if (a === null || b === null) return Number(b === null) - Number(a === null);
  return compareCodePoints(a, b);
}

function emptySeries(query: Query, ats: readonly string[]): Series {
  const value = query.number === null || query.number.statistic === 'sum' ? 0 : null;
  return { key: {}, total: value, points: ats.map((at) => ({ at, value })) };
}
