/**
 * JourneyQuestion: what all journeys are asked alike: a range, a filter, a breakdown; checked, with stable codes.
 *
 * in: unknown JSON, the tenant's zone, now · out: a question whose bounds are instants, or a refusal
 * Unknown fields are refused, and everything is bounded: the number of steps, of conditions, of days, of points.
 */
import { z } from 'zod';
import { type Condition, conditionSchema } from '../../event/condition.ts';
import { DAY_MS, LIMITS } from '../../limits.ts';
import { conjunction, parseRange, type QueryRefusalCode } from '../../query/question/request.ts';
import { isTimezone } from '../../query/question/zone.ts';
import { err, ok, type Result } from '../../std/result.ts';
import { conditionSize, type Matcher, matcherSize } from './matchers.ts';

export const JOURNEY_REFUSAL_CODES = [
  'anchor-invalid',
  'conditions-too-many',
  'exclusions-invalid',
  'gap-invalid',
  'history-invalid',
  'intervals-invalid',
  'matcher-invalid',
  'mode-invalid',
  'step-invalid',
  'steps-invalid',
  'window-invalid',
] as const;
export type JourneyRefusalCode = QueryRefusalCode | (typeof JOURNEY_REFUSAL_CODES)[number];

export interface JourneyRefusal {
  readonly code: JourneyRefusalCode;
  /** JSON pointer into the question. */
  readonly path: string;
  /** For a person: what was met, what is allowed. */
  readonly message: string;
}

const nameSchema = z.string().min(1).max(LIMITS.nameLengthMax);

/** Fields of every journey. */
export const commonFields = {
  where: conditionSchema.optional().describe('Only events that it holds for exist for the question.'),
  groupBy: z
    .union([nameSchema, z.tuple([nameSchema])])
    .optional()
    .describe('One property: the answer has `groups`, one for each of its values, beside the whole.'),
  top: z.int().min(1).max(LIMITS.journeyTopMax).optional().describe('Groups listed; the rest is one more, `other`.'),
  from: z.string().max(40).describe('ISO time with its zone, or a date in `timezone`.'),
  to: z.string().max(40).describe('As `from`; not included.'),
  timezone: z.string().min(1).max(64).optional().describe('IANA zone; the tenant’s unless said.'),
} as const;

/** Names of events; any of them. */
export const eventsField = z.array(nameSchema).min(1).max(LIMITS.queryConditionsMax).optional();

export interface JourneyQuestion {
  /** `where` and, for the journeys that have it, `events`. */
  readonly where: Condition | null;
  readonly groupBy: string | null;
  readonly top: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly timezone: string;
}

interface CommonBody {
  readonly where?: Condition | undefined;
  readonly events?: readonly string[] | undefined;
  readonly groupBy?: string | readonly [string] | undefined;
  readonly top?: number | undefined;
  readonly from: string;
  readonly to: string;
  readonly timezone?: string | undefined;
}

/** Checks a body against its schema, with the code of the first field that is wrong. */
export function parseBody<S extends z.ZodType>(schema: S, body: unknown): Result<z.output<S>, JourneyRefusal> {
  const parsed = schema.safeParse(body);
  return parsed.success ? ok(parsed.data) : err(refusalOf(parsed.error.issues[0]!));
}

function parseCommon(body: CommonBody, defaultTimezone: string): Result<JourneyQuestion, JourneyRefusal> {
  const { events, where, groupBy = null, timezone = defaultTimezone, top = LIMITS.journeyTopDefault } = body;
  if (!isTimezone(timezone)) return refuse('timezone-unknown', '/timezone', `"${timezone}" is not an IANA time zone.`);
  const range = parseRange(body.from, body.to, timezone);
  if (!range.ok) return range;
  return ok({
    where: conjunction(events, where),
    groupBy: typeof groupBy === 'string' ? groupBy : (groupBy?.[0] ?? null),
    top,
    ...range.value,
    timezone,
  });
}

/** What a journey makes of its own fields: what its question has beside the common ones, and its matchers. */
interface OwnFields<Own> {
  readonly own: Own;
  readonly matchers?: readonly Matcher[];
}

/**
 * The parsing that all journeys share: checks the body, resolves the common fields, has `resolve` do the rest, and bounds
 * what each event is tested for.
 */
export function parseQuestion<S extends z.ZodType<CommonBody>, Own extends object>(
  schema: S,
  body: unknown,
  timezone: string,
  resolve: (fields: z.output<S>, common: JourneyQuestion) => Result<OwnFields<Own>, JourneyRefusal>,
): Result<JourneyQuestion & Own, JourneyRefusal> {
  const parsed = parseBody(schema, body);
  if (!parsed.ok) return parsed;
  const common = parseCommon(parsed.value, timezone);
  if (!common.ok) return common;
  const resolved = resolve(parsed.value, common.value);
  if (!resolved.ok) return resolved;
  const { own, matchers = [] } = resolved.value;
  const size = checkSize(matchers.map(matcherSize), common.value.where);
  return size.ok ? ok({ ...common.value, ...own }) : size;
}

/** What one question may test each event for: all its steps and filters together. */
function checkSize(sizes: readonly number[], where: Condition | null): Result<null, JourneyRefusal> {
  const met = sizes.reduce((sum, size) => sum + size, where === null ? 0 : conditionSize(where));
  const max = LIMITS.journeyConditionsMax;
  if (met <= max) return ok(null);
  const message = `All steps and filters have at most ${max} names and conditions together, these have ${met}.`;
  return refuse('conditions-too-many', '', message);
}

/** Days read before the range, to know who and what is new in it. */
export const historyField = z
  .int()
  .min(0)
  .max(LIMITS.queryRangeDaysMax)
  .optional()
  .describe(
    `Days before the range in which someone may have been seen already; ${LIMITS.journeyHistoryDays} unless said.`,
  );

export function historyMs(historyDays: number | undefined): number {
  return (historyDays ?? LIMITS.journeyHistoryDays) * DAY_MS;
}

export function refuse(code: JourneyRefusalCode, path: string, message: string) {
  return err<JourneyRefusal>({ code, path, message });
}

const CODE_OF_FIELD: Readonly<Record<string, JourneyRefusalCode>> = {
  where: 'where-invalid',
  groupBy: 'group-by-invalid',
  top: 'top-invalid',
  from: 'range-invalid',
  to: 'range-invalid',
  timezone: 'timezone-unknown',
  events: 'events-invalid',
  interval: 'interval-unknown',
  steps: 'steps-invalid',
  step: 'step-invalid',
  windowSeconds: 'window-invalid',
  gapSeconds: 'gap-invalid',
  exclusions: 'exclusions-invalid',
  start: 'matcher-invalid',
  return: 'matcher-invalid',
  startAt: 'matcher-invalid',
  endAt: 'matcher-invalid',
  anchor: 'anchor-invalid',
  intervals: 'intervals-invalid',
  historyDays: 'history-invalid',
  order: 'mode-invalid',
  ties: 'mode-invalid',
  breakdown: 'mode-invalid',
  mode: 'mode-invalid',
  on: 'mode-invalid',
  of: 'mode-invalid',
  outcome: 'mode-invalid',
};

function refusalOf(issue: z.core.$ZodIssue): JourneyRefusal {
  const path = issue.path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  if (issue.code === 'unrecognized_keys') return { code: 'field-unknown', path, message: issue.message };
  return { code: CODE_OF_FIELD[String(issue.path[0])] ?? 'query-invalid', path, message: issue.message };
}
