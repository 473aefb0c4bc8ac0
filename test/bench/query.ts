// Query: the time of a question of 30 days by hour, for each of the tenant's six rollups, on sealed days with a live
// tail.

import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { Bodies } from './load.ts';
import { quantile } from './quantile.ts';
import type { Figure } from './report.ts';
import { BenchStack, type Keys, load } from './stack.ts';

const DAYS = 30;
const DAY_MS = 86_400_000;

export async function benchQuery(isQuick: boolean): Promise<Figure[]> {
  const stack = await BenchStack.start({ isSinkPaused: false });
  try {
    const keys = await stack.tenant('query');
    await importHistory(stack, keys, isQuick ? 500 : 2_000);
    await load({
      url: `${stack.url}/v1/events`,
      headers: { authorization: `Bearer ${keys.write}` },
      eventsPerRequest: 100,
      connections: 4,
      durationMs: 1_000,
      eventsMax: 5_000,
    });
    const questions = sixQuestions();
    const elapsedMs: number[] = [];
    for (let i = 0; i < (isQuick ? 3 : 20); i++) {
      for (const question of questions) {
        const startedAtMs = performance.now();
        const answer = (await stack.call('POST', '/v1/query', keys.read, question)) as Answer;
        elapsedMs.push(performance.now() - startedAtMs);
        if (answer.meta.sources.lake) throw new Error(`Rollups did not answer ${JSON.stringify(question)}`);
      }
    }
    elapsedMs.sort((a, b) => a - b);
    const batchMs: number[] = [];
    for (let i = 0; i < (isQuick ? 5 : 40); i++) {
      const startedAtMs = performance.now();
      await stack.call('POST', '/v1/query', keys.read, { queries: questions });
      batchMs.push(performance.now() - startedAtMs);
    }
    batchMs.sort((a, b) => a - b);
    return [
      {
        name: 'query, the same six questions in one call: p95',
        value: quantile(batchMs, 0.95),
        unit: 'ms',
        bound: { atMost: 150 },
      },
      { name: 'query, 30 days by hour, six rollups: p50', value: quantile(elapsedMs, 0.5), unit: 'ms' },
      {
        name: 'query, 30 days by hour, six rollups: p95',
        value: quantile(elapsedMs, 0.95),
        unit: 'ms',
        bound: { atMost: 50 },
      },
    ];
  } finally {
    await stack.stop();
  }
}

interface Answer {
  readonly meta: { readonly sources: { readonly lake: unknown } };
}

function sixQuestions(): object[] {
  const startOfDay = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  const range = {
    from: new Date(startOfDay - (DAYS - 1) * DAY_MS).toISOString(),
    to: new Date(startOfDay + DAY_MS).toISOString(),
    interval: 'hour',
    top: 10,
  };
  const pages = { property: 'type', op: 'eq', value: 'page' };
  return [
    { measure: 'count', groupBy: ['event'], ...range },
    { measure: 'count', where: pages, groupBy: ['path'], ...range },
    { measure: 'count', groupBy: ['referrer_domain', 'utm_source'], ...range },
    { measure: 'count', groupBy: ['country', 'device'], ...range },
    { measure: 'users', ...range },
    { measure: { sum: 'value' }, groupBy: ['plan'], ...range },
  ];
}

/** Imports the past days and waits until they are sealed. */
async function importHistory(stack: BenchStack, keys: Keys, eventsPerDay: number): Promise<void> {
  const bodies = new Bodies(eventsPerDay);
  const startOfDay = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  for (let day = 1; day < DAYS; day++) {
    const startMs = startOfDay - day * DAY_MS;
    const events = JSON.parse(bodies.next()) as { timestamp: string }[];
    const lines = events.map((event, i) =>
      JSON.stringify({
        ...event,
        timestamp: new Date(startMs + Math.floor((i * DAY_MS) / eventsPerDay)).toISOString(),
      }),
    );
    const answer = await fetch(`${stack.url}/v1/import`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${keys.write}`,
        'content-type': 'application/x-ndjson',
        'content-encoding': 'gzip',
        'x-import-id': 'bench',
        'x-import-chunk': String(day),
      },
      body: gzipSync(lines.join('\n'), { level: 1 }),
    });
    if (!answer.ok) throw new Error(`The import was answered with ${answer.status}: ${await answer.text()}`);
  }
  await stack.call('POST', '/v1/import/bench/finish', keys.write);
  for (;;) {
    const state = (await stack.call('GET', '/v1/import/bench', keys.write)) as { sealed: number; of: number };
    if (state.sealed === state.of) return;
    await sleep(100);
  }
}
