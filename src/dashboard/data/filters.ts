/**
 * Filters: the conditions that hold for a whole page, shown as chips and kept in the URL as `f=property~op~value~…`.
 * `~` and `\` within a part are escaped by `\`.
 */
import { computed, effect, signal } from '@preact/signals';
import type { Bots, ConditionBody } from './questions.ts';
import { params, setParams } from './router.ts';
import { session, shownTenant } from './session.ts';

export type FilterOp = 'is' | 'not' | 'contains' | 'gt' | 'lt' | 'set' | 'unset' | 'cohort';

export interface Filter {
  readonly property: string;
  readonly op: FilterOp;
  /** `is` holds for any of them, `not` for none of them; empty for `set` and `unset`. */
  readonly values: readonly string[];
}

/** The words of a filter between its property and its value. */
export const OP_WORDS: Readonly<Record<FilterOp, string>> = {
  is: 'is',
  not: 'is not',
  contains: 'contains',
  gt: 'is over',
  lt: 'is under',
  set: 'is set',
  unset: 'is not set',
  cohort: 'in cohort',
};

/** The name of a property as a reader knows it. */
export function propertyWords(name: string): string {
  return name.replace(/^(column|properties)\./, '');
}

/** The words of a filter: "country: DE", "plan is not pro or free". */
export function textOfFilter({ property, op, values }: Filter): string {
  const name = op === 'cohort' ? '' : propertyWords(property);
  return `${op === 'is' ? `${name}:` : `${name} ${OP_WORDS[op]}`} ${values.join(' or ')}`.trim();
}

export const filters = computed<readonly Filter[]>(() =>
  params.value
    .getAll('f')
    .map(parseFilter)
    .filter((filter) => filter !== null),
);

export function parseFilter(text: string): Filter | null {
  const [property = '', op = '', ...values] = splitParts(text);
  if (property === '' || !Object.hasOwn(OP_WORDS, op)) return null;
  if (values.length === 0 && op !== 'set' && op !== 'unset') return null;
  return { property, op: op as FilterOp, values };
}

export function formatFilter({ property, op, values }: Filter): string {
  return joinParts([property, op, ...values]);
}

type Separator = '~' | '|';

/** Joins texts by the separator, so that `splitParts` finds them again. */
export function joinParts(parts: readonly string[], separator: Separator = '~'): string {
  const special = new RegExp(`[\\\\${separator}]`, 'g');
  return parts.map((part) => part.replace(special, '\\$&')).join(separator);
}

export function splitParts(text: string, separator: Separator = '~'): string[] {
  // A part is a run of escaped characters and of others but the separator, which stands before each.
  const pattern = new RegExp(`[${separator}]((?:\\\\[\\s\\S]|[^${separator}\\\\])*)`, 'g');
  const parts = `${separator}${text}`.matchAll(pattern);
  return Array.from(parts, ([, part = '']) => part.replace(/\\([\s\S])/g, '$1'));
}

/** Adds a filter, in place of one on the same property and op. */
export function addFilter(filter: Filter): void {
  const others = filters.value.filter(({ property, op }) => property !== filter.property || op !== filter.op);
  setFilters([...others, filter]);
}

/** The filter that a click on a value means; null stands for "without a value". */
export function filterOfValue(property: string, value: string | null): Filter {
  return value === null ? { property, op: 'unset', values: [] } : { property, op: 'is', values: [value] };
}

export function setFilters(next: readonly Filter[]): void {
  setParams({ f: next.map(formatFilter) });
}

/** Whether the tenant has had events of bots. Null until it is known: no question waits for it. */
export const hasBots = signal<boolean | null>(null);
effect(() => {
  // Another tenant is shown: nothing is known of its bots.
  if (shownTenant.value !== null) hasBots.value = null;
});
/** Whether bots count: as the page says, else as the tenant chose; a tenant who has not chosen sees none. */
export const showsBots = computed(() => {
  const asked = params.value.get('bots');
  return asked === null ? session.value?.bots === 'include' : asked === '1';
});

/** The condition of the page: its filters; undefined when all events count. */
export const pageWhere = computed<ConditionBody | undefined>(() => whereOf(filters.value));

/**
 * What the questions of the page say of bots. Undefined when they say nothing: where a filter asks for the device, which decides by
 * itself, and for a tenant who has not chosen and has no bots, whose rollups need not tell them apart.
 */
const pageBots = computed<Bots | undefined>(() => {
  if (showsBots.value) return 'include';
  if (filters.value.some(({ property }) => NAMES_BOTS.test(property))) return undefined;
  return hasBots.value === true || session.value?.bots === 'exclude' ? 'exclude' : undefined;
});

/** Names of properties that tell bots: a question that gives one decides by itself. */
export const NAMES_BOTS = /^(column\.)?device$|^context\.bot(\.|$)/;

/** Returns the question with what the page says of bots. */
export function withPageBots<Question extends object>(question: Question): Question & { readonly bots?: Bots } {
  return { ...question, ...(pageBots.value && { bots: pageBots.value }) };
}

/** The condition of a list of filters, all of which must hold; undefined for an empty list. */
export function whereOf(list: readonly Filter[]): ConditionBody | undefined {
  const conditions = list.map(conditionOf);
  return conditions.length > 1 ? { and: conditions } : conditions[0];
}

function conditionOf({ property, op, values }: Filter): ConditionBody {
  const [first = ''] = values;
  if (op === 'cohort') return { cohort: first };
  if (op === 'set' || op === 'unset') return { property, op: 'exists', value: op === 'set' };
  if (op === 'gt' || op === 'lt') return { property, op, value: numberOrText(first) };
  if (op === 'contains') return { property, op: 'contains', value: first, caseInsensitive: true };
  const equal: ConditionBody =
    values.length === 1 ? { property, op: 'eq', value: first } : { property, op: 'in', value: [...values] };
  return op === 'not' ? { not: equal } : equal;
}

function numberOrText(text: string): number | string {
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}
