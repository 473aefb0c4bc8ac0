/** Metrics: the figures of the overview, and the questions whose answers they are. */
import type { JourneyAnswer } from '../../../wire/journeys.ts';
import { duration, percent, short } from '../../data/format.ts';
import type { Answer, ConditionBody, QuestionBody } from '../../data/questions.ts';
import type { Range } from '../../data/range.ts';

export type MetricId = 'people' | 'sessions' | 'views' | 'events' | 'bounce' | 'duration';

export interface Metric {
  readonly id: MetricId;
  readonly name: string;
  readonly format: (value: number) => string;
  readonly isInverse?: boolean;
  readonly isShare?: boolean;
}

export const METRICS: readonly Metric[] = [
  { id: 'people', name: 'People', format: short },
  { id: 'sessions', name: 'Sessions', format: short },
  { id: 'views', name: 'Page views', format: short },
  { id: 'events', name: 'Events', format: short },
  { id: 'bounce', name: 'Bounce rate', format: percent, isInverse: true, isShare: true },
  { id: 'duration', name: 'Session length', format: duration },
];

export const IS_PAGE: ConditionBody = { property: 'type', op: 'eq', value: 'page' };

export type SessionsAnswer = JourneyAnswer<'sessions'>;
export interface CountAnswers {
  readonly answers: readonly [people: Answer, views: Answer, events: Answer];
}

/** The questions of people, page views and events, in one call. */
export function countQuestions(
  { from, to, interval }: Range,
  where: ConditionBody | undefined,
  compare: QuestionBody['compare'],
): { readonly queries: readonly QuestionBody[] } {
  const common = { from, to, interval, ...(compare && { compare }) };
  const filter = where && { where };
  return {
    queries: [
      { measure: 'users', ...common, ...filter },
      { measure: 'count', ...common, where: where ? { and: [IS_PAGE, where] } : IS_PAGE },
      { measure: 'count', ...common, ...filter },
    ],
  };
}

const COUNT_INDEX: Partial<Record<MetricId, 0 | 1 | 2>> = { people: 0, views: 1, events: 2 };

export interface Figure {
  readonly now: number | null;
  readonly before: number | null;
  readonly isEstimate: boolean;
}

export interface Sources {
  readonly counts: CountAnswers | undefined;
  readonly sessions: SessionsAnswer | undefined;
  readonly earlier: SessionsAnswer | undefined;
}

/** The figure of a metric; null while its answer is not there. */
export function figureOf(id: MetricId, { counts, sessions, earlier }: Sources): Figure | null {
  const index = COUNT_INDEX[id];
  if (index !== undefined) {
    const answer = counts?.answers[index];
    if (!answer) return null;
    const before = answer.compared?.series[0]?.total ?? null;
    return { now: answer.series[0]?.total ?? 0, before, isEstimate: answer.meta.estimated === true };
  }
  if (!sessions) return null;
  const now = sessionFigure(id, sessions);
  return { now, before: earlier ? sessionFigure(id, earlier) : null, isEstimate: sessions.meta.estimated === true };
}

function sessionFigure(id: MetricId, { sessions, bounceRate, duration: lengths }: SessionsAnswer): number | null {
  if (id === 'sessions') return sessions;
  return id === 'bounce' ? bounceRate : (lengths.mean ?? null);
}

export interface Line {
  readonly startsMs: readonly number[];
  readonly values: readonly (number | null)[];
  readonly compared?: readonly (number | null)[] | undefined;
  readonly asOfMs: number;
}

/** The values of a metric over time; null while its answer is not there, or when it has none. */
export function lineOf(id: MetricId, { counts, sessions, earlier }: Sources): Line | null {
  const index = COUNT_INDEX[id];
  if (index !== undefined) {
    const answer = counts?.answers[index];
    if (!answer) return null;
    const points = answer.series[0]?.points ?? [];
    return {
      startsMs: points.map(({ at }) => Date.parse(at)),
      values: points.map(({ value }) => value),
      compared: answer.compared && (answer.compared.series[0]?.points ?? []).map(({ value }) => value),
      asOfMs: Date.parse(answer.meta.asOf),
    };
  }
  if (!sessions) return null;
  const valuesOf = (answer: SessionsAnswer) =>
    (answer.points ?? []).map(({ sessions: count, bounces }) => {
      if (id === 'sessions') return count;
      return count === 0 ? null : bounces / count;
    });
  return {
    startsMs: (sessions.points ?? []).map(({ at }) => Date.parse(at)),
    values: valuesOf(sessions),
    compared: earlier && valuesOf(earlier),
    asOfMs: Date.parse(sessions.meta.asOf),
  };
}
