/**
 * Matcher: says which events are a step: by name, by a condition, or by both.
 *
 * A list of them is compiled into a mask of each row, a bit a matcher. Names are looked up for all of them together, and where
 * they come as a dictionary once an entry; conditions are only tested where the name fits.
 */
import { z } from 'zod';
import type { CodedTexts, EventColumns } from '../../event/columns.ts';
import { type Condition, conditionProperties, conditionSchema } from '../../event/condition.ts';
import type { StringColumn } from '../../event/event.ts';
import { propertyColumn } from '../../event/property.ts';
import { LIMITS } from '../../limits.ts';
import type { RowSource, RowTest } from '../../query/rows/row-source.ts';

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

export function isAnything({ names, where }: Matcher): boolean {
  return names === null && where === null;
}

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

/** The codes of rows by a text that repeats: row → `codes[entryOf[row]]`. */
export interface CodedRows {
  readonly entryOf: CodedTexts['codes'];
  readonly codes: Uint32Array;
}

/** At most 32 matchers, compiled. Bit i of a mask: matcher i holds. */
export class MatcherMasks {
  readonly #matchers: readonly Matcher[];
  readonly #hasNames: boolean;
  readonly #tests: readonly (RowTest | null)[];
  /** Matchers with a condition. */
  readonly #tested: number;
  readonly #maskOfName = new Map<string | null, number>();
  #coded: CodedRows | null = null;
  #names: readonly (string | null)[] = [];

  constructor(source: RowSource, matchers: readonly Matcher[]) {
    this.#matchers = matchers;
    this.#hasNames = matchers.some(({ names }) => names !== null);
    this.#tests = matchers.map(({ where }) => where && source.test(where));
    this.#tested = this.#tests.reduce((mask, test, index) => (test === null ? mask : mask | (1 << index)), 0) >>> 0;
  }

  /** The batch that rows are of from now on; the source has it already. */
  use({ coded, strings }: EventColumns): void {
    this.#coded = null;
    this.#names = [];
    if (!this.#hasNames) return;
    const texts = coded?.event;
    if (texts === undefined) this.#names = strings.event!;
    else this.#coded = { entryOf: texts.codes, codes: Uint32Array.from(texts.entries, (name) => this.#named(name)) };
  }

  /** The masks of the batch's rows, where they hang on the name alone and names came coded; else null. */
  get coded(): CodedRows | null {
    return this.#tested === 0 ? this.#coded : null;
  }

  /** Of the matchers that the row's name fits; their conditions were not tested. */
  named(row: number): number {
    if (this.#coded !== null) return this.#coded.codes[this.#coded.entryOf[row]!]!;
    return this.#named(this.#hasNames ? this.#names[row]! : null);
  }

  of(row: number): number {
    let mask = this.named(row);
    if ((mask & this.#tested) === 0) return mask;
    for (let index = 0; index < this.#tests.length; index++) {
      const bit = 1 << index;
      if ((mask & this.#tested & bit) !== 0 && !this.#tests[index]!(row)) mask &= ~bit;
    }
    return mask >>> 0;
  }

  #named(name: string | null): number {
    let mask = this.#maskOfName.get(name);
    if (mask === undefined) {
      mask = maskOf(this.#matchers, name);
      if (this.#maskOfName.size < NAMES_MAX) this.#maskOfName.set(name, mask);
    }
    return mask;
  }
}

function maskOf(matchers: readonly Matcher[], name: string | null): number {
  let mask = 0;
  for (const [index, { names }] of matchers.entries()) {
    if (names === null || (name !== null && names.includes(name))) mask |= 1 << index;
  }
  return mask >>> 0;
}
