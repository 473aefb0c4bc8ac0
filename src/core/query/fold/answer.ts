/**
 * Answer: the ranked series of a fold, as they go out on the wire.
 *
 * Series are ordered by total, descending, then by key, code points ascending (an absent value before any text; a total
 * of null last). The groups beyond `top` are one further series, the last: `{key: {<dimension>: null}, other: true}`,
 * so that counts and sums still add up to the whole. With a cursor the ranking goes on behind the series that it names;
 * `other` is then what is left behind this page. Points cover every bucket of the range: 0 where nothing was
 * counted or summed, null where there is nothing to take an average, extreme or quantile of.
 */
import { isoTime } from '../../std/instant.ts';
import { atOnce, STEP_ROWS, type Steps } from '../../std/steps.ts';
import { compareCodePoints } from '../../std/text.ts';
import type { Query } from '../question/request.ts';
import { type RankedPlace, seriesCursor } from '../question/series-cursor.ts';
import type { Fold, FoldedSeries, Value, ValueCounts } from './fold.ts';

export interface Point {
  /** ISO start of the bucket, UTC. */
  readonly at: string;
  /** Set when the range holds only a part of the bucket. */
  readonly partial?: true;
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
  /** Absent when the question measures no property. */
  readonly values?: ValueCounts | undefined;
  /** Cursor of the next series by rank; absent when all are listed. */
  readonly cursor?: string;
}

export function rankSeries(query: Query, fold: Fold): RankedSeries {
  return atOnce(rankInSteps(query, fold));
}

export function* rankInSteps(query: Query, fold: Fold): Steps<RankedSeries> {
  const ranked = query.groupBy.length === 0 ? allGroups(fold) : yield* groupsAfter(query.after, fold);
  const top = ranked.slice(0, query.groupBy.length === 0 ? 1 : query.top).map(({ group }) => group);
  const rest = ranked.slice(top.length).map(({ group }) => group);
  const places = query.interval === null ? [] : placesOf(query);

  let estimated = false;
  const seriesOf = (folded: FoldedSeries, key: readonly (string | null)[], other: boolean): Series => {
    estimated ||= folded.total.estimated || (places.length > 0 && folded.points.some((point) => point.estimated));
    return {
      key: Object.fromEntries(query.groupBy.map((dimension, index) => [dimension, key[index] ?? null])),
      ...(other && { other }),
      total: folded.total.value,
      points: places.map((place, bucket) => ({ ...place, value: folded.points[bucket]!.value })),
    };
  };
  const values = fold.values && { values: fold.values };
  if (query.groupBy.length === 0 && top.length === 0) {
    return { series: [emptySeries(query, places)], estimated, ...values };
  }
  const series: Series[] = [];
  for (const group of top) {
    series.push(seriesOf(yield* fold.series([group]), fold.key(group), false));
  }
  if (rest.length === 0) return { series, estimated, ...values };
  const cursor = seriesCursor({ total: series.at(-1)!.total, key: fold.key(top.at(-1)!) });
  series.push(seriesOf(yield* fold.series(rest), [], true));
  return { series, estimated, ...values, cursor };
}

/** The groups by rank; with `after` only those behind it. */
function* groupsAfter(after: RankedPlace | null, fold: Fold): Steps<RankedGroup[]> {
  const ranked = yield* rankedGroups(fold);
  if (after === null) return ranked;
  return ranked.filter(
    ({ group, total }) => (compareTotals(total, { value: after.total }) || compareKeys(fold.key(group), after.key)) > 0,
  );
}

interface RankedGroup {
  readonly group: number;
  readonly total: Value;
}

function allGroups(fold: Fold): RankedGroup[] {
  return Array.from({ length: fold.groupCount }, (_, group) => ({ group, total: { value: null, estimated: false } }));
}

/** The rows that take as long to read as a group takes beside its total. */
const GROUP_ROWS = 0.5;

function* rankedGroups(fold: Fold): Steps<RankedGroup[]> {
  const groups: RankedGroup[] = [];
  const rowsPerGroup = GROUP_ROWS + fold.rowsPerTotal;
  let rows = 0;
  for (let group = 0; group < fold.groupCount; group++) {
    groups.push({ group, total: fold.total(group) });
    rows += rowsPerGroup;
    if (rows < STEP_ROWS) continue;
    yield rows;
    rows = 0;
  }
  return groups.sort((a, b) => compareTotals(a.total, b.total) || compareKeys(fold.key(a.group), fold.key(b.group)));
}

function compareTotals(a: Pick<Value, 'value'>, b: Pick<Value, 'value'>): number {
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

type Place = Omit<Point, 'value'>;

/** The points of a question without their values. */
function placesOf({ bucketStarts, cutBuckets }: Query): Place[] {
  return bucketStarts.map((startMs, bucket) => ({
    at: isoTime(startMs),
    ...(cutBuckets.includes(bucket) && { partial: true as const }),
  }));
}

function emptySeries(query: Query, places: readonly Place[]): Series {
  const value = query.number === null || query.number.statistic === 'sum' ? 0 : null;
  return { key: {}, total: value, points: places.map((place) => ({ ...place, value })) };
}
