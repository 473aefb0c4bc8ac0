/**
 * Step: an event that a journey looks for, with conditions of its own. In the URL it is `event|filter|filter…`; an empty
 * event stands for any. `|` and `\` within a part are escaped by `\`.
 */
import { type Filter, formatFilter, joinParts, parseFilter, splitParts, whereOf } from '../data/filters.ts';
import type { ConditionBody } from '../data/questions.ts';

export interface Step {
  /** Empty for any event. */
  readonly event: string;
  readonly filters: readonly Filter[];
}

export interface MatcherBody {
  readonly event?: string;
  readonly where?: ConditionBody;
}

export const ANY_EVENT: Step = { event: '', filters: [] };

export function parseStep(text: string): Step {
  const [event = '', ...filters] = splitParts(text, '|');
  return { event, filters: filters.map(parseFilter).filter((filter) => filter !== null) };
}

export function formatStep({ event, filters }: Step): string {
  return joinParts([event, ...filters.map(formatFilter)], '|');
}

/** The matcher of a step as a question takes it. One that fits every event says so by a condition. */
export function matcherBody({ event, filters }: Step): MatcherBody {
  const where = whereOf(filters);
  if (event === '' && where === undefined) return { where: { property: 'column.event', op: 'exists' } };
  return { ...(event !== '' && { event }), ...(where && { where }) };
}

/** The words for a step: the event, and the number of its conditions. */
export function stepWords({ event, filters }: Step): string {
  const name = event === '' ? 'any event' : event;
  return filters.length === 0
    ? name
    : `${name} (${filters.map((filter) => `${filter.property} ${filter.values.join('/')}`).join(', ')})`;
}
