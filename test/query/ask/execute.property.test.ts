// Every source gives the answer of a count by hand, for any question and however the events are spread over tails,
// parts, seals and shards. Each seed makes one world; a failure prints the seed and the question.

import { describe, expect, it } from 'vitest';
import type { Condition } from '../../../src/core/event/condition.ts';
import type { EventRecord } from '../../../src/core/event/event.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/limits.ts';
import { DEFAULT_ROLLUPS, makeRollup, tellingBots } from '../../../src/core/rollup/rollup.ts';
import { randomFrom } from '../../lake/generate.ts';
import { record } from '../../support/events.ts';
import { answerByHand, excludedByHand } from '../support/oracle.ts';
import { World } from '../support/world.ts';

/** Clocks go forward in New York on 10 March 2024, in London on the 31st. */
const ZONES = [
  { timezone: 'UTC', noonMs: Date.UTC(2024, 2, 11, 12) },
  { timezone: 'America/New_York', noonMs: Date.UTC(2024, 2, 11, 15) },
  { timezone: 'Europe/London', noonMs: Date.UTC(2024, 3, 1, 12) },
  { timezone: 'Asia/Kolkata', noonMs: Date.UTC(2024, 2, 11, 12) },
];
const ROLLUPS = [
  ...DEFAULT_ROLLUPS,
  makeRollup('orders', {
    where: { property: 'event', op: 'eq', value: 'Ordered' },
    dimensions: ['country', 'plan'],
    numbers: ['revenue'],
  }),
  makeRollup('everything', { dimensions: ['event', 'country', 'plan'], numbers: ['revenue'] }),
];

type Random = () => number;
const pick = <T>(random: Random, values: readonly T[]): T => values[Math.floor(random() * values.length)]!;

function randomEvent(random: Random, id: string, nowMs: number): EventRecord {
  const person = Math.floor(random() * 12);
  const plan = pick(random, ['pro', 'free', '7', 7, null, true, '\u{1F600}', '～']);
  return record({
    id,
    atMs: nowMs - Math.floor(random() ** 2 * 4 * DAY_MS),
    type: pick(random, ['track', 'page']),
    event: pick(random, ['Ordered', 'Viewed', 'Left']),
    country: pick(random, ['DE', 'FR', 'IN', null]),
    path: pick(random, ['/', '/a', '/a/b', null]),
    device: pick(random, ['phone', 'desk', 'bot']),
    ...(person > 0 && person < 9 && { anonymous_id: `a${person}` }),
    ...(person > 6 && { user_id: `u${person}` }),
    properties: {
      ...(plan !== null && { plan }),
      ...(random() < 0.8 && { revenue: Math.round(random() * 10_000 - 1_000) / 100 }),
      ...(random() < 0.05 && { bot: true }),
      ...(random() < 0.3 && { 'a.b': 1, cart: { items: 2 } }),
    },
  });
}

async function randomWorld(
  random: Random,
  { timezone, noonMs }: (typeof ZONES)[number],
  choice: Pick<World['tenant'], 'bots' | 'rollups'>,
): Promise<World> {
  const world = new World({ nowMs: noonMs - 3 * DAY_MS, shardCount: 2, timezone, ...choice });
  const firstDay = Math.floor(world.nowMs / DAY_MS) - 4;
  let id = 0;
  while (world.nowMs < noonMs) {
    const size = 1 + Math.floor(random() * 12);
    // Each partition key belongs to one shard, where the copies of an event meet.
    const records = Array.from({ length: size }, () => randomEvent(random, `e${id++}`, world.nowMs));
    if (id > size && random() < 0.3) records.push({ ...records[0]!, strings: { ...records[0]!.strings } });
    for (const shard of [0, 1]) {
      const own = records.filter(
        ({ strings }) => (strings.anonymous_id ?? strings.user_id ?? strings.id).length % 2 === shard,
      );
      if (own.length > 0) world.append(shard, own);
    }
    if (random() < 0.4) await world.store(Math.floor(random() * 2), { confirm: random() < 0.8 });
    if (random() < 0.25) await world.seal(firstDay + Math.floor(random() * 7));
    world.nowMs += Math.floor(random() * 5 * HOUR_MS);
  }
  world.nowMs = noonMs;
  return world;
}

function randomCondition(random: Random, depth = 2): Condition {
  const kind = random();
  if (depth > 0 && kind < 0.2) return { and: [randomCondition(random, depth - 1), randomCondition(random, depth - 1)] };
  if (depth > 0 && kind < 0.4) return { or: [randomCondition(random, depth - 1), randomCondition(random, depth - 1)] };
  if (depth > 0 && kind < 0.5) return { not: randomCondition(random, depth - 1) };
  return pick<Condition>(random, [
    { property: 'event', op: 'eq', value: 'Ordered' },
    { property: 'event', op: 'in', value: ['Ordered', 'Left'] },
    { property: 'country', op: 'neq', value: 'DE' },
    { property: 'country', op: 'exists' },
    { property: 'country', op: 'gte', value: 'FR' },
    { property: 'path', op: 'contains', value: '/a' },
    { property: 'type', op: 'eq', value: 'page' },
    { property: 'plan', op: 'eq', value: 'pro' },
    { property: 'plan', op: 'eq', value: 7 },
    { property: 'plan', op: 'in', value: ['7', 'free'] },
    { property: 'plan', op: 'exists', value: false },
    { property: 'revenue', op: 'gt', value: 20 },
    { property: 'cart.items', op: 'eq', value: 2 },
    { property: 'a.b', op: 'exists' },
    { property: 'device', op: 'eq', value: 'bot' },
    { property: 'bot', op: 'exists', value: false },
  ]);
}

function randomQuestion(random: Random, { timezone, noonMs }: (typeof ZONES)[number]) {
  const grainMs = pick(random, [DAY_MS, HOUR_MS, HOUR_MS, MINUTE_MS, 1]);
  const aligned = (atMs: number) => new Date(Math.floor(atMs / grainMs) * grainMs).toISOString();
  const from = noonMs - Math.floor((1 + random() * 4) * DAY_MS);
  const to = pick(random, [noonMs + 2 * DAY_MS, noonMs + DAY_MS, noonMs + HOUR_MS, noonMs]);
  const groupBy = pick(random, [
    [],
    [],
    ['event'],
    ['country'],
    ['device'],
    ['country', 'device'],
    ['path'],
    ['plan'],
    ['event', 'country'],
    ['country', 'plan'],
  ]);
  return {
    measure: pick(random, [
      'count',
      'users',
      { sum: 'revenue' },
      { avg: 'revenue' },
      { min: 'revenue' },
      { max: 'revenue' },
    ]),
    ...(random() < 0.3 && { events: pick(random, [['Ordered'], ['Ordered', 'Viewed']]) }),
    ...(random() < 0.6 && { where: randomCondition(random) }),
    ...(groupBy.length > 0 && { groupBy }),
    ...(random() < 0.2 && { where: { property: 'type', op: 'eq', value: 'page' }, groupBy: ['path'] }),
    ...(random() < 0.7 && {
      interval: pick(random, ['hour', 'day', 'day', 'week', 'month', ...(grainMs < HOUR_MS ? ['minute'] : [])]),
    }),
    from: random() < 0.5 ? new Date(from).toISOString().slice(0, 10) : aligned(from),
    to: aligned(to),
    timezone,
    ...(random() < 0.4 && { bots: pick(random, ['exclude', 'include']) }),
    ...(random() < 0.3 && { top: 1 + Math.floor(random() * 3) }),
  };
}

const SEEDS = Array.from({ length: Number(process.env.QUERY_SEEDS ?? 5) }, (_, seed) => seed + 1);
const QUESTIONS_PER_WORLD = 40;
/** Tenants who chose, and one from before the choice. */
const CHOICES = [
  { bots: 'exclude', rollups: ROLLUPS.map(tellingBots) },
  { rollups: ROLLUPS },
  { bots: 'include', rollups: ROLLUPS.map(tellingBots) },
  { bots: 'exclude', rollups: ROLLUPS.map(tellingBots) },
] as const;

describe('an answer', () => {
  const usedRollups = new Set<string>();
  const used = { rollups: 0, lake: 0, sealedDays: 0, parts: 0, withoutBots: 0 };

  it.each(SEEDS)('is what counting by hand gives, seed %i', async (seed) => {
    const random = randomFrom(seed);
    const zone = ZONES[seed % ZONES.length]!;
    const world = await randomWorld(random, zone, CHOICES[seed % CHOICES.length]!);
    for (let question = 0; question < QUESTIONS_PER_WORLD; question++) {
      const body = randomQuestion(random, zone);
      const expected = answerByHand(world.parse(body), world.events);
      const answered = await world.ask(body);
      expect({ seed, body, series: answered.series }).toEqual({ seed, body, series: expected });
      const query = world.parse(body);
      const excluded = query.bots.choice === 'exclude' ? excludedByHand(query, world.events) : undefined;
      expect({ seed, body, excluded: answered.meta.bots?.excluded }).toEqual({ seed, body, excluded });
      const scanned = await world.ask(body, { rollups: [] });
      expect({ seed, body, excluded: scanned.meta.bots?.excluded }).toEqual({ seed, body, excluded });
      expect({ seed, body, series: scanned.series }).toEqual({ seed, body, series: expected });
      const { rollups, lake } = answered.meta.sources;
      if (rollups) {
        usedRollups.add(rollups.rollup);
        used.rollups++;
        used.sealedDays += rollups.sealedDays;
        used.parts += rollups.parts;
      }
      if (lake) used.lake++;
      if (rollups && excluded) used.withoutBots++;
    }
  });

  it('came from every kind of source', () => {
    expect(usedRollups).toEqual(new Set(['events', 'pages', 'places', 'people', 'orders', 'everything']));
    const { withoutBots, ...others } = used;
    expect(withoutBots).toBeGreaterThan(20);
    for (const count of Object.values(others)) expect(count).toBeGreaterThan(50);
  });
});
