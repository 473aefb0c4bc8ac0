/**
 * Cohort: people by their events and traits: a saved definition, looked up anew by each question that names it.
 *
 * | part | a person matches when |
 * |---|---|
 * | `{events?, where?, count?, days}` | `count` of these events (default: 1 or more), in the last `days`, pass `where` |
 * | `{events?, where?, count?, from, to}` | the same, in a range of dates or times |
 * | `{property: "person.x", op, value}` | their latest trait compares |
 * | `{and: […]}`, `{or: […]}`, `{not: …}` | all, some, or not the inner parts match |
 *
 * Membership is a test of one person, so `not`, or a count of 0, needs no list of all people: a person without such
 * events is in the cohort. An event without a person is in no cohort. A cohort's conditions name no other cohort, so
 * there are no circles.
 */
import { z } from 'zod';
import {
  type Comparison,
  type Condition,
  conditionCohorts,
  conditionProperties,
  conditionSchema,
  evaluate,
} from '../event/condition.ts';
import { propertyPlace } from '../event/property.ts';
import { DAY_MS, LIMITS } from '../limits.ts';
import { allowUnknownField, parseRange } from '../query/question/request.ts';
import { COHORT_JSON_SCHEMA } from '../schemas/cohort.ts';
import { ok, type Result } from '../std/result.ts';

export interface CountRange {
  readonly min: number;
  /** Null when there is no upper bound. */
  readonly max: number | null;
}

/** Part that counts a person's events. */
export interface DidPart {
  readonly events: readonly string[] | null;
  readonly where: Condition | null;
  readonly count: CountRange;
  readonly range: { readonly days: number } | { readonly from: string; readonly to: string };
}

export type CohortPart =
  | { readonly did: DidPart }
  | { readonly is: Comparison }
  | { readonly and: readonly CohortPart[] }
  | { readonly or: readonly CohortPart[] }
  | { readonly not: CohortPart };

export interface Cohort {
  readonly id: string;
  readonly name: string;
  readonly who: CohortPart;
}

const nameSchema = z.string().min(1).max(LIMITS.nameLengthMax);
const timeSchema = z.string().min(1).max(40);
const countSchema = z.strictObject({
  gte: z.int().min(0).max(1_000_000_000).optional(),
  lte: z.int().min(0).max(1_000_000_000).optional(),
});

const didSchema = z
  .strictObject({
    events: z.array(nameSchema).min(1).max(LIMITS.queryConditionsMax).optional().describe('Any of these names.'),
    where: conditionSchema.optional(),
    count: countSchema.optional().describe('Number of these events. Default: one or more.'),
    days: z.int().min(1).max(LIMITS.queryRangeDaysMax).optional().describe('Number of days before the question.'),
    from: timeSchema.optional(),
    to: timeSchema.optional(),
  })
  .superRefine(({ where, count, days, from, to }, context) => {
    const wrong = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (days !== undefined ? from !== undefined || to !== undefined : from === undefined || to === undefined) {
      wrong('days', 'give days, or from and to');
    } else if (days === undefined) {
      const range = parseRange(from!, to!, 'UTC');
      if (!range.ok) wrong(range.error.path.slice(1), range.error.message);
    }
    if (count?.gte !== undefined && count.lte !== undefined && count.gte > count.lte) {
      wrong('count', 'gte is greater than lte');
    }
    if (where && conditionCohorts(where).length > 0) wrong('where', 'a cohort may not name other cohorts');
  })
  .transform(({ events, where, count, days, from, to }): CohortPart => {
    const range = days === undefined ? { from: from!, to: to! } : { days };
    return { did: { events: events ?? null, where: where ?? null, count: countRange(count), range } };
  });

function countRange(count: z.output<typeof countSchema> | undefined): CountRange {
  const max = count?.lte ?? null;
  return { min: count?.gte ?? (max === null ? 1 : 0), max };
}

const isSchema = conditionSchema.transform((condition, context): CohortPart => {
  const names = 'property' in condition ? [condition.property] : [];
  if ('property' in condition && names.every(isPersonTrait)) return { is: condition };
  context.addIssue({ code: 'custom', path: ['property'], message: 'expected a trait of people, like person.plan' });
  return z.NEVER;
});

/** A part as it is sent and shown; it describes and checks nothing. */
export const cohortPartSchema = z.unknown().meta({ id: 'CohortPart', ...COHORT_JSON_SCHEMA });

/** The parts of a cohort as they are sent, stored and shown. */
export const whoSchema: z.ZodType<CohortPart> = cohortPartSchema.transform((input, context): CohortPart => {
  const parser = new PartParser(context);
  return parser.part(input, [], 1) ?? z.NEVER;
});

class PartParser {
  #parts = 0;
  readonly #context: z.core.$RefinementCtx;

  constructor(context: z.core.$RefinementCtx) {
    this.#context = context;
  }

  /** Null when the part was refused. */
  part(input: unknown, path: readonly (string | number)[], depth: number): CohortPart | null {
    if (++this.#parts > LIMITS.cohortPartsMax) return this.#refuse(path, `at most ${LIMITS.cohortPartsMax} parts`);
    if (depth > LIMITS.cohortDepthMax) return this.#refuse(path, `at most ${LIMITS.cohortDepthMax} levels deep`);
    if (typeof input !== 'object' || input === null || Array.isArray(input)) {
      return this.#refuse(path, 'expected {events, days}, {property, op, value}, {and}, {or} or {not}');
    }
    const [only, ...others] = Object.keys(input);
    const fields = input as Record<string, unknown>;
    if (others.length === 0 && (only === 'and' || only === 'or')) return this.#arms(fields[only], only, path, depth);
    if (others.length === 0 && only === 'not') {
      const part = this.part(fields.not, [...path, 'not'], depth + 1);
      return part && { not: part };
    }
    const parsed = ('property' in fields ? isSchema : didSchema).safeParse(input);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    return this.#refuse([...path, ...(issue!.path as (string | number)[])], issue!.message);
  }

  #arms(arms: unknown, name: 'and' | 'or', path: readonly (string | number)[], depth: number): CohortPart | null {
    const at = [...path, name];
    if (!Array.isArray(arms) || arms.length === 0) return this.#refuse(at, 'expected at least one part');
    const parts: CohortPart[] = [];
    for (const [index, arm] of arms.entries()) {
      const part = this.part(arm, [...at, index], depth + 1);
      if (part === null) return null;
      parts.push(part);
    }
    return name === 'and' ? { and: parts } : { or: parts };
  }

  #refuse(path: readonly (string | number)[], message: string): null {
    this.#context.addIssue({ code: 'custom', path: [...path], message });
    return null;
  }
}

export const cohortSchema = z.strictObject({
  name: nameSchema,
  allowUnknown: allowUnknownField,
  who: whoSchema,
});

function isPersonTrait(name: string): boolean {
  return propertyPlace(name).in === 'person';
}

/** Returns the parts that count events; each is counted for every person. */
export function didParts(part: CohortPart): DidPart[] {
  if ('did' in part) return [part.did];
  if ('is' in part) return [];
  if ('not' in part) return didParts(part.not);
  return ('and' in part ? part.and : part.or).flatMap(didParts);
}

/** Returns the names of traits that the cohort reads, of people and of groups. */
export function cohortTraits(part: CohortPart): string[] {
  if ('did' in part) return part.did.where === null ? [] : conditionProperties(part.did.where);
  if ('is' in part) return [part.is.property];
  if ('not' in part) return cohortTraits(part.not);
  return ('and' in part ? part.and : part.or).flatMap(cohortTraits);
}

/** Returns the instants of a part's range, for a question asked at `nowMs`. */
export function didRange({ range }: DidPart, nowMs: number, timezone: string): { startMs: number; endMs: number } {
  if ('days' in range) return { startMs: nowMs - range.days * DAY_MS, endMs: nowMs + LIMITS.futureClampMs };
  const parsed: Result<{ startMs: number; endMs: number }, unknown> = parseRange(range.from, range.to, timezone);
  // The range was checked in UTC when it was saved. Another zone neither empties a range of an hour nor moves a date
  // out of the allowed years.
  return parsed.ok ? parsed.value : { startMs: 0, endMs: 0 };
}

/** Tells whether the cohort holds a person: `countOf` counts a part's events, `trait` reads a trait by name. */
export function isInCohort(
  part: CohortPart,
  countOf: (did: DidPart) => number,
  trait: Parameters<typeof evaluate>[1],
): boolean {
  if ('did' in part) {
    const { min, max } = part.did.count;
    const count = countOf(part.did);
    return count >= min && (max === null || count <= max);
  }
  if ('is' in part) return evaluate(part.is, trait);
  if ('not' in part) return !isInCohort(part.not, countOf, trait);
  if ('and' in part) return part.and.every((inner) => isInCohort(inner, countOf, trait));
  return part.or.some((inner) => isInCohort(inner, countOf, trait));
}

/** Parses a definition as it was saved. */
export function parseWho(saved: unknown): Result<CohortPart, string> {
  const parsed = whoSchema.safeParse(saved);
  return parsed.success ? ok(parsed.data) : { ok: false, error: parsed.error.issues[0]!.message };
}
