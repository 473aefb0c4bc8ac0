/**
 * Matcher: says which events are a step: by name, by a condition, or by both.
 *
 * A list of matchers is compiled into a mask of each row, a bit for each matcher. A name is looked up once for all
 * matchers, and once for each entry of a dictionary when names come coded. A condition is only tested when the name
 * fits.
 */
import { z } from 'zod';
import type { EventColumns } from '../../event/columns.ts';
import { type Condition, conditionProperties, conditionSchema } from '../../event/condition.ts';
import type { StringColumn } from '../../event/event.ts';
import { propertyColumns } from '../../event/property.ts';
import { LIMITS } from '../../limits.ts';
import type { RowSource, RowTest } from '../../query/rows/row-source.ts';
import type { CodedRows } from './row-reader.ts';

const nameSchema = z.string().min(1).max(LIMITS.nameLengthMax);

export const matcherFields = {
  event: nameSchema.optional().describe('Name of the event.'),
  events: z
    .array(nameSchema)
    .min(1)
    .max(LIMITS.queryConditionsMax)
    .optional()
    .describe('Names of events, any of which fits.'),
  where: conditionSchema.optional().describe('Condition that the event must meet as well.'),
} as const;

const ONE_NAME = 'give event or events, not both';
const SOMETHING = 'give event, events or where';

/** A matcher on the wire: at least one of its fields, and only one of `event` and `events`. */
export const matcherSchema = z
  .strictObject(matcherFields)
  .refine(hasOneName, { message: ONE_NAME, path: ['events'] })
  .refine(saysSomething, { message: SOMETHING });

/** A matcher with a name to show. */
export const stepSchema = z
  .strictObject({
    ...matcherFields,
    name: nameSchema.optional().describe('Name that the answer shows. Default: the names of the events.'),
  })
  .refine(hasOneName, { message: ONE_NAME, path: ['events'] })
  .refine(saysSomething, { message: SOMETHING });

type MatcherBody = { readonly [field in keyof typeof matcherFields]?: z.output<(typeof matcherFields)[field]> };

export function hasOneName({ event, events }: MatcherBody): boolean {
  return event === undefined || events === undefined;
}

function saysSomething({ event, events, where }: MatcherBody): boolean {
  return event !== undefined || events !== undefined || where !== undefined;
}

export interface Matcher {
  /** Null when any name fits. */
  readonly names: readonly string[] | null;
  readonly where: Condition | null;
}

export const ANYTHING: Matcher = { names: null, where: null };

export function isAnything({ names, where }: Matcher): boolean {
  return names === null && where === null;
}

export function matcherOf({ event, events, where }: MatcherBody): Matcher {
  return { names: event === undefined ? (events ?? null) : [event], where: where ?? null };
}

/** The name of a matcher to which the question gives none. */
export function matcherName({ names }: Matcher): string {
  return names === null ? 'any event' : names.join(' or ');
}

/** The number of tests that one row costs at most. It bounds the work that a question causes for every event. */
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
  for (const { where } of matchers)
    if (where !== null) columns.push(...conditionProperties(where).flatMap(propertyColumns));
  return columns;
}

/** Bound of the names remembered: a tenant has some tens of them. */
const NAMES_MAX = 4_096;

/** At most 32 matchers, compiled. Bit i of a mask says that matcher i fits. */
export class MatcherMasks {
  readonly #matchers: readonly Matcher[];
  readonly #hasNames: boolean;
  readonly #tests: readonly (RowTest | null)[];
  /** Mask of the matchers that have a condition. */
  readonly #tested: number;
  readonly #maskOfName = new Map<string | null, number>();
  #coded: CodedRows | null = null;
  #names: readonly (string | null)[] = [];

  constructor(source: RowSource, matchers: readonly Matcher[]) {
    this.#matchers = matchers;
    this.#hasNames = matchers.some(({ names }) => names !== null);
    source.noteEvents(matchers.flatMap(({ names }) => names ?? []));
    this.#tests = matchers.map(({ where }) => where && source.test(where));
    this.#tested = this.#tests.reduce((mask, test, index) => (test === null ? mask : mask | (1 << index)), 0) >>> 0;
  }

  /** Turns to a batch, which the source already has. */
  use({ coded, strings }: EventColumns): void {
    this.#coded = null;
    this.#names = [];
    if (!this.#hasNames) return;
    const texts = coded?.event;
    if (texts === undefined) this.#names = strings.event!;
    else this.#coded = { entryOf: texts.codes, codes: Uint32Array.from(texts.entries, (name) => this.#maskFor(name)) };
  }

  /** The masks of the batch's rows when they follow from the name alone and names came coded; else null. */
  get coded(): CodedRows | null {
    return this.#tested === 0 ? this.#coded : null;
  }

  /** The mask of the matchers that the row's name fits, before their conditions are tested. */
  nameMask(row: number): number {
    if (this.#coded !== null) return this.#coded.codes[this.#coded.entryOf[row]!]!;
    return this.#maskFor(this.#hasNames ? this.#names[row]! : null);
  }

  /** The mask of the matchers that the row fits. */
  mask(row: number): number {
    let mask = this.nameMask(row);
    if ((mask & this.#tested) === 0) return mask;
    for (let index = 0; index < this.#tests.length; index++) {
      const bit = 1 << index;
      if ((mask & this.#tested & bit) !== 0 && !this.#tests[index]!(row)) mask &= ~bit;
    }
    return mask >>> 0;
  }

  #maskFor(name: string | null): number {
    let mask = this.#maskOfName.get(name);
    if (mask === undefined) {
      mask = matchName(this.#matchers, name);
      if (this.#maskOfName.size < NAMES_MAX) this.#maskOfName.set(name, mask);
    }
    return mask;
  }
}

/** The mask of the matchers that the name fits. */
function matchName(matchers: readonly Matcher[], name: string | null): number {
  let mask = 0;
  for (const [index, { names }] of matchers.entries()) {
    if (names === null || (name !== null && names.includes(name))) mask |= 1 << index;
  }
  return mask >>> 0;
}
