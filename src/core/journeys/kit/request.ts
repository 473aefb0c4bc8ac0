/**
 * JourneyQuestion: the part of a question that all journeys share: a range, a filter, a breakdown; checked, with stable
 * codes.
 *
 * in: unknown JSON, the tenant's zone · out: a question whose bounds are instants, or a refusal
 * Unknown fields are refused, and everything is bounded: the number of steps, of conditions, of days, of points.
 */
import { z } from 'zod';
import { type AskedBots, askedBots } from '../../bots/asked-bots.ts';
import type { Bots } from '../../bots/bots.ts';
import { type Condition, conditionProperties, conditionSchema } from '../../event/condition.ts';
import { DAY_MS, LIMITS } from '../../limits.ts';
import {
  allowUnknownField,
  botsField,
  conjunction,
  parseRange,
  type QueryRefusalCode,
} from '../../query/question/request.ts';
import { isTimezone } from '../../query/question/zone.ts';
import { jsonPointer } from '../../std/pointer.ts';
import { err, ok, type Result } from '../../std/result.ts';
import { conditionSize, type Matcher, matcherSize } from './matchers.ts';

/**
 * The codes with which any journey may refuse a question: those of the common fields, and of the bounds over all
 * fields.
 */
export const COMMON_CODES = [
  'query-invalid',
  'field-unknown',
  'where-invalid',
  'group-by-invalid',
  'top-invalid',
  'range-invalid',
  'range-inverted',
  'range-too-wide',
  'timezone-unknown',
  'too-many-points',
  'conditions-too-many',
] as const satisfies readonly (QueryRefusalCode | 'conditions-too-many')[];
export type CommonRefusalCode = (typeof COMMON_CODES)[number] | QueryRefusalCode;

export interface JourneyRefusal<Code extends string = string> {
  readonly code: Code;
  /** JSON pointer into the question. */
  readonly path: string;
  /** Text for a person: the value that was found, and what is allowed. */
  readonly message: string;
}

export const nameSchema = z.string().min(1).max(LIMITS.nameLengthMax);

/** Fields of every journey. */
export const commonFields = {
  where: conditionSchema.optional().describe('Only events that match are considered.'),
  groupBy: z
    .union([nameSchema, z.tuple([nameSchema])])
    .optional()
    .describe('One property: the answer has `groups`, one for each of its values, beside the whole.'),
  top: z
    .int()
    .min(1)
    .max(LIMITS.journeyTopMax)
    .default(LIMITS.journeyTopDefault)
    .describe('Number of groups listed; the remainder is one more group, `other`.'),
  from: z.string().max(40).describe('Start of the range: an ISO time with its zone, or a date in `timezone`.'),
  to: z.string().max(40).describe('End of the range, in the form of `from`; it is not included.'),
  timezone: z.string().min(1).max(64).optional().describe('IANA time zone. Default: the zone of the tenant.'),
  bots: botsField,
  allowUnknown: allowUnknownField,
} as const;

/** The code with which a value is refused that does not fit the schema of its field. */
export type FieldCodes<Code extends string> = Readonly<Record<string, Code>>;

const COMMON_FIELD_CODES: FieldCodes<CommonRefusalCode> = {
  where: 'where-invalid',
  groupBy: 'group-by-invalid',
  top: 'top-invalid',
  from: 'range-invalid',
  to: 'range-invalid',
  timezone: 'timezone-unknown',
};

/** The wire form of a question: its schema, and a code for each field beside the common ones. */
export interface QuestionForm<Schema extends z.ZodType, Code extends string> {
  readonly question: Schema;
  readonly codes: FieldCodes<Code>;
}

/** Field of the journeys that may be restricted to events of some names. */
export const eventsField = z
  .array(nameSchema)
  .min(1)
  .max(LIMITS.queryConditionsMax)
  .optional()
  .describe('Names of the events that are considered. Default: all events.');

/** Field of the journeys that read days before the range to know which people are new in it. */
export const historyField = z
  .int()
  .min(0)
  .max(LIMITS.queryRangeDaysMax)
  .default(LIMITS.journeyHistoryDays)
  .describe('Number of days before the range in which a person may have been seen already.');

export interface JourneyQuestion {
  /** `where` and, for the journeys that have it, `events`, without bots when these are left out; null without any. */
  readonly where: Condition | null;
  readonly bots: AskedBots;
  readonly groupBy: string | null;
  readonly top: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly timezone: string;
  /** True when names are taken that no event has. */
  readonly allowUnknown: boolean;
}

interface CommonBody {
  readonly where?: Condition | undefined;
  readonly events?: readonly string[] | undefined;
  readonly groupBy?: string | readonly [string] | undefined;
  readonly top: number;
  readonly from: string;
  readonly to: string;
  readonly timezone?: string | undefined;
  readonly bots?: Bots | undefined;
  readonly allowUnknown: boolean;
}

/** The result of a journey's own parsing: the fields of its question beside the common ones, and its matchers. */
interface OwnFields<Own> {
  readonly own: Own;
  readonly matchers?: readonly Matcher[];
  /** Further condition of every event, which the question's own bounds do not count. Default: none. */
  readonly activity?: Condition | null;
  /** Properties that the question names beside those of conditions and its breakdown. Default: none. */
  readonly properties?: readonly string[];
}

/**
 * The parsing that all journeys share: checks the body, resolves the common fields, has `resolve` do the rest, and
 * bounds the number of tests for each event.
 */
export function parseQuestion<S extends z.ZodType<CommonBody>, Own extends object, Code extends string>(
  { question, codes }: QuestionForm<S, Code>,
  body: unknown,
  timezone: string,
  resolve: (
    fields: z.output<S>,
    common: JourneyQuestion,
  ) => Result<OwnFields<Own>, JourneyRefusal<Code | CommonRefusalCode>>,
): Result<JourneyQuestion & Own, JourneyRefusal<Code | CommonRefusalCode>> {
  const parsed = question.safeParse(body);
  if (!parsed.success) return err(refusalOf(parsed.error.issues[0]!, codes));
  const common = parseCommon(parsed.data, timezone);
  if (!common.ok) return common;
  const resolved = resolve(parsed.data, common.value);
  if (!resolved.ok) return resolved;
  const { own, matchers = [], activity = null, properties = [] } = resolved.value;
  const { where, groupBy } = common.value;
  const size = checkSize(matchers.map(matcherSize), where);
  if (!size.ok) return size;
  const names = [...namesIn([where, ...matchers.map((matcher) => matcher.where)]), groupBy ?? '', ...properties];
  const settled = askedBots(bothOf(where, activity), { bots: parsed.data.bots, names });
  return ok({ ...common.value, ...settled, ...own });
}

function namesIn(conditions: readonly (Condition | null)[]): string[] {
  return conditions.flatMap((condition) => (condition === null ? [] : conditionProperties(condition)));
}

function parseCommon(
  body: CommonBody,
  defaultTimezone: string,
): Result<JourneyQuestion, JourneyRefusal<CommonRefusalCode>> {
  const { events, where, groupBy = null, timezone = defaultTimezone, top, allowUnknown } = body;
  if (!isTimezone(timezone)) return refuse('timezone-unknown', '/timezone', `"${timezone}" is not an IANA time zone.`);
  const range = parseRange(body.from, body.to, timezone, LIMITS.queryLongRangeDaysMax);
  if (!range.ok) return range;
  return ok({
    // What the question says of bots is read when all of its conditions are known.
    ...askedBots(conjunction(events, where), { bots: undefined, names: [] }),
    groupBy: typeof groupBy === 'string' ? groupBy : (groupBy?.[0] ?? null),
    top,
    ...range.value,
    timezone,
    allowUnknown,
  });
}

/** Both conditions as one; null when there is neither. */
function bothOf(left: Condition | null, right: Condition | null): Condition | null {
  return left === null || right === null ? (left ?? right) : { and: [left, right] };
}

/** Bounds the tests that a question may make for each event: all its steps and filters together. */
function checkSize(
  sizes: readonly number[],
  where: Condition | null,
): Result<null, JourneyRefusal<'conditions-too-many'>> {
  const count = sizes.reduce((sum, size) => sum + size, where === null ? 0 : conditionSize(where));
  const max = LIMITS.journeyConditionsMax;
  if (count <= max) return ok(null);
  const message = `All steps and filters may have at most ${max} names and conditions together; these have ${count}.`;
  return refuse('conditions-too-many', '', message);
}

/** Refuses hours of a range that is longer than hours are counted over. */
export function checkHours({ startMs, endMs }: Pick<JourneyQuestion, 'startMs' | 'endMs'>, path: string) {
  const max = LIMITS.queryRangeDaysMax;
  // A local range may be an hour longer than its days.
  if ((endMs - startMs) / DAY_MS <= max + 0.25) return ok(null);
  return refuse('range-too-wide', path, `A range has at most ${max} days when hours are counted.`);
}

export function historyMs(historyDays: number): number {
  return historyDays * DAY_MS;
}

export function refuse<const Code extends string>(code: Code, path: string, message: string) {
  return err<JourneyRefusal<Code>>({ code, path, message });
}

function refusalOf<Code extends string>(
  issue: z.core.$ZodIssue,
  codes: FieldCodes<Code>,
): JourneyRefusal<Code | CommonRefusalCode> {
  const path = jsonPointer(issue.path);
  if (issue.code === 'unrecognized_keys') return { code: 'field-unknown', path, message: issue.message };
  const field = String(issue.path[0]);
  return { code: codes[field] ?? COMMON_FIELD_CODES[field] ?? 'query-invalid', path, message: issue.message };
}
