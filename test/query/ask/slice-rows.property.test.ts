// A question whose bounds cut minutes is answered from the cells of its whole minutes and the rows of the cut ones, and
// the answer is what counting by hand gives. Each seed makes one world of two shards; a failure prints the seed and the question.

import { describe, expect, it } from 'vitest';
import type { EventRecord } from '../../../src/core/event/event.ts';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../../../src/core/limits.ts';
import { endedOnMinute } from '../../../src/core/query/question/minute-slices.ts';
import { DEFAULT_ROLLUPS, makeRollup } from '../../../src/core/rollup/rollup.ts';
import { randomFrom } from '../../lake/generate.ts';
import { record } from '../../support/events.ts';
import { answerByHand } from '../support/oracle.ts';
import { World } from '../support/world.ts';

/** An hour of which the first quarter lies in the day before. */
const START_MS = Date.UTC(2026, 2, 10) - 15 * MINUTE_MS;
const END_MS = START_MS + 60 * MINUTE_MS;
const ROLLUPS = [
  ...DEFAULT_ROLLUPS,
  makeRollup('orders', {
    where: { property: 'plan', op: 'exists' },
    dimensions: ['plan', 'event'],
    numbers: ['revenue', 'cart.items'],
  }),
];
const SEEDS = Array.from({ length: Number(process.env.QUERY_SEEDS ?? 3) }, (_, seed) => seed + 1);
const QUESTIONS_PER_WORLD = 30;

type Random = () => number;
const pick = <T>(random: Random, values: readonly T[]): T => values[Math.floor(random() * values.length)]!;

function randomEvent(random: Random, id: string, nowMs: number): EventRecord {
  const person = Math.floor(random() * 30);
  const plan = pick(random, ['pro', 'free', null, true, 'ü'.repeat(3)]);
  return record({
    id,
    atMs: nowMs - Math.floor(random() ** 4 * 4 * MINUTE_MS),
    event: pick(random, ['Ordered', 'Viewed', 'Left']),
    country: pick(random, ['DE', 'FR', null]),
    ...(person > 0 && { user_id: `u${person}` }),
    properties: {
      ...(plan !== null && { plan }),
      ...(random() < 0.8 && { revenue: Math.round(random() * 10_000 - 1_000) / 100 }),
      ...(random() < 0.3 && { cart: { items: 2 } }),
    },
  });
}

async function randomWorld(random: Random): Promise<World> {
  const world = new World({ nowMs: START_MS, shardCount: 2, rollups: ROLLUPS });
  for (let id = 0; world.nowMs < END_MS; world.nowMs += Math.floor(random() * 40 * SECOND_MS)) {
    const size = 1 + Math.floor(random() * 12);
    world.append(
      Math.floor(random() * 2),
      Array.from({ length: size }, () => randomEvent(random, `e${id++}`, world.nowMs)),
    );
    if (random() < 0.25) await world.store(Math.floor(random() * 2), { confirm: random() < 0.7 });
  }
  world.nowMs = END_MS;
  return world;
}

function randomQuestion(random: Random) {
  const from = START_MS - 5 * MINUTE_MS + Math.floor(random() * 50 * MINUTE_MS);
  const lengthMs = pick(random, [7, 20 * SECOND_MS, 3 * MINUTE_MS, 30 * MINUTE_MS, DAY_MS]);
  const to = Math.min(from + 1 + Math.floor(random() * lengthMs), END_MS + 2 * MINUTE_MS);
  const groupBy = pick(random, [[], [], ['event'], ['plan'], ['plan', 'event'], ['country']]);
  const measure = pick(random, ['count', 'users', { sum: 'revenue' }, { avg: 'revenue' }, { max: 'cart.items' }]);
  return {
    measure,
    groupBy,
    ...((groupBy[0] === 'plan' || typeof measure === 'object') && { where: { property: 'plan', op: 'exists' } }),
    ...(random() < 0.3 && groupBy[0] !== 'country' && { events: pick(random, [['Ordered'], ['Ordered', 'Left']]) }),
    ...(random() < 0.7 && { interval: pick(random, ['minute', 'hour', 'day']) }),
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
  };
}

describe('an answer whose bounds cut minutes', () => {
  const used = { rollups: 0, lake: 0, rows: 0, rowsOfTheLake: 0 };

  it.each(SEEDS)('is what counting by hand gives, seed %i', async (seed) => {
    const random = randomFrom(1_000 + seed);
    const world = await randomWorld(random);
    for (let question = 0; question < QUESTIONS_PER_WORLD; question++) {
      const body = randomQuestion(random);
      const expected = answerByHand(endedOnMinute(world.parse(body), world.nowMs), world.events);
      const { series, meta } = await world.ask(body);
      expect({ seed, body, series }).toEqual({ seed, body, series: expected });
      const fromLake = await world.ask(body, { rollups: [] });
      expect({ seed, body, series: fromLake.series }).toEqual({ seed, body, series: expected });
      used[meta.sources.rollups ? 'rollups' : 'lake']++;
      used.rows += meta.scannedEvents;
      used.rowsOfTheLake += fromLake.meta.scannedEvents;
    }
  });

  it('came from rollups, with the rows of the cut minutes alone', () => {
    expect(used.rollups).toBeGreaterThan(0.7 * SEEDS.length * QUESTIONS_PER_WORLD);
    expect(used.rows).toBeLessThan(used.rowsOfTheLake / 2);
  });
});
