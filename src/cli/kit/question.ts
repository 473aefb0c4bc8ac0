/**
 * Question: what the questions of the command line have in common: their range and filter, and the line of an answer's `meta`.
 */
import type { Args, Options } from './command.ts';
import { DAY_MS, isoDay, parseTime } from './times.ts';

export const QUESTION_OPTIONS = {
  where: {
    type: 'string',
    value: 'JSON',
    help: 'condition: {"property","op","value"}, {"and":[…]}, {"or":[…]}, {"not":…}',
  },
  from: { type: 'string', value: 'T', help: 'start, inclusive' },
  to: { type: 'string', value: 'T', help: 'end, exclusive' },
  timezone: { type: 'string', value: 'ZONE', help: 'IANA zone of days, weeks and months (default: the tenant’s)' },
  json: { type: 'boolean', help: 'the answer as it came' },
} as const satisfies Options;

export const TIME_NOTE =
  'T: a date, an ISO instant, today, now, or a span back from now (24h, 7d). Default: the last 7 days, today included.';

/** The fields of the wire that `QUESTION_OPTIONS` stand for; undefined: not said. */
export function questionFields(args: Args, nowMs: number): Record<string, unknown> {
  return {
    where: args.json('where'),
    from: parseTime(args.text('from') ?? isoDay(nowMs - 6 * DAY_MS), 'from', nowMs),
    to: parseTime(args.text('to') ?? isoDay(nowMs + DAY_MS), 'to', nowMs),
    timezone: args.text('timezone'),
  };
}

/** Of every answer. */
export interface AnswerMeta {
  readonly asOf?: string | null;
  readonly complete?: boolean;
  readonly pending?: unknown;
  readonly estimated?: unknown;
  readonly elapsedMs?: number;
}

export function metaLine({ asOf, complete, pending, estimated, elapsedMs }: AnswerMeta): string {
  const parts = [
    asOf ? `as of ${asOf}` : 'no events yet',
    complete ? 'complete' : 'not complete yet',
    ...(isSome(pending) ? [`pending: ${JSON.stringify(pending)}`] : []),
    ...(estimated ? ['estimated'] : []),
    ...(elapsedMs === undefined ? [] : [`${Math.round(elapsedMs)} ms`]),
  ];
  return `(${parts.join(', ')})`;
}

function isSome(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return typeof value === 'object' && value !== null ? Object.values(value).some(isSome) : Boolean(value);
}
