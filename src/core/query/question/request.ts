/**
 * Request: a question as it is asked on the wire, and the same checked and resolved, ready to be planned.
 *
 * In: unknown JSON, the tenant's zone. Out: a Query whose bounds are instants, or a refusal with a stable code. Every
 * field is bounded and unknown fields are refused: a misspelt `gruopBy` must not be answered as if it were absent.
 */
import { z } from 'zod';
import { type AskedBots, askedBots } from '../../bots/asked-bots.ts';
import { BOTS } from '../../bots/bots.ts';
import { type Condition, conditionProperties, conditionSchema } from '../../event/condition.ts';
import type { StringColumn } from '../../event/event.ts';
import {
  type Measure,
  measureOfDistinct,
  measureOfNumber,
  measureSchema,
  type Statistic,
} from '../../event/measure.ts';
import { columnName, propertyColumns } from '../../event/property.ts';
import { DAY_MS, LIMITS } from '../../limits.ts';
import { jsonPointer } from '../../std/pointer.ts';
import { err, ok, type Result } from '../../std/result.ts';
import { bucketStarts, cutBuckets, INTERVAL_MS, INTERVALS, type Interval } from './interval.ts';
import { parseSeriesCursor, type RankedPlace } from './series-cursor.ts';
import { isTimezone, startOfDate } from './zone.ts';

/** The names of events and groups as questions mean them, whatever properties events have. */
const EVENT_NAME = columnName('event');
export const GROUP_ID = columnName('group_id');

const propertyName = z.string().min(1).max(LIMITS.nameLengthMax);

/** Field of every question. */
export const allowUnknownField = z
  .boolean()
  .default(false)
  .describe('Whether the question may name events and properties that no event has. Default: such a name is refused.');

/** Field of every question. */
export const botsField = z
  .enum(BOTS)
  .optional()
  .describe(
    'Whether events of bots count. Default: as the tenant chose (`PUT /v1/bots`); `include` where the question itself names ' +
      '`device` or `context.bot`.',
  );

/** The wire form of one question. */
export const querySchema = z.strictObject({
  measure: measureSchema,
  events: z
    .array(z.string().min(1).max(LIMITS.nameLengthMax))
    .min(1)
    .max(LIMITS.queryConditionsMax)
    .optional()
    .describe('Event names: an event with any of them is considered. Default: all events.'),
  where: conditionSchema.optional(),
  groupBy: z.array(propertyName).max(LIMITS.queryGroupByMax).default([]),
  interval: z.enum(INTERVALS).optional().describe('Length of the buckets of the points. Default: no points.'),
  from: z.string().max(40),
  to: z.string().max(40),
  timezone: z.string().min(1).max(64).optional().describe('IANA time zone. Default: the zone of the tenant.'),
  textNumbers: z
    .boolean()
    .default(false)
    .describe('Whether a number that was sent as a text, such as "10", counts as that number. Read from the events.'),
  exact: z.boolean().default(false).describe('Refuses estimates: reads events where cells are not exact.'),
  top: z
    .int()
    .min(1)
    .max(LIMITS.queryTopMax)
    .optional()
    .describe(
      'Number of series listed; the remainder is one more series, `other`. ' +
        `Default: ${LIMITS.queryTopDefault}, or fewer when so many series would have too many points.`,
    ),
  cursor: z
    .string()
    .max(LIMITS.queryCursorLengthMax)
    .optional()
    .describe('The `cursor` of an answer to the same question: lists the series that follow by rank.'),
  bots: botsField,
  allowUnknown: allowUnknownField,
});
export type QueryBody = z.input<typeof querySchema>;

/** A question, checked and resolved. */
export interface Query {
  readonly measure: Measure;
  /** The statistic and property of the measure; null for one that takes no numbers. */
  readonly number: { readonly statistic: Statistic; readonly property: string } | null;
  /** The property whose distinct values are counted; null for any other measure. */
  readonly distinct: string | null;
  /** `events` and `where` together, without bots when the question leaves them out. */
  readonly where: Condition | null;
  readonly bots: AskedBots;
  readonly groupBy: readonly string[];
  readonly interval: Interval | null;
  readonly startMs: number;
  readonly endMs: number;
  readonly timezone: string;
  /** True when a text that is a number counts as that number. */
  readonly countsTexts: boolean;
  /** True when estimates are refused: values that a sketch cannot tell exactly are read from the lake. */
  readonly exact: boolean;
  readonly top: number;
  /** The place behind which the ranking goes on; null for its beginning. */
  readonly after: RankedPlace | null;
  /** True when names are taken that no event has. */
  readonly allowUnknown: boolean;
  /** Starts of the buckets of the points; without an interval one bucket, the range itself. */
  readonly bucketStarts: readonly number[];
  /** Indexes of the buckets of which the range holds only a part; empty without an interval. */
  readonly cutBuckets: readonly number[];
}

export const QUERY_REFUSAL_CODES = [
  'query-invalid',
  'field-unknown',
  'measure-invalid',
  'events-invalid',
  'where-invalid',
  'group-by-invalid',
  'interval-unknown',
  'range-invalid',
  'range-inverted',
  'range-too-wide',
  'timezone-unknown',
  'exact-invalid',
  'top-invalid',
  'too-many-points',
  'cursor-invalid',
] as const;
export type QueryRefusalCode = (typeof QUERY_REFUSAL_CODES)[number];

export interface QueryRefusal {
  readonly code: QueryRefusalCode;
  /** JSON pointer into the question. */
  readonly path: string;
  /** Text for people: the value found and the value allowed. */
  readonly message: string;
}

/** Checks a question. `defaultTimezone` is the tenant's. */
export function parseQuery(body: unknown, defaultTimezone: string): Result<Query, QueryRefusal> {
  const parsed = querySchema.safeParse(body);
  if (!parsed.success) return err(refusalOf(parsed.error.issues[0]!));
  const {
    measure,
    events,
    where,
    groupBy,
    exact,
    textNumbers,
    allowUnknown,
    bots,
    interval = null,
    timezone = defaultTimezone,
  } = parsed.data;
  if (!isTimezone(timezone)) return refuse('timezone-unknown', '/timezone', `"${timezone}" is not an IANA time zone.`);
  if (new Set(groupBy).size < groupBy.length)
    return refuse('group-by-invalid', '/groupBy', 'A property is named twice.');
  const daysMax =
    interval === 'minute' || interval === 'hour' ? LIMITS.queryRangeDaysMax : LIMITS.queryLongRangeDaysMax;
  const range = parseRange(parsed.data.from, parsed.data.to, timezone, daysMax);
  if (!range.ok) return range;
  const { startMs, endMs } = range.value;
  const pointsMax = LIMITS.queryPointsMax;
  if (interval && (endMs - startMs) / INTERVAL_MS[interval] > pointsMax) {
    const pointCount = Math.ceil((endMs - startMs) / INTERVAL_MS[interval]);
    return refuse(
      'too-many-points',
      '/interval',
      `At most ${pointsMax} points an answer; this asks for ${pointCount}.`,
    );
  }
  const starts = interval ? bucketStarts(interval, timezone, startMs, endMs) : [startMs];
  // One row of points is reserved for the series of the groups beyond the top.
  const topMax = interval ? Math.max(1, Math.floor(pointsMax / starts.length) - 1) : LIMITS.queryTopMax;
  const { top = Math.min(LIMITS.queryTopDefault, topMax) } = parsed.data;
  if (groupBy.length > 0 && top > topMax) {
    const pointCount = (top + 1) * starts.length;
    return refuse(
      'too-many-points',
      '/top',
      `At most ${pointsMax} points an answer; this asks for up to ${pointCount}.`,
    );
  }
  const { cursor } = parsed.data;
  const after = cursor === undefined ? null : parseSeriesCursor(cursor, groupBy.length);
  if (cursor !== undefined && (after === null || groupBy.length === 0)) {
    const message = 'The cursor was not issued for this question. Start again without it.';
    return refuse('cursor-invalid', '/cursor', message);
  }
  const number = measureOfNumber(measure);
  const distinct = measureOfDistinct(measure);
  const names = [...groupBy, ...(where ? conditionProperties(where) : []), number?.property ?? '', distinct ?? ''];
  return ok({
    measure,
    number,
    distinct,
    ...askedBots(conjunction(events, where), { bots, names }),
    groupBy,
    interval,
    startMs,
    endMs,
    timezone,
    countsTexts: textNumbers && number !== null,
    exact,
    top,
    after,
    allowUnknown,
    bucketStarts: starts,
    cutBuckets: interval ? cutBuckets(interval, timezone, { starts, startMs, endMs }) : [],
  });
}

/** Returns one condition for the names, of which any matches, and `where`; null when there is neither. */
export function conjunction(events: readonly string[] | undefined, where: Condition | undefined): Condition | null {
  if (!events) return where ?? null;
  const eventCondition: Condition =
    events.length === 1
      ? { property: EVENT_NAME, op: 'eq', value: events[0]! }
      : { property: EVENT_NAME, op: 'in', value: [...events] };
  return where ? { and: [eventCondition, where] } : eventCondition;
}

/** Returns the instants of a range, which is neither empty nor wider than `daysMax`. */
export function parseRange(
  from: string,
  to: string,
  timezone: string,
  daysMax: number = LIMITS.queryRangeDaysMax,
): Result<{ startMs: number; endMs: number }, QueryRefusal> {
  const startMs = parseInstant(from, timezone);
  const endMs = parseInstant(to, timezone);
  const form = 'is neither a date (2024-03-31) nor a time with its zone (2024-03-31T12:00:00Z).';
  if (startMs === null) return refuse('range-invalid', '/from', `"${from}" ${form}`);
  if (endMs === null) return refuse('range-invalid', '/to', `"${to}" ${form}`);
  if (startMs >= endMs) return refuse('range-inverted', '/to', `The range ends (${to}) before it begins (${from}).`);
  const days = (endMs - startMs) / DAY_MS;
  // A local range may be an hour longer than its days.
  if (days > daysMax + 0.25) {
    const detail = `A range has at most ${daysMax} days here, this one ${Math.ceil(days)}.`;
    return refuse('range-too-wide', '/to', detail);
  }
  return ok({ startMs, endMs });
}

/** Bounds of the years taken: no event lies outside of them, and zones there have offsets of their own kind. */
const YEAR_MIN = 1980;
const YEAR_MAX = 2200;

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DATE_TIME = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/;

/**
 * Returns the instant of an ISO time with a zone, or of a date (its first instant in `timezone`); null when the text is
 * neither.
 */
export function parseInstant(text: string, timezone: string): number | null {
  const match = DATE.exec(text) ?? DATE_TIME.exec(text);
  if (!match) return null;
  const [year, month, day] = match.slice(1, 4).map(Number) as [number, number, number];
  if (year < YEAR_MIN || year > YEAR_MAX) return null;
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null;
  if (DATE.test(text)) return startOfDate(timezone, year, month - 1, day);
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? null : atMs;
}

const CODE_OF_FIELD: Readonly<Record<string, QueryRefusalCode>> = {
  measure: 'measure-invalid',
  events: 'events-invalid',
  where: 'where-invalid',
  groupBy: 'group-by-invalid',
  interval: 'interval-unknown',
  from: 'range-invalid',
  to: 'range-invalid',
  timezone: 'timezone-unknown',
  exact: 'exact-invalid',
  top: 'top-invalid',
  cursor: 'cursor-invalid',
};

function refusalOf(issue: z.core.$ZodIssue): QueryRefusal {
  const path = jsonPointer(issue.path);
  if (issue.path.length === 0) {
    const code = issue.code === 'unrecognized_keys' ? 'field-unknown' : 'query-invalid';
    return { code, path, message: issue.message };
  }
  return { code: CODE_OF_FIELD[String(issue.path[0])] ?? 'query-invalid', path, message: issue.message };
}

function refuse(code: QueryRefusalCode, path: string, message: string) {
  return err<QueryRefusal>({ code, path, message });
}

/** Returns the properties that a question reads. */
export function queryProperties({ groupBy, where, number, distinct, measure }: Query): string[] {
  const names = [...groupBy, ...(where ? conditionProperties(where) : [])];
  if (number) names.push(number.property);
  if (distinct !== null) names.push(distinct);
  if (measure === 'groups') names.push(GROUP_ID);
  return names;
}

/** Returns the text columns that a question reads. */
export function queryColumns(query: Query): Set<StringColumn> {
  return new Set(queryProperties(query).flatMap(propertyColumns));
}
