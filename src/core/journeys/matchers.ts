/**
 * Matcher: says which events are a step: by name, by a condition, or by both.
 *
 * A list of them is compiled into one function from a row to a mask, a bit a matcher. Names are looked up once a row for all
 * of them together; conditions are only tested where the name fits.
 */
import { z } from 'zod';
import { type Condition, conditionProperties, conditionSchema } from '../condition.ts';
import type { StringColumn } from '../event.ts';
import { LIMITS } from '../limits.ts';
import { propertyColumn } from '../property.ts';
import type { RowSource, RowTest, RowValue } from '../query/row-source.ts';

const nameSchema = z.string().min(1).max(LIMITS.nameLengthMax);

export const matcherFields = {
  event: nameSchema.optional().describe('Name of the event.'),
  events: z.array(nameSchema).min(1).max(LIMITS.queryConditionsMax).optional().describe('Any of these names.'),
  where: conditionSchema.optional(),
} as const;

const ONE_NAME = 'give event or events, not both';
const SOMETHING = 'give event, events or where';

/** A matcher on the wire: at least one of its fields, and only one of `event` and `events`. */
export const matcherSchema = z
  .strictObject(matcherFields)
  .refine(namesOnce, { message: ONE_NAME, path: ['events'] })
  .refine(saysSomething, { message: SOMETHING });

/** A matcher with a name to show. */
export const stepSchema = z
  .strictObject({ ...matcherFields, name: nameSchema.optional().describe('Shown in the answer.') })
  .refine(namesOnce, { message: ONE_NAME, path: ['events'] })
  .refine(saysSomething, { message: SOMETHING });

type MatcherBody = { readonly [field in keyof typeof matcherFields]?: z.output<(typeof matcherFields)[field]> };

export function namesOnce({ event, events }: MatcherBody): boolean {
  return event === undefined || events === undefined;
}

function saysSomething({ event, events, where }: MatcherBody): boolean {
  return event !== undefined || events !== undefined || where !== undefined;
}

export interface Matcher {
  /** Null: any name. */
  readonly names: readonly string[] | null;
  readonly where: Condition | null;
}

export const ANYTHING: Matcher = { names: null, where: null };

export function matcherOf({ event, events, where }: MatcherBody): Matcher {
  return { names: event === undefined ? (events ?? null) : [event], where: where ?? null };
}

/** How a matcher is called when nobody named it. */
export function matcherName({ names }: Matcher): string {
  return names === null ? 'any event' : names.join(' or ');
}

/** Tests one row costs at the most: bounds what a question can make of every event. */
export function matcherSize({ names, where }: Matcher): number {
  return (names?.length ?? 0) + (where === null ? 0 : conditionSize(where));
}

export function conditionSize(condition: Condition): number {
  if ('and' in condition) return condition.and.reduce((sum, arm) => sum + conditionSize(arm), 1);
  if ('or' in condition) return condition.or.reduce((sum, arm) => sum + conditionSize(arm), 1);
  return 'not' in condition ? 1 + conditionSize(condition.not) : 1;
}

export function matcherColumns(matchers: readonly Matcher[]): StringColumn[] {
  const columns: StringColumn[] = matchers.some(({ names }) => names !== null) ? ['event'] : [];
  for (const { where } of matchers) if (where !== null) columns.push(...conditionProperties(where).map(propertyColumn));
  return columns;
}

/** Names remembered: a tenant has some tens of them. */
const NAMES_MAX = 4_096;

/** Bit i of the result: matcher i holds. At most 32 matchers. */
export function compileMatchers(source: RowSource, matchers: readonly Matcher[]): (row: number) => number {
  const event: RowValue | null = matchers.some(({ names }) => names !== null) ? source.value('event') : null;
  const tests = matchers.map(({ where }): RowTest | null => where && source.test(where));
  const tested = tests.reduce((mask, test, index) => (test === null ? mask : mask | (1 << index)), 0) >>> 0;
  const maskOfName = new Map<unknown, number>();
  let lastName: unknown = NaN;
  let lastMask = 0;
  return (row) => {
    const name = event === null ? null : event(row);
    if (name !== lastName) {
      let mask = maskOfName.get(name);
      if (mask === undefined) {
        mask = maskOf(matchers, name);
        if (maskOfName.size < NAMES_MAX) maskOfName.set(name, mask);
      }
      lastName = name;
      lastMask = mask;
    }
    if ((lastMask & tested) === 0) return lastMask;
    let mask = lastMask;
    for (let index = 0; index < tests.length; index++) {
      const bit = 1 << index;
      if ((mask & tested & bit) !== 0 && !tests[index]!(row)) mask &= ~bit;
    }
    return mask >>> 0;
  };
}

function maskOf(matchers: readonly Matcher[], name: unknown): number {
  let mask = 0;
  for (const [index, { names }] of matchers.entries()) {
    if (names === null || names.includes(name as string)) mask |= 1 << index;
  }
  return mask >>> 0;
}
