/**
 * `tidemark query`: asks `POST /v1/query` one question and prints the answer as a table or as JSON.
 */
import type { Statistic } from '../../core/event/measure.ts';
import { LIMITS } from '../../core/limits.ts';
import type { Interval } from '../../core/query/question/interval.ts';
import type { Answer } from '../../wire/query.ts';
import { type Args, type Command, SERVER_OPTIONS, TENANT_OPTION, UsageError } from '../kit/command.ts';
import {
  type AnswerMeta,
  metaLine,
  QUESTION_OPTIONS,
  questionFields,
  TIME_NOTE,
  textsLines,
  zoneOf,
} from '../kit/question.ts';
import { formatNumber, renderTable, type TableCell } from '../kit/table.ts';
import { openTenant } from '../kit/tenant.ts';
import { dayIn, minuteIn } from '../kit/times.ts';

const STATISTICS: readonly Statistic[] = ['sum', 'avg', 'min', 'max', 'p50', 'p90', 'p95', 'p99'];
const INTERVALS: readonly Interval[] = ['minute', 'hour', 'day', 'week', 'month'];

type Series = Answer['series'][number];

/** The answer of one question. A server of another version may leave out the points of a question without an interval. */
export interface QueryAnswer {
  readonly series: readonly (Omit<Series, 'points'> & Partial<Pick<Series, 'points'>>)[];
  readonly meta: AnswerMeta;
}

export const query: Command = {
  name: 'query',
  summary: 'Ask for counts, people, sums, averages or quantiles',
  usage: '[--measure M] [--events A,B] [--where JSON] [--group-by P,P] [--interval I] [--from T] [--to T]',
  notes: `
M is count (default), users, or distinct|${STATISTICS.join('|')}:<property>.
${TIME_NOTE}
P is a property of the event, context.*, or a column such as country, device, path or utm_source.`,
  examples: [
    'query --measure users --interval day --from 30d',
    'query --measure sum:value --events Purchase --group-by Country --top 10',
    'query --where \'{"property":"value","op":"gte","value":100}\' --from 2011-01-01 --to 2011-02-01',
  ],
  options: {
    measure: { type: 'string', value: 'M', help: 'the measure' },
    events: { type: 'string', value: 'A,B', help: 'only these events' },
    'group-by': { type: 'string', value: 'P,P', help: 'one series for each value' },
    interval: { type: 'string', value: 'I', help: 'minute, hour, day, week or month' },
    exact: { type: 'boolean', help: 'count people exactly, from the events themselves when necessary' },
    'text-numbers': { type: 'boolean', help: 'count texts that are numbers, such as "10", in a statistic' },
    top: {
      type: 'string',
      value: 'N',
      help: `the N largest series (default ${LIMITS.queryTopDefault}, at most ${LIMITS.queryTopMax})`,
    },
    ...QUESTION_OPTIONS,
    ...TENANT_OPTION,
    ...SERVER_OPTIONS,
  },
  positionalsMax: 0,
  async run(args, io) {
    const nowMs = Date.now();
    // A wrong command line is refused before the server is asked for the zone of the tenant.
    questionOf(args, nowMs);
    const { client, timezone } = await openTenant(args, io, 'read');
    const answer = await client.post<QueryAnswer>('/v1/query', questionOf(args, nowMs, timezone));
    if (args.flag('json')) io.out(JSON.stringify(answer, null, 2));
    else for (const line of renderAnswer(answer, shownAs(args, timezone))) io.out(line);
    return 0;
  },
};

interface Shown {
  readonly measure: string;
  readonly interval: string | undefined;
  /** The zone of the times shown; undefined when it is not known, and instants are shown as the server sends them. */
  readonly zone: string | undefined;
}

function shownAs(args: Args, timezone: string | undefined): Shown {
  const zone = timezone === undefined ? args.text('timezone') : zoneOf(args, timezone);
  return { measure: args.text('measure') ?? 'count', interval: args.text('interval'), zone };
}

export function questionOf(args: Args, nowMs: number, tenantZone?: string): Record<string, unknown> {
  const interval = args.text('interval');
  if (interval !== undefined && !INTERVALS.some((known) => known === interval)) {
    throw new UsageError(`--interval takes ${INTERVALS.join(', ')}, not "${interval}"`);
  }
  const question = {
    measure: measureOf(args.text('measure') ?? 'count'),
    events: args.list('events'),
    groupBy: args.list('group-by'),
    interval,
    ...questionFields(args, nowMs, tenantZone),
    exact: args.flag('exact') || undefined,
    textNumbers: args.flag('text-numbers') || undefined,
    top: args.count('top', 1, LIMITS.queryTopMax),
  };
  return Object.fromEntries(Object.entries(question).filter(([, value]) => value !== undefined));
}

function measureOf(text: string): string | Record<string, string> {
  if (text === 'count' || text === 'users') return text;
  const [, name = '', property = ''] = /^(\w+):(.+)$/.exec(text) ?? [];
  if (name === 'distinct' || STATISTICS.some((known) => known === name)) return { [name]: property };
  throw new UsageError(`--measure takes count, users or distinct|${STATISTICS.join('|')}:<property>, not "${text}"`);
}

/** One line for each point, or for each series when it has no points; then the line of `meta`. */
function renderAnswer({ series, meta }: QueryAnswer, { measure, interval, zone }: Shown): string[] {
  const dimensions = [...new Set(series.flatMap(({ key }) => Object.keys(key)))];
  const hasPoints = series.some(({ points = [] }) => points.length > 0);
  const rows: TableCell[][] = series.flatMap(({ key, other, total, points }) => {
    const names = dimensions.map((dimension) => key[dimension] ?? (other ? '(other)' : '(none)'));
    return hasPoints
      ? (points ?? []).map(({ at, value }) => [timeShown(at, interval, zone), ...names, value])
      : [[...names, total]];
  });
  const header = [...(hasPoints ? ['at'] : []), ...dimensions, measure];
  const totals =
    hasPoints && series.length === 1
      ? [`total: ${typeof series[0]?.total === 'number' ? formatNumber(series[0].total) : '–'}`]
      : [];
  return [
    ...(rows.length > 0 ? renderTable(header, rows) : ['(no events)']),
    ...totals,
    metaLine(meta, zone),
    ...textsLines(meta),
  ];
}

/** The start of an interval as a person reads it: a date for days, weeks and months, else a date and a minute. */
function timeShown(at: string, interval: string | undefined, zone: string | undefined): string {
  const atMs = Date.parse(at);
  if (zone === undefined || Number.isNaN(atMs)) return at;
  return interval === 'hour' || interval === 'minute' ? minuteIn(zone, atMs) : dayIn(zone, atMs);
}
