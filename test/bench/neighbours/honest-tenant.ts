// Honest tenant: a busy one that stays within its default quotas: it sends, asks, signs people in and brings all of its
// history, while another tenant floods. Nothing of it may be refused.

import type { Figure } from '../report.ts';
import type { BenchStack, Keys } from '../stack.ts';
import { importChunks } from './attacks.ts';
import type { FloodRequest, FloodStage } from './flood.ts';
import { runFlood } from './run-flood.ts';

const DAY_MS = 86_400_000;
const TILES = 12;

/** Runs the honest tenant beside the flood, and counts what it was refused. */
export async function honestFigures(
  stack: BenchStack,
  flood: readonly FloodStage[],
  durationMs: number,
): Promise<Figure[]> {
  const keys = await stack.tenant('honest');
  const attack = runFlood(stack.url, flood, 10 * durationMs);
  const honest = [events(keys), logins(keys), dashboard(keys), history(keys, stack.folder)].map((stage) =>
    runFlood(stack.url, [stage], durationMs),
  );
  const reports = await Promise.all(honest.map(({ report }) => report));
  attack.end();
  await attack.report;
  const answers = reports.flatMap((report) => Object.entries(report));
  console.error(`  honest tenant: ${JSON.stringify(reports)}`);
  const count = (isCounted: (answer: string) => boolean) =>
    answers.reduce((sum, [answer, times]) => sum + (isCounted(answer) ? times : 0), 0);
  return [
    { name: 'neighbours, honest tenant: requests answered', value: count((answer) => answer === '200'), unit: '' },
    {
      name: 'neighbours, honest tenant: requests refused',
      value: count((answer) => answer !== '200'),
      unit: '',
      bound: { atMost: 0 },
    },
  ];
}

/** Batches of 500 events. */
function events(keys: Keys): FloodStage {
  const body = Array.from({ length: 500 }, (_, index) => ({
    event: 'Viewed',
    userId: `user-${index}`,
    properties: { value: index },
  }));
  return { requests: [post('/v1/events', keys.write, body)], clients: 2, repeats: true };
}

/** Sign-ins of 1,000 people at a time. */
function logins(keys: Keys): FloodStage {
  const requests = Array.from({ length: 50 }, (_, round) =>
    post('/v1/batch', keys.write, {
      batch: Array.from({ length: 1_000 }, (_, index) => ({
        type: 'identify',
        userId: `user-${round}-${index}`,
        anonymousId: `device-${round}-${index}`,
      })),
    }),
  );
  return { requests, clients: 1, repeats: false };
}

/** A dashboard of twelve tiles, each a question of its own, that loads again and again. */
function dashboard(keys: Keys): FloodStage {
  const from = new Date(Date.now() - 7 * DAY_MS).toISOString();
  const requests = Array.from({ length: TILES }, (_, tile) =>
    post('/v1/query', keys.read, {
      measure: tile % 2 === 0 ? 'count' : { sum: 'value' },
      groupBy: tile % 3 === 0 ? ['event'] : [],
      allowUnknown: true,
      from,
      to: new Date(Date.now() + DAY_MS + tile).toISOString(),
    }),
  );
  return { requests, clients: TILES, repeats: true };
}

/** A history of 13,000 days. */
function history(keys: Keys, folder: string): FloodStage {
  return { requests: importChunks(keys, folder), clients: 1, repeats: false };
}

function post(path: string, key: string, body: unknown): FloodRequest {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  return { method: 'POST', path, headers, body: JSON.stringify(body) };
}
