// What an isolate keeps of decoded parts gives the answers of a count by hand, while flushes come, parts are merged, days are sealed
// and ranges move; and a question that is asked again reads only the parts that came since.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventRecord } from '../../../src/core/event/event.ts';
import { DAY_MS, HOUR_MS, LIMITS, MINUTE_MS } from '../../../src/core/limits.ts';
import { mergeParts } from '../../../src/lake/merge/merge-parts.ts';
import { randomFrom } from '../../lake/generate.ts';
import { record } from '../../support/events.ts';
import { answerByHand } from '../support/oracle.ts';
import { UID, World } from '../support/world.ts';

type Random = () => number;
const NOON_MS = Date.UTC(2026, 2, 10, 12);
const pick = <T>(random: Random, values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
const limits = LIMITS as {
  -readonly [name in 'mergeMinutesEventsMin' | 'keptCellsSizeBytesMax' | 'queryCellsSizeBytesMax']: number;
};
const { mergeMinutesEventsMin, keptCellsSizeBytesMax, queryCellsSizeBytesMax } = LIMITS;

beforeEach(() => {
  limits.mergeMinutesEventsMin = 20;
});
afterEach(() => Object.assign(limits, { mergeMinutesEventsMin, keptCellsSizeBytesMax, queryCellsSizeBytesMax }));

const QUESTIONS = [
  { measure: 'users', groupBy: ['event'], interval: 'minute' },
  { measure: 'users' },
  { measure: 'count', groupBy: ['event'] },
  { measure: 'count', groupBy: ['country'], interval: 'hour', timezone: 'Asia/Kolkata' },
  { measure: 'users', interval: 'day', timezone: 'Asia/Kolkata' },
  { measure: 'users', groupBy: ['country'], interval: 'day' },
];

function eventOf(random: Random, id: string, nowMs: number): EventRecord {
  const atMs = nowMs - Math.floor(random() ** 4 * 20 * HOUR_MS);
  const [event, country] = [pick(random, ['Ordered', 'Viewed']), pick(random, ['DE', 'FR'])];
  return record({ id, atMs, event, country, anonymous_id: `a${Math.floor(random() * 99)}` });
}

/** Merges what is due, as if the grace had passed since the shard said what is stored. */
async function merge(world: World, shard: number): Promise<number> {
  const { incarnation } = world.shards[shard]!.engine;
  const storedSeq = world.shards[shard]!.engine.storedSeq;
  const request = { uid: UID, incarnation, storedSeq, shards: 1 };
  await mergeParts(world.db, request, world.nowMs);
  world.nowMs += LIMITS.mergeGraceMs;
  return mergeParts(world.db, request, world.nowMs);
}

/** The questions whose answers are told by cells, over a range that ends now and begins with a minute. */
async function askAll(random: Random, world: World, expectation: (got: object) => object) {
  for (const question of QUESTIONS) {
    const fromMs = Math.floor((world.nowMs - (1 + random() * 12) * HOUR_MS) / MINUTE_MS) * MINUTE_MS;
    const from =
      question.interval === 'minute' ? new Date(fromMs).toISOString() : pick(random, ['2026-03-09', '2026-03-10']);
    const body = { ...question, from, to: new Date(Math.ceil(world.nowMs / MINUTE_MS + 1) * MINUTE_MS).toISOString() };
    const { series } = await world.ask(body);
    const told = { ...expectation(body), body };
    expect({ ...told, series }).toEqual({ ...told, series: answerByHand(world.parse(body), world.events) });
  }
}

describe('kept cells', () => {
  it.each([1, 2, 3])('give what counting by hand gives, seed %i', async (seed) => {
    const random = randomFrom(seed);
    limits.keptCellsSizeBytesMax = pick(random, [keptCellsSizeBytesMax, 60_000, 5_000]);
    const world = new World({ nowMs: NOON_MS - 12 * HOUR_MS, shardCount: 2 });
    let merged = 0;
    for (let round = 0; round < 24; round++) {
      const shard = Math.floor(random() * 2);
      const size = 1 + Math.floor(random() * 8);
      world.append(
        shard,
        Array.from({ length: size }, (_, index) => eventOf(random, `e${round}-${index}`, world.nowMs)),
      );
      if (random() < 0.9) await world.store(shard, { confirm: random() < 0.9 });
      if (round % 4 === 3) merged += await merge(world, shard);
      if (random() < 0.05) await world.seal(Math.floor(world.nowMs / DAY_MS) - 1);
      if (round % 4 >= 2) await askAll(random, world, () => ({ seed, round }));
      world.nowMs += Math.floor(random() * 20 * MINUTE_MS);
    }
    expect(merged).toBeGreaterThan(0);
  });

  it('are taken in the place of parts, which need not fit the answer of the database then', async () => {
    const world = new World({ nowMs: NOON_MS });
    const store = async (id: string) => {
      world.append(0, [record({ id, atMs: world.nowMs, anonymous_id: id })]);
      await world.store(0);
    };
    const ask = async () => {
      const { series, meta } = await world.ask({ measure: 'users', from: '2026-03-10', to: '2026-03-11' });
      return { total: series[0]?.total, rollups: meta.sources.rollups };
    };
    const breakCells = () => world.db.prepare(`UPDATE parts SET cells = 'broken', size_bytes = 1e9`).run();
    for (let part = 0; part < 20; part++) await store(`e${part}`);
    for (let again = 0; again < 2; again++) expect((await ask()).total).toBe(20);
    await breakCells();
    for (let part = 20; part < 100; part++) {
      await store(`e${part}`);
      if (part % 10 === 9) expect(await ask()).toMatchObject({ total: part + 1, rollups: { parts: part + 1 } });
    }
    const other = new World({ nowMs: NOON_MS });
    other.append(0, [record({ id: 'x', atMs: NOON_MS, anonymous_id: 'x' })]);
    await other.store(0);
    expect((await other.ask({ measure: 'users', from: '2026-03-10', to: '2026-03-11' })).series[0]?.total).toBe(1);
  });
});
