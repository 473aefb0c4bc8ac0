/**
 * `tidemark simulate`: sends invented traffic from a seed as clients would: out of order, and some of it twice.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { DAY_MS, HOUR_MS, LIMITS } from '../../core/limits.ts';
import { type Accounts, describeAccounts, newAccounts, sendBatch } from '../kit/batches.ts';
import type { Client } from '../kit/client.ts';
import { type Args, type Command, type Io, SERVER_OPTIONS, TENANT_OPTION, UsageError } from '../kit/command.ts';
import { startProgress } from '../kit/progress.ts';
import { formatNumber } from '../kit/table.ts';
import { openTenant } from '../kit/tenant.ts';
import { type Arrivals, arrivals, type WorldOptions } from '../simulate/world.ts';

const BATCH_EVENTS = 100;
const IN_FLIGHT = 4;
const PEOPLE_DEFAULT = 500;
const DAYS_DEFAULT = 3;
const EVENTS_DEFAULT = 10_000;

export const simulate: Command = {
  name: 'simulate',
  summary: 'Send invented traffic with people, visits, disorder and duplicates',
  usage: '[--seed S] [--people N] [--days N] [--events N] [--rate N]',
  interrupted: 'What was acknowledged is counted. With the same --seed and sizes the command sends the rest.',
  notes: `
The same seed and sizes give the same events with the same ids, so a second run sends duplicates alone and changes no
answer; the server remembers ids for ${LIMITS.dedupeHorizonMs / DAY_MS} days. The times of the events lie in the days
before --until. The exit code is 1 unless every event was acknowledged.`,
  examples: [
    'simulate --seed 7',
    'simulate --seed 7 --people 2000 --days 7 --events 100000',
    'simulate --rate 50 --events 5000',
  ],
  options: {
    seed: { type: 'string', value: 'S', help: 'number or text (default: random; the summary shows it)' },
    people: { type: 'string', value: 'N', help: `number of people (default ${PEOPLE_DEFAULT})` },
    days: { type: 'string', value: 'N', help: `number of days before --until (default ${DAYS_DEFAULT})` },
    events: { type: 'string', value: 'N', help: `number of events, without copies (default ${EVENTS_DEFAULT})` },
    rate: { type: 'string', value: 'N', help: 'at most N events a second (default: as fast as the server takes them)' },
    until: { type: 'string', value: 'TIME', help: 'end of the days, ISO 8601 (default: the start of this hour)' },
    json: { type: 'boolean', help: 'print the summary as JSON' },
    ...TENANT_OPTION,
    ...SERVER_OPTIONS,
  },
  positionalsMax: 0,
  async run(args, io) {
    const options = worldOf(args, Date.now());
    const rate = args.count('rate', 1, 1_000_000);
    const { client } = await openTenant(args, io, 'write');
    const world = arrivals(options);
    const startedAtMs = Date.now();
    const accounts = await sendAll(client, world, rate, io);
    const seconds = (Date.now() - startedAtMs) / 1_000;
    const summary = summaryOf(options, world, accounts, seconds);
    for (const line of args.flag('json') ? [JSON.stringify(summary, null, 2)] : render(summary, accounts)) io.out(line);
    for (const { id, code, message } of accounts.errors.slice(0, 5)) io.note(`  ${id}: ${code}: ${message}`);
    return accounts.accepted + accounts.duplicate === world.events.length ? 0 : 1;
  },
};

function worldOf(args: Args, nowMs: number): WorldOptions {
  const until = args.text('until');
  const untilMs = until === undefined ? nowMs - (nowMs % HOUR_MS) : Date.parse(until);
  if (Number.isNaN(untilMs)) throw new UsageError(`--until takes an ISO 8601 instant, not "${until}"`);
  return {
    seed: args.text('seed') ?? String(Math.floor(Math.random() * 1e9)),
    peopleCount: args.count('people', 1, 1_000_000) ?? PEOPLE_DEFAULT,
    days: args.count('days', 1, 365) ?? DAYS_DEFAULT,
    eventCount: args.count('events', 1, 10_000_000) ?? EVENTS_DEFAULT,
    untilMs,
  };
}

/** Sends a few batches at once, in order of arrival. With a rate, no batch starts before its time. */
async function sendAll(client: Client, { events }: Arrivals, rate: number | undefined, io: Io): Promise<Accounts> {
  const accounts = newAccounts();
  const progress = startProgress(io, 'Sending', events.length);
  const batchSize = rate === undefined ? BATCH_EVENTS : Math.max(1, Math.min(BATCH_EVENTS, Math.ceil(rate / 10)));
  const startedAtMs = Date.now();
  let next = 0;
  const sendNext = async () => {
    while (next < events.length) {
      const offset = next;
      next += batchSize;
      if (rate !== undefined) await sleep(Math.max(0, startedAtMs + (offset / rate) * 1_000 - Date.now()));
      await sendBatch(client, events.slice(offset, offset + batchSize), accounts, offset);
      progress.update(
        accounts.received,
        `${formatNumber(accounts.received)} of ${formatNumber(events.length)} acknowledged`,
      );
    }
  };
  try {
    await Promise.all(Array.from({ length: IN_FLIGHT }, sendNext));
  } finally {
    progress.end();
  }
  return accounts;
}

function summaryOf(options: WorldOptions, world: Arrivals, accounts: Accounts, seconds: number) {
  const { errors: _, ...counts } = accounts;
  return {
    seed: options.seed,
    until: new Date(options.untilMs).toISOString(),
    events: options.eventCount,
    copies: world.duplicateCount,
    outOfOrder: world.disorderedCount,
    ...counts,
    acked: counts.accepted + counts.duplicate,
    seconds: Math.round(seconds * 10) / 10,
    eventsPerSecond: Math.round(counts.received / Math.max(seconds, 0.001)),
  };
}

function render(summary: ReturnType<typeof summaryOf>, accounts: Accounts): string[] {
  const { seed, until, events, copies, outOfOrder, acked, seconds, eventsPerSecond } = summary;
  const n = formatNumber;
  return [
    `Seed ${seed}, until ${until}: ${n(events)} events and ${n(copies)} copies, ${n(outOfOrder)} of them out of order`,
    describeAccounts(accounts),
    `${n(acked)} acked in ${seconds} s (${n(eventsPerSecond)} a second)`,
  ];
}
