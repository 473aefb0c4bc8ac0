/**
 * `tidemark funnel`: one funnel over events by their names, `POST /v1/query/funnel`, as a table or as JSON.
 */
import { Client } from '../kit/client.ts';
import { type Args, type Command, commaSeparated, SERVER_OPTIONS, TENANT_OPTION, UsageError } from '../kit/command.ts';
import { findServer } from '../kit/keys.ts';
import { type AnswerMeta, metaLine, QUESTION_OPTIONS, questionFields, TIME_NOTE } from '../kit/question.ts';
import { renderTable, type TableCell } from '../kit/table.ts';
import { parseSpan } from '../kit/times.ts';

/** As LIMITS.funnelStepsMax, which the server checks; here it says how many words there may be. */
const STEPS_MAX = 20;
/** As LIMITS.journeyTopMax. */
const TOP_MAX = 100;

interface FunnelStep {
  readonly name: string;
  readonly people: number;
  readonly ofFirst: number | null;
  readonly ofPrevious: number | null;
  readonly dropped: number;
  readonly secondsToConvert?: { readonly p50: number | null };
}
interface FunnelAnswer {
  readonly steps: readonly FunnelStep[];
  readonly groups?: readonly {
    readonly key: Readonly<Record<string, string | null>>;
    readonly other?: boolean;
    readonly steps: readonly FunnelStep[];
  }[];
  readonly meta: AnswerMeta;
}

export const funnel: Command = {
  name: 'funnel',
  summary: 'How many people get from step to step, and how soon',
  usage: 'EVENT EVENT… [--within SPAN] [--order any] [--anchor first] [--ties non-strict] [--group-by P]',
  notes: `
A step is an event's name; several names with commas between them are any of these. Two to ${STEPS_MAX} steps.
${TIME_NOTE}
Conditions of single steps, exclusions and the people of a step: POST /v1/query/funnel.`,
  examples: [
    'funnel Viewed Added,Saved Bought --within 24h --from 30d',
    'funnel "Signed Up" Purchase --within 7d --group-by country --top 5',
  ],
  options: {
    within: { type: 'string', value: 'SPAN', help: 'from the first step to the last, as 90m, 24h, 7d (default 7d)' },
    order: { type: 'string', value: 'O', help: 'in-order (default) or any' },
    anchor: { type: 'string', value: 'A', help: 'best (default), or first: only a person’s first first step begins' },
    ties: { type: 'string', value: 'T', help: 'strict (default), or non-strict: steps at one instant may follow' },
    'group-by': { type: 'string', value: 'P', help: 'one funnel more for each value of the property' },
    top: { type: 'string', value: 'N', help: `the N greatest groups (default 10, at most ${TOP_MAX})` },
    ...QUESTION_OPTIONS,
    ...TENANT_OPTION,
    ...SERVER_OPTIONS,
  },
  positionalsMax: STEPS_MAX,
  async run(args, io) {
    const question = questionOf(args, Date.now());
    const server = findServer(args, io);
    const client = new Client({ url: server.url, key: server.mustKey('read') });
    const answer = await client.post<FunnelAnswer>('/v1/query/funnel', question);
    if (args.flag('json')) io.out(JSON.stringify(answer, null, 2));
    else for (const line of renderFunnel(answer)) io.out(line);
    return 0;
  },
};

function questionOf(args: Args, nowMs: number): Record<string, unknown> {
  if (args.positionals.length < 2) throw new UsageError('a funnel has two steps at the least: name their events');
  const question = {
    steps: args.positionals.map(stepOf),
    windowSeconds: parseSpan(args.text('within') ?? '7d', 'within') / 1_000,
    order: args.text('order'),
    anchor: args.text('anchor'),
    ties: args.text('ties'),
    groupBy: args.text('group-by'),
    top: args.count('top', 1, TOP_MAX),
    ...questionFields(args, nowMs),
  };
  return Object.fromEntries(Object.entries(question).filter(([, value]) => value !== undefined));
}

function stepOf(text: string): { event: string } | { events: string[] } {
  const names = commaSeparated(text);
  if (names.length === 0) throw new UsageError('a step has no name');
  return names.length === 1 ? { event: names[0]! } : { events: names };
}

/** The groups first, each a line a step; then everybody. */
function renderFunnel({ steps, groups, meta }: FunnelAnswer): string[] {
  const [dimension] = Object.keys(groups?.[0]?.key ?? {});
  const rowsOf = (group: readonly string[], of: readonly FunnelStep[]): TableCell[][] =>
    of.map(({ name, people, ofFirst, ofPrevious, dropped, secondsToConvert }, index) => [
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
    ...(groups ?? []).flatMap(({ key, other, steps: of }) =>
      rowsOf([Object.values(key)[0] ?? (other ? '(other)' : '(none)')], of),
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
