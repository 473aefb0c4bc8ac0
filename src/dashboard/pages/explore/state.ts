/**
 * State: the question of the page, kept in the URL.
 *
 * | parameter | holds |
 * |---|---|
 * | `q` (up to six) | `measure~event~filter~…`; the measure is `count`, `users`, `groups` or `sum:value` |
 * | `by` (up to two) | a property to break down by |
 * | `i` | the interval, if not that of the range |
 * | `x` | a formula over the questions a, b, … |
 * | `v` | the view |
 */
import { type Filter, formatFilter, joinParts, parseFilter, splitParts } from '../../data/filters.ts';
import type { Interval } from '../../data/range.ts';
import { setParams } from '../../data/router.ts';

export type View = 'line' | 'bar' | 'number' | 'table';
export const VIEWS: readonly { readonly id: View; readonly name: string }[] = [
  { id: 'line', name: 'Line' },
  { id: 'bar', name: 'Bars' },
  { id: 'number', name: 'Number' },
  { id: 'table', name: 'Table' },
];

export const STATISTICS = ['sum', 'avg', 'min', 'max', 'p50', 'p90', 'p95', 'p99', 'distinct'] as const;
export type StatisticName = (typeof STATISTICS)[number];

export interface Part {
  /** `count`, `users`, `groups`, or a statistic with its property. */
  readonly measure: 'count' | 'users' | 'groups' | StatisticName;
  /** Empty for a measure without a property. */
  readonly property: string;
  /** Null stands for any event. */
  readonly event: string | null;
  readonly filters: readonly Filter[];
}

export interface ExploreState {
  readonly parts: readonly Part[];
  readonly by: readonly string[];
  /** Null for that of the range. */
  readonly interval: Interval | null;
  /** Empty for none. */
  readonly formula: string;
  readonly view: View;
}

export const PARTS_MAX = 6;
const BY_MAX = 2;
const INTERVALS: readonly string[] = ['minute', 'hour', 'day', 'week', 'month'];
export const FIRST_PART: Part = { measure: 'users', property: '', event: null, filters: [] };

export function readState(params: URLSearchParams): ExploreState {
  const parts = params.getAll('q').slice(0, PARTS_MAX).map(parsePart);
  const interval = params.get('i');
  return {
    parts: parts.length > 0 ? parts : [FIRST_PART],
    by: params.getAll('by').filter(Boolean).slice(0, BY_MAX),
    interval: interval !== null && INTERVALS.includes(interval) ? (interval as Interval) : null,
    formula: params.get('x') ?? '',
    view: VIEWS.find(({ id }) => id === params.get('v'))?.id ?? 'line',
  };
}

/** Writes the changed members of the state into the URL. */
export function writeState(changes: Partial<ExploreState>): void {
  setParams(paramsOf(changes));
}

export function paramsOf(changes: Partial<ExploreState>): Record<string, string | readonly string[] | null> {
  const { parts, by, interval, formula, view } = changes;
  return {
    ...(parts && { q: parts.map(formatPart) }),
    ...(by && { by }),
    ...(interval !== undefined && { i: interval }),
    ...(formula !== undefined && { x: formula === '' ? null : formula }),
    ...(view && { v: view === 'line' ? null : view }),
  };
}

function parsePart(text: string): Part {
  const [measured = '', event = '', ...filters] = splitParts(text);
  const [, statistic, property] = /^(\w+):(.+)$/.exec(measured) ?? [];
  const known = (STATISTICS as readonly string[]).includes(statistic ?? '');
  const plain = measured === 'count' || measured === 'groups' ? measured : 'users';
  return {
    measure: known ? (statistic as StatisticName) : plain,
    property: known ? property! : '',
    event: event === '' ? null : event,
    filters: filters.map(parseFilter).filter((filter) => filter !== null),
  };
}

function formatPart({ measure, property, event, filters }: Part): string {
  const measured = property === '' ? measure : `${measure}:${property}`;
  return joinParts([measured, event ?? '', ...filters.map(formatFilter)]);
}
