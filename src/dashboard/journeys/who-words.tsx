/** Who words: the definition of a cohort in words. */
import { at, full } from '../data/format.ts';
import type { ConditionBody } from '../data/questions.ts';
import type { Who } from './cohort-draft.ts';
import { propertyWords } from './pickers.tsx';

export function WhoWords({ who }: { readonly who: Who }) {
  const parts = 'and' in who ? who.and : [who];
  return (
    <ul class="who">
      {parts.map((part, index) => (
        <li key={index}>{whoText(part)}</li>
      ))}
    </ul>
  );
}

/** One part in words, its inner parts in brackets. */
export function whoText(who: Who): string {
  if ('and' in who) return who.and.map((part) => inner(part)).join(' and ');
  if ('or' in who) return who.or.map((part) => inner(part)).join(' or ');
  if ('not' in who) return `not: ${inner(who.not)}`;
  if ('property' in who) return conditionText(who as ConditionBody);
  const { events, where, count } = who;
  const what = events === undefined ? 'did anything' : `did ${events.join(' or ')}`;
  const often = countText(count);
  const under = where === undefined ? '' : ` where ${conditionText(where)}`;
  return `${what}${often}${under}${spanText(who)}`;
}

function inner(who: Who): string {
  return 'and' in who || 'or' in who ? `(${whoText(who)})` : whoText(who);
}

function countText(count: { readonly gte?: number; readonly lte?: number } | undefined): string {
  if (count === undefined) return '';
  const { gte, lte } = count;
  if (gte !== undefined && lte !== undefined) return ` ${full(gte)} to ${full(lte)} times`;
  if (gte !== undefined) return ` at least ${full(gte)} ${gte === 1 ? 'time' : 'times'}`;
  return lte === undefined ? '' : ` at most ${full(lte)} ${lte === 1 ? 'time' : 'times'}`;
}

function spanText({
  days,
  from,
  to,
}: {
  readonly days?: number;
  readonly from?: string;
  readonly to?: string;
}): string {
  if (days !== undefined) return ` in the last ${full(days)} days`;
  return from === undefined || to === undefined ? '' : `, ${boundText(from)} to before ${boundText(to)}`;
}

/** A date stays a date; an instant is shown in the tenant's zone. */
function boundText(bound: string): string {
  return bound.includes('T') ? at(Date.parse(bound), 'moment') : bound;
}

const OPS: Readonly<Record<string, string>> = {
  eq: 'is',
  neq: 'is not',
  in: 'is one of',
  contains: 'contains',
  startsWith: 'starts with',
  endsWith: 'ends with',
  gt: 'is over',
  gte: 'is at least',
  lt: 'is under',
  lte: 'is at most',
};

export function conditionText(condition: ConditionBody): string {
  if ('and' in condition) return condition.and.map(conditionText).join(' and ');
  if ('or' in condition) return `(${condition.or.map(conditionText).join(' or ')})`;
  if ('not' in condition) return `not ${conditionText(condition.not)}`;
  if ('cohort' in condition) return `in cohort ${condition.cohort}`;
  const { property, op, value } = condition;
  const name = propertyWords(property);
  if (op === 'exists') return `${name} is ${value === false ? 'not ' : ''}set`;
  return `${name} ${OPS[op] ?? op} ${Array.isArray(value) ? value.join(', ') : String(value)}`;
}
