/** Who words: the definition of a cohort in words. */
import { propertyWords } from '../data/filters.ts';
import { at, full } from '../data/format.ts';
import type { ConditionBody } from '../data/questions.ts';
import { timezone } from '../data/session.ts';
import { dateIn, startOfDate } from '../data/zone.ts';
import type { Who } from './cohort-draft.ts';

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
  if ('not' in who) return isDid(who.not) ? didText(who.not, 'did not do') : `not ${inner(who.not)}`;
  if ('property' in who) return conditionText(who as ConditionBody);
  return didText(who, 'did');
}

type Did = Exclude<
  Who,
  { readonly and: unknown } | { readonly or: unknown } | { readonly not: unknown } | { readonly property: string }
>;

function isDid(who: Who): who is Did {
  return !('and' in who || 'or' in who || 'not' in who || 'property' in who);
}

function didText(did: Did, verb: string): string {
  const { events, where, count } = did;
  const what = `${verb} ${events === undefined ? 'anything' : events.join(' or ')}`;
  const often = countText(count);
  const under = where === undefined ? '' : ` where ${conditionText(where)}`;
  return `${what}${often}${under}${spanText(did)}`;
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
  if (from === undefined || to === undefined) return '';
  const [startMs, endMs] = [instantOf(from), instantOf(to)];
  if (!isMidnight(startMs) || !isMidnight(endMs)) return ` from ${at(startMs, 'moment')} to ${at(endMs, 'moment')}`;
  const [first, last] = [at(startMs, 'date'), at(endMs - 1, 'date')];
  return first === last ? ` on ${first}` : ` from ${first} to ${last}`;
}

/** A date means its midnight in the tenant's zone. */
function instantOf(bound: string): number {
  return bound.includes('T') ? Date.parse(bound) : startOfDate(timezone.value, bound);
}

function isMidnight(atMs: number): boolean {
  return startOfDate(timezone.value, dateIn(timezone.value, atMs)) === atMs;
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
