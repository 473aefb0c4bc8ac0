/**
 * `tidemark verify`: checks the accounts of a tenant through the public API: no event is lost, none is counted twice.
 *
 * - Every shard answers.
 * - received = accepted + duplicate + quarantined + rejected, over all requests whose flushes are stored.
 * - The flushes of every shard tile its log without a gap or an overlap.
 * - Duplicates, late, imported and expired events explain live − sealed of each sealed day; the rest is 0.
 * - A query counts as many events of each clean sealed day as its seal counted.
 */
import { DAY_MS, LIMITS } from '../../core/limits.ts';
import type { Client } from '../kit/client.ts';
import { type Command, SERVER_OPTIONS, TENANT_OPTION } from '../kit/command.ts';
import { type DayRange, readSeals, type SealedDay } from '../kit/seals.ts';
import { readStatus, type Status } from '../kit/status.ts';
import { formatNumber as n } from '../kit/table.ts';
import { openTenant } from '../kit/tenant.ts';
import { isoDay } from '../kit/times.ts';
import type { QueryAnswer } from './query.ts';

export interface Check {
  readonly name: string;
  /** null when there is nothing to check yet. */
  readonly ok: boolean | null;
  readonly found: string;
}

const NAMES_SHOWN_MAX = 5;

export const verify: Command = {
  name: 'verify',
  summary: 'Check that every received event is in exactly one place',
  usage: '[--tenant ID]',
  notes: 'The command changes nothing. The exit code is 1 when an account does not balance.',
  examples: ['verify', 'verify --tenant shop --json'],
  options: { json: { type: 'boolean', help: 'print the checks as JSON' }, ...TENANT_OPTION, ...SERVER_OPTIONS },
  positionalsMax: 0,
  async run(args, io) {
    const { client } = await openTenant(args, io, 'read');
    const status = await readStatus(client);
    const days = await readSealedDays(client, status.sealed);
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
      ? `${silent.length} of ${shards.length} do not answer: ${namesOf(silent)}`
      : `${shards.length} answer, ${n(tailEvents)} events are not stored yet`;
  return { name: 'shards', ok: silent.length === 0, found };
}

export function checkTally({ tally }: Status['stored']): Check {
  const { received, accepted, duplicate, quarantined, rejected, clamped = 0 } = tally;
  const sum = accepted + duplicate + quarantined + rejected;
  const parts = `${n(accepted)} accepted + ${n(duplicate)} duplicate + ${n(quarantined)} quarantined + ${n(rejected)} rejected`;
  const ok = received === sum;
  return {
    name: 'accounts',
    ok,
    found: `${n(received)} received and stored ${ok ? '=' : '≠'} ${parts}${describeClamped(clamped)}`,
  };
}

/** A server of another version may leave the count out. */
function describeClamped(clamped: number): string {
  return clamped === 0 ? '' : `; ${n(clamped)} dated in the future, clamped to five minutes after their receipt`;
}

export function checkTiling({ flushes, gaps }: Status['stored']): Check {
  const found = gaps === 0 ? `${n(flushes)} tile the logs` : `${n(gaps)} of ${n(flushes)} leave a gap or overlap`;
  return { name: 'flushes', ok: gaps === 0, found };
}

const COPIES_BY_SENDER = {
  serverCopies: 'from servers',
  importCopies: 'from imports',
  browserCopies: 'from browsers',
};

export function checkDrift(days: readonly SealedDay[]): Check {
  const sealed = days.filter(({ sealedAt }) => sealedAt !== null);
  const unexplained = sealed.filter(({ drift }) => drift.rest !== 0);
  const total = (cause: string) => sealed.reduce((sum, { drift }) => sum + (drift[cause] ?? 0), 0);
  const bySender = () => {
    const senders = Object.entries(COPIES_BY_SENDER).filter(([cause]) => total(cause) > 0);
    return senders.length === 0 ? '' : ` (${senders.map(([cause, name]) => `${n(total(cause))} ${name}`).join(', ')})`;
  };
  const causes = [
    `${n(total('duplicates'))} duplicates${bySender()}`,
    `${n(total('beyond'))} too late for their windows`,
    `${n(total('imported'))} imported`,
    `${n(total('expired'))} expired`,
  ].join(', ');
  const rests = unexplained.map(({ day, drift }) => `${day} (${drift.rest})`);
  const found =
    unexplained.length > 0
      ? `${unexplained.length} days with an unexplained rest: ${namesOf(rests)}`
      : `${n(sealed.length)} sealed days, all explained: ${causes}`;
  return { name: 'drift', ok: unexplained.length === 0, found };
}

async function readSealedDays(client: Client, { firstDay, lastDay }: Status['sealed']): Promise<SealedDay[]> {
  if (firstDay === null || lastDay === null) return [];
  const ranges = rangesOf(firstDay, lastDay, LIMITS.sealDaysMax);
  const answers = [];
  for (const range of ranges) answers.push(await readSeals(client, range));
  return answers.flatMap(({ days }) => days);
}

/** Cuts the days from `firstDay` to `lastDay`, both included, into ranges of at most `daysMax` days. */
export function rangesOf(firstDay: string, lastDay: string, daysMax: number): DayRange[] {
  const lastMs = Date.parse(lastDay);
  const ranges: DayRange[] = [];
  for (let fromMs = Date.parse(firstDay); fromMs <= lastMs; fromMs += daysMax * DAY_MS) {
    ranges.push({ from: isoDay(fromMs), to: isoDay(Math.min(lastMs, fromMs + (daysMax - 1) * DAY_MS)) });
  }
  return ranges;
}

async function checkAnswers(client: Client, days: readonly SealedDay[]): Promise<Check> {
  const clean = days.filter(({ sealedAt, dirty }) => sealedAt !== null && !dirty);
  const [first, last] = [clean[0], clean.at(-1)];
  if (!first || !last) return { name: 'answers', ok: null, found: 'no day is sealed yet' };
  const counted = new Map<string, number>();
  for (const { from, to } of rangesOf(first.day, last.day, LIMITS.queryRangeDaysMax)) {
    const range = { from, to: isoDay(Date.parse(to) + DAY_MS), timezone: 'UTC' };
    const answer = await client.post<QueryAnswer>('/v1/query', {
      measure: 'count',
      interval: 'day',
      bots: 'include',
      ...range,
    });
    for (const { at, value } of answer.series[0]?.points ?? []) counted.set(at.slice(0, 10), value ?? 0);
  }
  return compareDays(clean, counted);
}

export function compareDays(days: readonly SealedDay[], counted: ReadonlyMap<string, number>): Check {
  const different = days.filter(({ day, events }) => (counted.get(day) ?? 0) !== events);
  const pairs = different.map(({ day, events }) => `${day} (${counted.get(day) ?? 0} ≠ ${events})`);
  const total = days.reduce((sum, { events }) => sum + events, 0);
  const found =
    different.length > 0
      ? `${different.length} days where query and seal differ: ${namesOf(pairs)}`
      : `queries count what ${n(days.length)} seals counted: ${n(total)} events`;
  return { name: 'answers', ok: different.length === 0, found };
}

/** The first few names, with an ellipsis for the others. */
function namesOf(names: readonly string[]): string {
  return names.slice(0, NAMES_SHOWN_MAX).join(', ') + (names.length > NAMES_SHOWN_MAX ? ' …' : '');
}
