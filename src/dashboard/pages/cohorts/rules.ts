/** Rules: the parts of a cohort as the form has them, and the definition that they make. */
import type { Who } from '../../journeys/cohort-draft.ts';

export type Rule =
  | { readonly kind: 'did' | 'not'; readonly event: string; readonly times: number; readonly days: number }
  | { readonly kind: 'trait'; readonly trait: string; readonly value: string };
export type RuleKind = Rule['kind'];

const DAYS_DEFAULT = 30;
const DAYS_MAX = 400;

export function defaultRule(kind: RuleKind): Rule {
  return kind === 'trait' ? { kind, trait: '', value: '' } : { kind, event: '', times: 1, days: DAYS_DEFAULT };
}

/** Whether the fields of a rule say something that can be saved. */
export function isWhole(rule: Rule): boolean {
  if (rule.kind === 'trait') return rule.trait !== '' && rule.value !== '';
  const { times, days } = rule;
  return Number.isInteger(times) && times >= 1 && Number.isInteger(days) && days >= 1 && days <= DAYS_MAX;
}

export function whoOfRules(rules: readonly Rule[]): Who {
  const parts = rules.map(whoOf);
  return parts.length === 1 ? parts[0]! : { and: parts };
}

function whoOf(rule: Rule): Who {
  if (rule.kind === 'trait') return { property: rule.trait, op: 'eq', value: rule.value };
  const { event, times, days, kind } = rule;
  const events = event !== '' && { events: [event] };
  if (kind === 'not') return { ...events, count: { lte: 0 }, days };
  return { ...events, ...(times > 1 && { count: { gte: times } }), days };
}

/** A few words that can name a cohort. */
export function ruleName(rule: Rule): string {
  if (rule.kind === 'trait') return `${rule.trait.replace(/^person\./, '')} ${rule.value}`;
  const event = rule.event === '' ? 'anything' : rule.event;
  if (rule.kind === 'not') return `no ${event} in ${rule.days} days`;
  return rule.times > 1 ? `${event} ${rule.times} times` : `did ${event}`;
}
