// Query: the time of a question of 30 days by hour, for each of the tenant's six rollups, on sealed days with a live
// tail.

import { importDays } from './import-days.ts';
import { quantile } from './quantile.ts';
import type { Figure } from './report.ts';
import { BenchStack, load } from './stack.ts';

const DAYS = 30;
const DAY_MS = 86_400_000;

export async function benchQuery(isQuick: boolean): Promise<Figure[]> {
  const stack = await BenchStack.start({ isSinkPaused: false });
  try {
    const keys = await stack.tenant('query');
    const eventsPerDay = isQuick ? 500 : 2_000;
    await importDays(stack, keys, { importId: 'bench', days: DAYS - 1, eventsPerDay, atOnce: 1 });
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
