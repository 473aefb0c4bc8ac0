/**
 * `tidemark verify`: the accounts of a tenant, through the public API: nothing lost, nothing counted twice.
 *
 * - Every shard answers, and nothing waits longer than it should.
 * - received = accepted + duplicate + quarantined + rejected, over all requests whose flushes are stored.
 * - The flushes of every shard tile its log: no gap, no overlap.
 * - Each sealed day: live − sealed is explained by duplicates, late and imported events; the rest is 0.
 * - Each clean sealed day: a query counts just what its seal counted.
 */
import { Client } from '../client.ts';
import { type Command, SERVER_OPTIONS, TENANT_OPTION } from '../command.ts';
import { findServer } from '../keys.ts';
import { readSeals, type SealedDay } from '../seals.ts';
import { readStatus, type Status } from '../status.ts';
import { formatNumber as n } from '../table.ts';
import { DAY_MS, isoDay } from '../times.ts';
import type { QueryAnswer } from './query.ts';

export interface Check {
  readonly name: string;
  /** Null: there is nothing to check yet. */
  readonly ok: boolean | null;
  readonly found: string;
}

/** The range one question may ask for. */
const QUERY_DAYS_MAX = 400;
const NAMED_MAX = 5;
/** The server answers for at most 4,000 days. */
const SEALS_DAYS_MAX = 3_900;

export const verify: Command = {
  name: 'verify',
  summary: 'Check the accounts: everything received is in exactly one place',
  usage: '[--tenant ID]',
  notes: 'Reads only. Ends with 1 when an account does not balance.',
  examples: ['verify', 'verify --tenant shop --json'],
  options: { json: { type: 'boolean', help: 'the checks as JSON' }, ...TENANT_OPTION, ...SERVER_OPTIONS },
  positionalsMax: 0,
  async run(args, io) {
    const server = findServer(args, io);
    const client = new Client({ url: server.url, key: server.mustKey('read') });
    const [status, { days }] = await Promise.all([readStatus(client), readSeals(client, everBefore(Date.now()))]);
    const checks = [
      checkShards(status),
      checkTally(status.stored),
      checkTiling(status.stored),
      checkDrift(days),
      await checkAnswers(client, days),
    ];
    if (args.flag('json')) io.out(JSON.stringify(checks, null, 2));
    else
      for (const { name, ok, found } of checks)
        io.out(`${ok === null ? '–   ' : ok ? 'ok  ' : 'FAIL'}  ${name.padEnd(8)}  ${found}`);
    return checks.some(({ ok }) => ok === false) ? 1 : 0;
  },
};

export function checkShards({ shards, tailEvents }: Status): Check {
  const silent = shards.filter(({ reachable }) => !reachable).map(({ region, index }) => `${region}/${index}`);
  const found =
    silent.length > 0
      ? `${silent.length} of ${shards.length} do not answer: ${name(silent)}`
      : `${shards.length} answer, ${n(tailEvents)} events not stored yet`;
  return { name: 'shards', ok: silent.length === 0, found };
}

export function checkTally({ tally }: Status['stored']): Check {
  const { received, accepted, duplicate, quarantined, rejected } = tally;
  const sum = accepted + duplicate + quarantined + rejected;
  const parts = `${n(accepted)} accepted + ${n(duplicate)} duplicate + ${n(quarantined)} quarantined + ${n(rejected)} rejected`;
  const ok = received === sum;
  return { name: 'accounts', ok, found: `${n(received)} received and stored ${ok ? '=' : '≠'} ${parts}` };
}

export function checkTiling({ flushes, gaps }: Status['stored']): Check {
  const found = gaps === 0 ? `${n(flushes)} tile the logs` : `${n(gaps)} of ${n(flushes)} leave a gap or overlap`;
  return { name: 'flushes', ok: gaps === 0, found };
}

export function checkDrift(days: readonly SealedDay[]): Check {
  const sealed = days.filter(({ sealedAt }) => sealedAt !== null);
  const off = sealed.filter(({ drift }) => drift.rest !== 0);
  const total = (cause: string) => sealed.reduce((sum, { drift }) => sum + (drift[cause] ?? 0), 0);
  const causes = `${n(total('duplicates'))} duplicates, ${n(total('beyond'))} too late for their windows, ${n(total('imported'))} imported`;
  const found =
    off.length > 0
      ? `${off.length} days with an unexplained rest: ${name(off.map(({ day, drift }) => `${day} (${drift.rest})`))}`
      : `${n(sealed.length)} sealed days, all explained: ${causes}`;
  return { name: 'drift', ok: off.length === 0, found };
}

/** One question for as many days as one may ask for, the latest. */
async function checkAnswers(client: Client, days: readonly SealedDay[]): Promise<Check> {
  const clean = days
    .filter(({ sealedAt, dirty }) => sealedAt !== null && !dirty)
    .sort((a, b) => a.day.localeCompare(b.day));
  const last = clean.at(-1);
  if (!last) return { name: 'answers', ok: null, found: 'no day is sealed yet' };
  const endMs = Date.parse(last.day) + DAY_MS;
  const fromMs = Math.max(Date.parse(clean[0]?.day ?? last.day), endMs - QUERY_DAYS_MAX * DAY_MS);
  const range = { from: isoDay(fromMs), to: isoDay(endMs), timezone: 'UTC' };
  const answer = await client.post<QueryAnswer>('/v1/query', { measure: 'count', interval: 'day', ...range });
  const counted = new Map(answer.series[0]?.points?.map(({ at, value }) => [at.slice(0, 10), value ?? 0]));
  return compareDays(
    clean.filter(({ day }) => day >= range.from),
    counted,
  );
}

export function compareDays(days: readonly SealedDay[], counted: ReadonlyMap<string, number>): Check {
  const off = days.filter(({ day, events }) => (counted.get(day) ?? 0) !== events);
  const total = days.reduce((sum, { events }) => sum + events, 0);
  const found =
    off.length > 0
      ? `${off.length} days where query and seal differ: ${name(off.map(({ day, events }) => `${day} (${counted.get(day) ?? 0} ≠ ${events})`))}`
      : `queries count what ${n(days.length)} seals counted: ${n(total)} events`;
  return { name: 'answers', ok: off.length === 0, found };
}

/** Days of events may lie back as far as that, and some ahead of the clock. */
function everBefore(nowMs: number): { readonly from: string; readonly to: string } {
  return { from: isoDay(nowMs - SEALS_DAYS_MAX * DAY_MS), to: isoDay(nowMs + DAY_MS) };
}

function name(things: readonly string[]): string {
  return things.slice(0, NAMED_MAX).join(', ') + (things.length > NAMED_MAX ? ' …' : '');
}
