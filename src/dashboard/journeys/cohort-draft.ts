/**
 * CohortDraft: the definition of a cohort that a page proposes, made of the figure that was clicked.
 *
 * A definition is a test of one person by their events in ranges of time. It says whether somebody did something, not in
 * which order: the cohort of a funnel's step knows neither the order nor the window, and `isExact` is false then.
 */
import { DAY_MS } from '../../core/limits.ts';
import { IDENTITY_TYPES } from '../charts/journeys/sessions-layout.ts';
import type { Filter } from '../data/filters.ts';
import { whereOf } from '../data/filters.ts';
import type { ConditionBody } from '../data/questions.ts';
import { type MatcherBody, matcherBody, type Step } from './step.ts';

/** A part of a definition, as `POST /v1/cohorts` takes it. */
export type Who =
  | {
      readonly events?: readonly string[];
      readonly where?: ConditionBody;
      readonly count?: { readonly gte?: number; readonly lte?: number };
      readonly days?: number;
      readonly from?: string;
      readonly to?: string;
    }
  | { readonly property: string; readonly op: string; readonly value?: unknown }
  | { readonly and: readonly Who[] }
  | { readonly or: readonly Who[] }
  | { readonly not: Who };

export interface CohortDraft {
  readonly name: string;
  readonly who: Who;
  /** Whether the cohort holds the same people as the figure. */
  readonly isExact: boolean;
}

export interface Span {
  readonly from: string;
  readonly to: string;
}

/** The filters of a page as parts: those by cohort cannot stand within a part, so their definitions are given. */
export interface PageFilters {
  readonly filters: readonly Filter[];
  /** The definition of a cohort by its id; undefined when it is not known. */
  readonly whoOf: (cohort: string) => Who | undefined;
}

/** Somebody who did the step in the span, under the filters of the page. */
export function did(step: Step, span: Span, page: PageFilters): Who {
  return part(matcherBody(step), span, page);
}

/** Somebody who did anything in the span. What says who somebody is does not count. */
export function wasActive(span: Span, page: PageFilters): Who {
  const identity: ConditionBody = { property: 'column.type', op: 'in', value: [...IDENTITY_TYPES] };
  return part({ where: { not: identity } }, span, page);
}

function part({ event, where }: MatcherBody, span: Span, { filters }: PageFilters): Who {
  const own = whereOf(filters.filter(({ op }) => op !== 'cohort'));
  const both = where && own ? { and: [where, own] } : (where ?? own);
  return { ...(event !== undefined && { events: [event] }), ...(both && { where: both }), ...span };
}

/** All parts, and those of the page's cohorts. */
export function all(parts: readonly Who[], { filters, whoOf }: PageFilters): Who {
  const cohorts = filters.filter(({ op }) => op === 'cohort').flatMap(({ values }) => whoOf(values[0] ?? '') ?? []);
  const together = [...parts, ...cohorts];
  return together.length === 1 ? together[0]! : { and: together };
}

interface FunnelFigure {
  readonly steps: readonly Step[];
  readonly windowSeconds: number;
  readonly span: Span;
  /** Step, counted from 1. */
  readonly step: number;
  readonly outcome: 'reached' | 'dropped';
}

/** The people of a funnel's step. Later steps count as far beyond the span as the window reaches, in whole days. */
export function funnelDraft(
  { steps, windowSeconds, span, step, outcome }: FunnelFigure,
  page: PageFilters,
): CohortDraft {
  const toMs = Date.parse(span.to) + windowSeconds * 1_000;
  const later = { from: span.from, to: new Date(Math.ceil(toMs / DAY_MS) * DAY_MS).toISOString() };
  const done = steps.slice(0, outcome === 'reached' ? step : step - 1);
  const parts = done.map((one, index) => did(one, index === 0 ? span : later, page));
  const last = steps[step - 1]!;
  if (outcome === 'dropped') parts.push({ not: did(last, later, page) });
  const name =
    outcome === 'reached' ? `Reached ${last.event || 'any event'}` : `Left before ${last.event || 'any event'}`;
  return { name, who: all(parts, page), isExact: false };
}

interface RetentionFigure {
  /** Null for any activity. */
  readonly start: Step | null;
  readonly back: Step | null;
  readonly cohort: Span;
  readonly returned: Span;
  /** The span in which a person must not have begun; null when everybody who starts is in the cohort. */
  readonly history: Span | null;
  readonly outcome: 'returned' | 'gone';
  readonly name: string;
}

/** The people of a cell: they began in the cohort's interval and not before, and came back in the n-th. */
export function retentionDraft(figure: RetentionFigure, page: PageFilters): CohortDraft {
  const { start, back, cohort, returned, history, outcome, name } = figure;
  const matching = (step: Step | null, span: Span) => (step === null ? wasActive(span, page) : did(step, span, page));
  const again = matching(back, returned);
  const parts = [
    matching(start, cohort),
    ...(history === null ? [] : [{ not: matching(start, history) }]),
    outcome === 'returned' ? again : { not: again },
  ];
  return { name, who: all(parts, page), isExact: true };
}
