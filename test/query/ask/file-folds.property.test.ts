// What an isolate keeps of files gives the answers of a count by hand, while files come, days are sealed and ranges move; and a
// question that is asked again reads only the files that came since.

import { describe, expect, it } from 'vitest';
import type { EventRecord } from '../../../src/core/event/event.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/limits.ts';
import { rankSeries } from '../../../src/core/query/fold/answer.ts';
import { keptFoldsOf, questionKey } from '../../../src/query/ask/kept-folds.ts';
import { readLake } from '../../../src/query/ask/lake-source.ts';
import { randomFrom } from '../../lake/generate.ts';
import { record } from '../../support/events.ts';
import { answerByHand } from '../support/oracle.ts';
import { World } from '../support/world.ts';

type Random = () => number;
const NOON_MS = Date.UTC(2026, 2, 10, 12);
const pick = <T>(random: Random, values: readonly T[]): T => values[Math.floor(random() * values.length)]!;

const QUESTIONS = [
  { measure: { sum: 'revenue' } },
  { measure: 'users', groupBy: ['event'], interval: 'minute' },
  { measure: 'count', groupBy: ['plan'], interval: 'hour', timezone: 'Asia/Kolkata' },
  { measure: { avg: 'revenue' }, where: { property: 'plan', op: 'eq', value: 'pro' }, groupBy: ['event'] },
  { measure: { p90: 'revenue' } },
];

function eventOf(random: Random, id: string, nowMs: number, sender: 'server' | 'browser'): EventRecord {
  const atMs = nowMs - Math.floor(random() ** 3 * 20 * HOUR_MS);
  const properties = { plan: pick(random, ['pro', 'free']), revenue: Math.round(random() * 1_000) / 100 };
  const event = pick(random, ['Ordered', 'Viewed']);
  return record({ id, atMs, event, user_id: `u${Math.floor(random() * 9)}`, properties, sender });
}

/** The series of a question as the lake answers it, keeping folds of any file. */
async function askLake(world: World, body: object) {
  const query = world.parse({ allowUnknown: true, ...body });
  const reading = await readLake(await world.asking([]), [query], 1);
  if (!reading.ok) throw new Error(reading.error.code);
  return { query, series: rankSeries(query, reading.value.folds[0]!).series, reading: reading.value };
}

describe('file folds', () => {
  it.each([1, 2, 3, 4])('give what counting by hand gives, seed %i', async (seed) => {
    const random = randomFrom(seed);
    const world = new World({ nowMs: NOON_MS - 12 * HOUR_MS });
    const senders = pick(random, [['server'], ['browser'], ['server', 'server', 'browser']] as const);
    for (let round = 0; round < 12; round++) {
      const records = Array.from({ length: 8 }, (_, index) =>
        eventOf(random, `e${round}-${index}`, world.nowMs, pick(random, senders)),
      );
      world.append(0, records);
      if (random() < 0.7) await world.store(0, { confirm: random() < 0.8 });
      if (random() < 0.1) await world.seal(Math.floor(world.nowMs / DAY_MS) - 1);
      for (const question of QUESTIONS) {
        const from = world.nowMs - Math.floor((2 + random() * 28) * HOUR_MS);
        const body = {
          ...question,
          from: new Date(from).toISOString(),
          to: new Date(world.nowMs + MINUTE_MS).toISOString(),
        };
        const { query, series } = await askLake(world, body);
        expect({ seed, round, body, series }).toEqual({ seed, round, body, series: answerByHand(query, world.events) });
      }
      world.nowMs += Math.floor(random() * HOUR_MS);
    }
  });

  it('compares the ids of a day on which a browser row may give way to a trusted one', async () => {
    const world = new World({ nowMs: NOON_MS });
    const parts = { id: 'order-1', user_id: 'ann', atMs: NOON_MS, properties: { revenue: 5 } };
    const body = { measure: { sum: 'revenue' }, from: '2026-03-10', to: '2026-03-11' };
    world.append(0, [record({ ...parts, sender: 'browser' })]);
    await world.store(0);
    expect((await askLake(world, body)).series[0]?.total).toBe(5);
    world.append(0, [record({ ...parts, sender: 'server' })]);
    await world.store(0);
    expect((await askLake(world, body)).series[0]?.total).toBe(5);
  });

  it('reads only what came since the question was asked before, whatever its range', async () => {
    const world = new World({ nowMs: NOON_MS });
    const ask = (from: string) =>
      askLake(world, { measure: { sum: 'revenue' }, from, to: new Date(world.nowMs + 1).toISOString() });
    const store = async (id: string) => {
      world.append(0, [
        record({ id, user_id: 'ann', atMs: world.nowMs, properties: { revenue: 1 }, sender: 'server' }),
      ]);
      await world.store(0);
    };
    for (let file = 0; file < 5; file++) await store(`e${file}`);
    const files = () => new Set(world.bucket.calls.filter(({ op }) => op === 'get').map(({ key }) => key));
    const stateOf = async ({ query }: Awaited<ReturnType<typeof askLake>>) => {
      const { ports, tenant } = await world.asking([]);
      return keptFoldsOf(ports.db).stateOf(questionKey(tenant.uid, [query]));
    };
    const first = await ask('2026-03-10T01:00:00.001Z');
    expect(first.series[0]?.total).toBe(5);
    expect(files().size).toBe(5);
    // It may be the last time that it is asked.
    expect(await stateOf(first)).toBe('asked');
    expect((await ask('2026-03-10T02:00:00.002Z')).series[0]?.total).toBe(5);
    expect(await stateOf(first)).toBe('kept');
    world.bucket.calls.length = 0;
    expect((await ask('2026-03-10T02:00:00.003Z')).series[0]?.total).toBe(5);
    expect(files().size).toBe(0);
    await store('e5');
    const last = await ask('2026-03-10T03:00:00.003Z');
    expect(last.series[0]?.total).toBe(6);
    expect(last.reading.scannedEvents).toBe(6);
    expect(files().size).toBe(1);
  });
});
