/**
 * `tidemark seal`: seals the days of a range that have something to seal, and waits until they are.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '../client.ts';
import { CliError, type Command, SERVER_OPTIONS, TENANT_OPTION } from '../command.ts';
import { findServer } from '../keys.ts';
import { startProgress } from '../progress.ts';
import { readSeals, type SealedDay } from '../seals.ts';
import { renderTable } from '../table.ts';
import { isoDay, parseTime } from '../times.ts';

const POLL_MS = 500;
const TIMEOUT_SECONDS_DEFAULT = 600;

export const seal: Command = {
  name: 'seal',
  summary: 'Seal days now, and wait until they are sealed',
  usage: '--from DAY [--to DAY] [--no-wait]',
  notes: `
A day is sealed by itself two hours after it ended, and again when late events reach it; this does it at once. Days are
UTC; --from is inclusive, --to exclusive (default: the day after --from). Needs the admin key.`,
  examples: [
    'seal --from 2026-07-01',
    'seal --from 2026-07-01 --to 2026-08-01 --tenant shop',
    'seal --from 7d --to now',
  ],
  options: {
    from: { type: 'string', value: 'DAY', help: 'first day: a date, today, or 7d back' },
    to: { type: 'string', value: 'DAY', help: 'the day after the last' },
    'no-wait': { type: 'boolean', help: 'end when the seals are asked for' },
    timeout: { type: 'string', value: 'SECONDS', help: `give up waiting (default ${TIMEOUT_SECONDS_DEFAULT})` },
    json: { type: 'boolean', help: 'the days as JSON' },
    ...TENANT_OPTION,
    ...SERVER_OPTIONS,
  },
  positionalsMax: 0,
  async run(args, io) {
    const nowMs = Date.now();
    const from = parseTime(args.mustText('from'), 'from', nowMs).slice(0, 10);
    const to = args.text('to') ? parseTime(args.mustText('to'), 'to', nowMs).slice(0, 10) : dayAfter(from);
    const timeoutSeconds = args.count('timeout', 1, 86_400) ?? TIMEOUT_SECONDS_DEFAULT;
    const server = findServer(args, io);
    const client = new Client({ url: server.url, key: server.mustKey('admin') });
    await client.post('/v1/seals', { from, to });
    if (args.flag('no-wait')) return 0;
    const progress = startProgress(io, 'Sealing', 1);
    const days = await waitUntilClean(client, { from, to }, nowMs + timeoutSeconds * 1_000, (done, total) =>
      progress.update(total === 0 ? 1 : done / total, `${done} of ${total} days sealed`),
    ).finally(() => progress.end());
    if (args.flag('json')) io.out(JSON.stringify(days, null, 2));
    else for (const line of renderDays(days)) io.out(line);
    return 0;
  },
};

function dayAfter(day: string): string {
  return isoDay(Date.parse(day) + 86_400_000);
}

async function waitUntilClean(
  client: Client,
  range: { from: string; to: string },
  untilMs: number,
  onProgress: (done: number, total: number) => void,
): Promise<readonly SealedDay[]> {
  for (;;) {
    const { days } = await readSeals(client, range);
    const open = days.filter(({ dirty }) => dirty);
    onProgress(days.length - open.length, days.length);
    if (open.length === 0) return days;
    if (Date.now() > untilMs) {
      const names = open.slice(0, 5).map(({ day }) => day);
      throw new CliError(
        `${open.length} days are not sealed yet: ${names.join(', ')} …`,
        'They will be: see tidemark verify, or wait longer with --timeout',
      );
    }
    await sleep(POLL_MS);
  }
}

function renderDays(days: readonly SealedDay[]): string[] {
  if (days.length === 0) return ['No events in these days: nothing to seal.'];
  const rows = days.map(({ day, revision, events, people }) => [day, revision, events, people]);
  return renderTable(['day', 'revision', 'events', 'people'], rows);
}
