/**
 * Question: the options that all questions of the command line share (range, zone and filter), and the line that shows
 * an answer's `meta`.
 */
import { DAY_MS } from '../../core/limits.ts';
import type { QueryMeta } from '../../wire/meta.ts';
import type { Args, Options } from './command.ts';
import { isoDay, parseTime } from './times.ts';

export const QUESTION_OPTIONS = {
  where: {
    type: 'string',
    value: 'JSON',
    help: 'condition: {"property","op","value"}, {"and":[…]}, {"or":[…]}, {"not":…}',
  },
  from: { type: 'string', value: 'T', help: 'start, inclusive' },
  to: { type: 'string', value: 'T', help: 'end, exclusive' },
  timezone: { type: 'string', value: 'ZONE', help: 'IANA zone of days, weeks and months (default: the tenant’s)' },
  json: { type: 'boolean', help: 'print the answer of the server as it is' },
} as const satisfies Options;

export const TIME_NOTE =
  'T is a date, an ISO instant, today, now, or a span back from now (24h, 7d). Default: the last 7 days, with today.';

/** The fields of a question that `QUESTION_OPTIONS` set; undefined when the option is absent. */
export function questionFields(args: Args, nowMs: number): Record<string, unknown> {
  return {
    where: args.json('where'),
    from: parseTime(args.text('from') ?? isoDay(nowMs - 6 * DAY_MS), 'from', nowMs),
    to: parseTime(args.text('to') ?? isoDay(nowMs + DAY_MS), 'to', nowMs),
    timezone: args.text('timezone'),
  };
}

/** The `meta` of an answer. A server of another version may leave out members or send other forms of `pending`. */
export type AnswerMeta = Partial<Pick<QueryMeta, 'complete' | 'estimated' | 'elapsedMs'>> & {
  readonly asOf?: QueryMeta['asOf'] | null;
  readonly pending?: unknown;
};

export function metaLine({ asOf, complete, pending, estimated, elapsedMs }: AnswerMeta): string {
  const parts = [
    asOf ? `as of ${asOf}` : 'no events yet',
    complete ? 'complete' : 'not complete yet',
    ...(hasContent(pending) ? [`pending: ${JSON.stringify(pending)}`] : []),
    ...(estimated ? ['estimated'] : []),
    ...(elapsedMs === undefined ? [] : [`${Math.round(elapsedMs)} ms`]),
  ];
  return `(${parts.join(', ')})`;
}

/** Whether the value holds anything but zeros and blanks; other versions of the server send more than a number. */
function hasContent(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return typeof value === 'object' && value !== null ? Object.values(value).some(hasContent) : Boolean(value);
}
