/**
 * `tidemark seal`: has the dirty days of a range sealed, and waits until they are.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../kit/client.ts';
import { CliError, type Command, SERVER_OPTIONS, TENANT_OPTION, UsageError } from '../kit/command.ts';
import { startProgress } from '../kit/progress.ts';
import { askForSeals, type DayRange, readSeals, type SealedDay } from '../kit/seals.ts';
import { readStatus, type Status } from '../kit/status.ts';
import { renderTable } from '../kit/table.ts';
import { openTenant } from '../kit/tenant.ts';
import { parseTime } from '../kit/times.ts';

const POLL_MS = 500;
/** Time without a day sealed after which the seals are asked for again: a queue may have given up a message. */
const STALLED_MS = 30_000;
const TIMEOUT_SECONDS_DEFAULT = 600;

export const seal: Command = {
  name: 'seal',
  summary: 'Seal days now, and wait until they are sealed',
  usage: '--from DAY [--to DAY] [--no-wait]',
  interrupted: 'The server seals the days all the same. Look later: tidemark verify',
  notes: `
The server seals a day two hours after its end, and again when late events reach it. This command has days sealed at
once. It waits until the shards have stored the events that they hold, and until the days are sealed. Days are UTC; both
ends are included. The command needs the admin key.`,
  examples: [
    'seal --from 2026-07-01',
    'seal --from 2026-07-01 --to 2026-07-31 --tenant shop',
    'seal --from 7d --to today',
  ],
  options: {
    from: { type: 'string', value: 'DAY', help: 'first day: a date, today, or a span back such as 7d' },
    to: { type: 'string', value: 'DAY', help: 'last day, inclusive (default: --from)' },
    'no-wait': { type: 'boolean', help: 'ask for the seals and do not wait for them' },
    timeout: { type: 'string', value: 'SECONDS', help: `longest wait (default ${TIMEOUT_SECONDS_DEFAULT})` },
    json: { type: 'boolean', help: 'print the days as JSON' },
    ...TENANT_OPTION,
    ...SERVER_OPTIONS,
  },
  positionalsMax: 0,
  async run(args, io) {
    const nowMs = Date.now();
    const from = parseTime(args.mustText('from'), 'from', nowMs).slice(0, 10);
    const to = args.text('to') ? parseTime(args.mustText('to'), 'to', nowMs).slice(0, 10) : from;
    const timeoutSeconds = args.count('timeout', 1, 86_400) ?? TIMEOUT_SECONDS_DEFAULT;
    if (from > to) throw new UsageError(`--from (${from}) must not be after --to (${to})`);
    const { client } = await openTenant(args, io, 'admin');
    const before = await readStatus(client);
    await askForSeals(client, { from, to });
    if (args.flag('no-wait')) return 0;
    const progress = startProgress(io, 'Sealing', 1);
    const untilMs = nowMs + timeoutSeconds * 1_000;
    const days = await waitUntilSealed(client, { from, to }, before, untilMs, (done, total) =>
      progress.update(total === 0 ? 0 : done / total, `${done} of ${total} days sealed`),
    ).finally(() => progress.end());
    if (args.flag('json')) io.out(JSON.stringify(days, null, 2));
    else for (const line of renderDays(days)) io.out(line);
    return 0;
  },
};

/**
 * Waits for the shards first: a day is not dirty before the events that they held at `before` are stored. Days that do not
 * move are asked for again.
 */
async function waitUntilSealed(
  client: Client,
  range: DayRange,
  before: Status,
  untilMs: number,
  onProgress: (done: number, total: number) => void,
): Promise<readonly SealedDay[]> {
  let openBefore = -1;
  let movedAtMs = Date.now();
  for (;;) {
    const isStored = isCovered(before, await readStatus(client));
    const { days } = await readSeals(client, range);
    const open = days.filter(({ dirty }) => dirty);
    onProgress(days.length - open.length, days.length);
    if (isStored && open.length === 0) return days;
    if (Date.now() > untilMs) throw notInTime(isStored, open);
    if (open.length !== openBefore) {
      openBefore = open.length;
      movedAtMs = Date.now();
    } else if (Date.now() - movedAtMs > STALLED_MS) {
      await askForSeals(client, range);
      movedAtMs = Date.now();
    }
    await sleep(POLL_MS);
  }
}

/**
 * Whether every event that `before` counted is stored by now. A shard that does not answer is skipped: its days become
 * dirty later.
 */
export function isCovered(before: Status, now: Status): boolean {
  const storedSeqs = new Map(now.shards.map(({ incarnation, storedSeq }) => [incarnation, storedSeq]));
  return before.shards.every(({ incarnation, headSeq }) => {
    const storedSeq = storedSeqs.get(incarnation);
    return headSeq === null || storedSeq === undefined || storedSeq === null || storedSeq >= headSeq;
  });
}

function notInTime(isStored: boolean, open: readonly SealedDay[]): CliError {
  const names = open.slice(0, 5).map(({ day }) => day);
  const message = isStored
    ? `${open.length} days are not sealed yet: ${names.join(', ')}`
    : 'The shards have not stored their events yet';
  return new CliError(
    message,
    'The server seals them all the same. Wait longer with --timeout, or look later: tidemark verify',
  );
}

function renderDays(days: readonly SealedDay[]): string[] {
  if (days.length === 0) return ['These days have no events, so there is nothing to seal.'];
  const rows = days.map(({ day, revision, events, people }) => [day, revision, events, people]);
  return renderTable(['day', 'revision', 'events', 'people'], rows);
}
