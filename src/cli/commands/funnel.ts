/**
 * `tidemark funnel`: asks `POST /v1/query/funnel` for one funnel over events by their names, and prints it as a table
 * or as JSON.
 */
import { LIMITS } from '../../core/limits.ts';
import type { JourneyAnswer } from '../../wire/journeys.ts';
import { type Args, type Command, commaSeparated, SERVER_OPTIONS, TENANT_OPTION, UsageError } from '../kit/command.ts';
import { type AnswerMeta, metaLine, QUESTION_OPTIONS, questionFields, TIME_NOTE } from '../kit/question.ts';
import { renderTable, type TableCell } from '../kit/table.ts';
import { openTenant } from '../kit/tenant.ts';
import { parseSpan } from '../kit/times.ts';

interface FunnelAnswer extends Pick<JourneyAnswer<'funnel'>, 'steps' | 'groups'> {
  readonly meta: AnswerMeta;
}
type FunnelStep = FunnelAnswer['steps'][number];

export const funnel: Command = {
  name: 'funnel',
  summary: 'Show how many people get from step to step, and how soon',
  usage: 'EVENT EVENT… [--within SPAN] [--order any] [--anchor first] [--ties non-strict] [--group-by P]',
  notes: `
A step is the name of an event; names with commas between them stand for any of these events. A funnel has from two to
${LIMITS.funnelStepsMax} steps.
${TIME_NOTE}
POST /v1/query/funnel can do more: conditions of single steps, exclusions and the people of a step.`,
  examples: [
    'funnel Viewed Added,Saved Bought --within 24h --from 30d',
    'funnel "Signed Up" Purchase --within 7d --group-by country --top 5',
  ],
  options: {
    within: {
      type: 'string',
      value: 'SPAN',
      help: 'time from the first step to the last, such as 90m, 24h or 7d (default 7d)',
    },
    order: { type: 'string', value: 'O', help: 'in-order (default) or any' },
    anchor: {
      type: 'string',
      value: 'A',
      help: 'best (default), or first: a person starts at the earliest event of the first step',
    },
    ties: { type: 'string', value: 'T', help: 'non-strict (default): two steps may be at the same instant; or strict' },
    'group-by': { type: 'string', value: 'P', help: 'adds a funnel for each value of the property' },
    top: {
      type: 'string',
      value: 'N',
      help: `the N largest groups (default ${LIMITS.journeyTopDefault}, at most ${LIMITS.journeyTopMax})`,
    },
    ...QUESTION_OPTIONS,
    ...TENANT_OPTION,
    ...SERVER_OPTIONS,
  },
  positionalsMax: LIMITS.funnelStepsMax,
  async run(args, io) {
    const nowMs = Date.now();
    questionOf(args, nowMs);
    const { client, timezone } = await openTenant(args, io, 'read');
    const answer = await client.post<FunnelAnswer>('/v1/query/funnel', questionOf(args, nowMs, timezone));
    if (args.flag('json')) io.out(JSON.stringify(answer, null, 2));
    else for (const line of renderFunnel(answer)) io.out(line);
    return 0;
  },
};

function questionOf(args: Args, nowMs: number, tenantZone?: string): Record<string, unknown> {
  if (args.positionals.length < 2) throw new UsageError('a funnel needs at least two steps: name their events');
  const question = {
    steps: args.positionals.map(stepOf),
    windowSeconds: parseSpan(args.text('within') ?? '7d', 'within') / 1_000,
    order: args.text('order'),
    anchor: args.text('anchor'),
    ties: args.text('ties'),
    groupBy: args.text('group-by'),
    top: args.count('top', 1, LIMITS.journeyTopMax),
    ...questionFields(args, nowMs, tenantZone),
  };
  return Object.fromEntries(Object.entries(question).filter(([, value]) => value !== undefined));
}

function stepOf(text: string): { event: string } | { events: string[] } {
  const names = commaSeparated(text);
  if (names.length === 0) throw new UsageError('a step has no name');
  return names.length === 1 ? { event: names[0]! } : { events: names };
}

/** The rows of each group, one for each step, then the rows of all people. */
function renderFunnel({ steps, groups, meta }: FunnelAnswer): string[] {
  const [dimension] = Object.keys(groups?.[0]?.key ?? {});
  const rowsOf = (group: readonly string[], groupSteps: readonly FunnelStep[]): TableCell[][] =>
    groupSteps.map(({ name, people, ofFirst, ofPrevious, dropped, secondsToConvert }, index) => [
      ...group,
      name,
      people,
      percent(ofFirst),
      index === 0 ? null : percent(ofPrevious),
      index === 0 ? null : dropped,
      duration(secondsToConvert?.p50),
    ]);
  const header = [
    ...(dimension ? [dimension] : []),
    'step',
    'people',
    'of first',
    'of previous',
    'dropped',
    'median time',
  ];
  const rows = [
    ...(groups ?? []).flatMap(({ key, other, steps: groupSteps }) =>
      rowsOf([Object.values(key)[0] ?? (other ? '(other)' : '(none)')], groupSteps),
    ),
    ...rowsOf(dimension ? ['(all)'] : [], steps),
  ];
  return [...renderTable(header, rows), metaLine(meta)];
}

function percent(share: number | null): string | null {
  return share === null ? null : `${(100 * share).toFixed(1)} %`;
}

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
] as const;

function duration(seconds: number | null | undefined): string | null {
  if (seconds === null || seconds === undefined) return null;
  for (const [unit, unitSeconds] of UNITS) {
    if (seconds >= unitSeconds) return `${(seconds / unitSeconds).toFixed(1)} ${unit}`;
  }
  return `${seconds.toFixed(1)} s`;
}
