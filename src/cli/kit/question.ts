/**
 * Question: the options that all questions of the command line share (range, zone and filter), and the line that shows
 * an answer's `meta`.
 */
import type { QueryMeta } from '../../wire/meta.ts';
import { type Args, type Options, UsageError } from './command.ts';
import { formatNumber } from './table.ts';
import { dayFromToday, parseTime, parseZone } from './times.ts';

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
  'T is a date, an ISO instant, today, yesterday, now, or a span back from now (24h, 7d, 4w). Dates and days are those of\n--timezone. Default: the last 7 days, with today.';

/** The fields of a question that `QUESTION_OPTIONS` set; undefined when the option is absent. */
export function questionFields(args: Args, nowMs: number, tenantZone = 'UTC'): Record<string, unknown> {
  return { where: args.json('where'), ...rangeOf(args, nowMs, tenantZone), timezone: args.text('timezone') };
}

/** The range of `--from` and `--to`, whose days are those of `--timezone`. Default: the last 7 days, with today. */
function rangeOf(args: Args, nowMs: number, tenantZone: string): { from: string; to: string } {
  const zone = zoneOf(args, tenantZone);
  const from = parseTime(args.text('from') ?? dayFromToday(-6, nowMs, zone), 'from', nowMs, zone);
  const to = parseTime(args.text('to') ?? 'tomorrow', 'to', nowMs, zone);
  mustBeRange(from, to);
  return { from, to };
}

/** Refuses a range without length. A date and an instant are compared as if the date were one of UTC. */
export function mustBeRange(from: string, to: string): void {
  if (from.length !== to.length || Date.parse(from) < Date.parse(to)) return;
  const hint = from === to && from.length === 10 ? '; --to is not part of the range: give the day after the last' : '';
  throw new UsageError(`--from (${from}) must be before --to (${to})${hint}`);
}

/** The zone of the question: the option's, else the tenant's. */
export function zoneOf(args: Args, tenantZone: string): string {
  const given = args.text('timezone');
  return given === undefined ? tenantZone : parseZone(given);
}

/** The `meta` of an answer. A server of another version may leave out members or send other forms of `pending`. */
export type AnswerMeta = Partial<Pick<QueryMeta, 'complete' | 'estimated' | 'elapsedMs' | 'values'>> & {
  readonly asOf?: QueryMeta['asOf'] | null;
  readonly pending?: unknown;
};

/** `zone` is the zone of the days shown; undefined when it is not known. */
export function metaLine({ asOf, complete, pending, estimated, elapsedMs }: AnswerMeta, zone?: string): string {
  const parts = [
    asOf ? `as of ${asOf}` : 'no events yet',
    complete ? 'complete' : 'not complete yet',
    ...(zone === undefined ? [] : [`days of ${zone}`]),
    ...(hasContent(pending) ? [`pending: ${JSON.stringify(pending)}`] : []),
    ...(estimated ? ['estimated'] : []),
    ...(elapsedMs === undefined ? [] : [`${Math.round(elapsedMs)} ms`]),
  ];
  return `(${parts.join(', ')})`;
}

/** A note when the statistic of the answer left texts out; empty when there were none or when nothing tells. */
export function textsLines({ values }: AnswerMeta): string[] {
  if (!values?.texts) return [];
  const { property, texts, events } = values;
  return [
    `${formatNumber(texts)} of ${formatNumber(events)} events have a text in ${property}, which does not count; ` +
      '--text-numbers counts texts that are numbers.',
  ];
}

/** Whether the value holds anything but zeros and blanks; other versions of the server send more than a number. */
function hasContent(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return typeof value === 'object' && value !== null ? Object.values(value).some(hasContent) : Boolean(value);
}
