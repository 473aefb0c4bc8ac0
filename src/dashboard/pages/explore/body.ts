/** Body: the call of a state, and the state of a saved call. */
import { type Filter, NAMES_BOTS, whereOf } from '../../data/filters.ts';
import type { Bots, ConditionBody, QuestionBody } from '../../data/questions.ts';
import { type Interval, lastOf, type Range } from '../../data/range.ts';
import type { ExploreState, Part } from './state.ts';

/** The form in which questions are asked and saved: by the names a, b, … */
export interface ExploreBody {
  readonly queries: Readonly<Record<string, QuestionBody>>;
  readonly formulas?: Readonly<Record<string, string>>;
}

export interface Surroundings {
  readonly range: Pick<Range, 'id' | 'from' | 'to' | 'interval'>;
  readonly where: ConditionBody | undefined;
  readonly compare: QuestionBody['compare'];
  /** What the page says of bots. A part that filters by the device decides by itself. */
  readonly bots?: Bots;
}

const TOP = 12;
export const FORMULA = 'result';

export const nameOfPart = (index: number): string => String.fromCharCode(97 + index);

/** The call of the state. Null while a statistic has no property yet. */
export function bodyOf(state: ExploreState, { range, where, compare, bots }: Surroundings): ExploreBody | null {
  if (state.parts.some(({ measure, property }) => needsProperty(measure) && property === '')) return null;
  const { from, to } = range;
  const interval = state.interval ?? range.interval;
  const queries = state.parts.map((part, index) => {
    const condition = allOf([where, whereOf(part.filters)]);
    const question: QuestionBody = {
      measure: measureOf(part),
      ...(part.event !== null && { events: [part.event] }),
      ...(condition && { where: condition }),
      ...(state.by.length > 0 && { groupBy: [...state.by], top: TOP }),
      interval,
      from,
      to,
      ...(compare && { compare }),
      ...(bots && !part.filters.some(({ property }) => NAMES_BOTS.test(property)) && { bots }),
    };
    return [nameOfPart(index), question] as const;
  });
  const formulas = state.formula.trim() === '' ? {} : { formulas: { [FORMULA]: state.formula } };
  return { queries: Object.fromEntries(queries), ...formulas };
}

/** The call to be saved: its range moves on where that of the page does. */
export function savedBodyOf(body: ExploreBody, rangeId: string): ExploreBody {
  const last = lastOf(rangeId);
  if (last === null) return body;
  const queries = Object.entries(body.queries).map(([name, { from: _, to: __, ...rest }]) => [name, { ...rest, last }]);
  return { ...body, queries: Object.fromEntries(queries) };
}

export function needsProperty(measure: Part['measure']): boolean {
  return measure !== 'count' && measure !== 'users' && measure !== 'groups';
}

function measureOf({ measure, property }: Part): QuestionBody['measure'] {
  return (needsProperty(measure) ? { [measure]: property } : measure) as QuestionBody['measure'];
}

function allOf(conditions: readonly (ConditionBody | undefined)[]): ConditionBody | undefined {
  const given = conditions.filter((condition) => condition !== undefined);
  return given.length > 1 ? { and: given } : given[0];
}

/** The state of a call that was saved here, and the id of its range. Null for a call of another form. */
export function stateOf(query: unknown): { readonly state: ExploreState; readonly rangeId: string | null } | null {
  const { queries, formulas = {} } = (query ?? {}) as Partial<ExploreBody>;
  const questions = queries ? Object.values(queries) : [query as QuestionBody];
  const [first] = questions;
  if (!first?.measure) return null;
  const parts = questions.map(partOf);
  if (parts.some((part) => part === null)) return null;
  return {
    state: {
      parts: parts.filter((part) => part !== null),
      by: first.groupBy ?? [],
      interval: (first.interval as Interval | undefined) ?? null,
      formula: Object.values(formulas)[0] ?? '',
      view: 'line',
    },
    rangeId: rangeIdOf(first),
  };
}

function rangeIdOf({ last, from, to }: QuestionBody): string | null {
  if (last === undefined) return from && to ? `${from}..${to}` : null;
  const [amount, unit = ''] = last.split(' ');
  if (unit.startsWith('day')) return amount === '1' ? 'today' : `${amount}d`;
  if (unit.startsWith('week')) return `${Number(amount) * 7}d`;
  return amount === '1' ? 'month' : '12m';
}

function partOf({ measure, events = [], where }: QuestionBody): Part | null {
  const filters = where === undefined ? [] : filtersOf(where as ConditionBody);
  if (filters === null || events.length > 1) return null;
  const event = events[0] ?? null;
  if (typeof measure === 'string') return { measure, property: '', event, filters };
  const [statistic, property] = Object.entries(measure)[0]!;
  return { measure: statistic as Part['measure'], property, event, filters };
}

/** The filters that a condition means; null when it is no list of such. */
function filtersOf(condition: ConditionBody): readonly Filter[] | null {
  if ('and' in condition) {
    const arms = condition.and.map(filtersOf);
    return arms.some((arm) => arm === null) ? null : arms.flatMap((arm) => arm ?? []);
  }
  if ('cohort' in condition) return [{ property: 'cohort', op: 'cohort', values: [condition.cohort] }];
  if ('not' in condition) {
    const [inner] = filtersOf(condition.not) ?? [];
    return inner?.op === 'is' ? [{ ...inner, op: 'not' }] : null;
  }
  if ('or' in condition) return null;
  const { property, op, value } = condition;
  if (op === 'eq') return [{ property, op: 'is', values: [String(value)] }];
  if (op === 'neq') return [{ property, op: 'not', values: [String(value)] }];
  if (op === 'in' && Array.isArray(value)) return [{ property, op: 'is', values: value.map(String) }];
  if (op === 'exists') return [{ property, op: value === false ? 'unset' : 'set', values: [] }];
  if (op === 'contains' || op === 'gt' || op === 'lt') return [{ property, op, values: [String(value)] }];
  return null;
}
