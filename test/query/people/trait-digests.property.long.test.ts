// Trait digests change no answer. However events come, are stored, sealed, sealed again, dropped or linked, the traits
// are those of a reading of all events.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventRecord } from '../../../src/core/event/event.ts';
import { DAY_MS } from '../../../src/core/limits.ts';
import { SPAN_DAYS, spanOf } from '../../../src/lake/manifest/digest-span.ts';
import { digestSpan, scheduleDigests } from '../../../src/lake/upkeep/digest-traits.ts';
import { record } from '../../support/events.ts';
import { dayOf, UID, World } from '../support/world.ts';

const NOW_MS = Date.UTC(2026, 2, 10, 12, 0, 30);
const TODAY = dayOf(NOW_MS);
/** Two spans that are long past, and the span before today. */
const BLOCKS = [-4, -3, 0].map((before) => spanOf(TODAY) + before);
const RANGE = { from: '2025-09-01', to: '2026-03-11' };

const anyEvent = fc
  .record({
    type: fc.constantFrom('track', 'identify', 'identify', 'group', 'alias'),
    name: fc.constantFrom('signup', 'login'),
    device: fc.constantFrom(null, 'a', 'b', 'c'),
    user: fc.constantFrom(null, 'u', 'v'),
    team: fc.constantFrom(null, 'red', 'blue'),
    traits: fc.record(
      {
        plan: fc.constantFrom('free', 'pro', null, { tier: 'gold' }),
        size: fc.nat(2),
        'plan.tier': fc.constant('dotted'),
      },
      { requiredKeys: [] },
    ),
    block: fc.constantFrom(...BLOCKS, BLOCKS[0]!),
    day: fc.nat(3),
    ms: fc.nat(2),
    again: fc.boolean(),
  })
  .map(({ type, name, device, user, team, traits, block, day, ms, again }) => ({
    again,
    event: {
      type,
      event: name,
      atMs: (block * SPAN_DAYS + 2 * day) * DAY_MS + ms,
      ...(device && { anonymous_id: device }),
      ...(user && { user_id: user }),
      ...(team && { group_id: team }),
      properties: type === 'alias' ? { previousId: 'c' } : traits,
    },
  }));

const anyStep = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      shard: fc.nat(1),
      events: fc.array(anyEvent, { minLength: 1, maxLength: 8 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('store' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('seal' as const, 'settle' as const, 'settle' as const),
      buckets: fc.constant(1),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('keep' as const), buckets: fc.integer({ min: 1, max: 3 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('drop' as const), day: fc.nat(4), name: fc.constantFrom('', 'login') }),
  },
);

const QUESTIONS = [
  { measure: 'count', groupBy: ['person.plan', 'group.size'] },
  { measure: 'users', groupBy: ['person.plan.tier'] },
  { measure: 'users', where: { property: 'person.size', op: 'gte', value: 1 } },
  { measure: 'count', groupBy: ['group.plan', 'person.size'] },
];

describe('kept profiles', () => {
  it('change no answer about traits', { timeout: 120_000 }, async () => {
    let used = 0;
    let rebuilt = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 6, maxLength: 14 }), async (steps) => {
        const world = newWorld();
        let ids = 0;
        for (const step of steps) {
          if (step.do === 'send') {
            const records = step.events.map(({ event, again }) =>
              // Some events get a second copy, perhaps after the first one is sealed and digested.
              record({ ...event, id: again ? `copy${event.atMs}${event.type}` : `e${ids++}` }),
            );
            world.nowMs += 1_000;
            world.append(step.shard, records);
          }
          if (step.do === 'store' || step.do === 'seal' || step.do === 'settle')
            for (const shard of [0, 1]) await world.store(shard);
          if (step.do === 'seal' || step.do === 'settle') await sealAll(world);
          if (step.do === 'keep' || step.do === 'settle') {
            const before = rowsOf(world);
            await keepAll(world, step.buckets);
            if (before.length > 0 && JSON.stringify(before) !== JSON.stringify(rowsOf(world))) rebuilt++;
          }
          if (step.do === 'drop') drop(world, step.name, BLOCKS[0]! * SPAN_DAYS + 2 * step.day);
          if (await answersAgree(world)) used++;
        }
      }),
      { numRuns: 40 },
    );
    // The runs must reach both cases: answers read digests, and digests were rebuilt from other seals.
    expect(used).toBeGreaterThan(10);
    expect(rebuilt).toBeGreaterThan(0);
  });
});

describe('a name that expired after profiles were kept', () => {
  it('uncovers the value before it', async () => {
    const world = newWorld();
    const day = BLOCKS[0]! * SPAN_DAYS;
    world.append(0, [
      identify(day, 1),
      { ...identify(day + 1, 2), strings: { ...identify(day + 1, 2).strings, event: 'login' } },
    ]);
    await world.store(0);
    await sealAll(world);
    await keepAll(world, 1);
    expect(await answersAgree(world)).toBe(true);
    drop(world, 'login', day + 2);
    expect(await answersAgree(world)).toBe(false);
    const { series } = await world.ask({ measure: 'users', groupBy: ['person.size'], ...RANGE }, { rollups: [] });
    expect(series.map(({ key }) => key['person.size'])).toEqual(['1']);
  });
});

describe('the schedule of profiles', () => {
  it('keeps the blocks that are long past, once; reads a file a block and not a file a day', async () => {
    const world = newWorld();
    for (let day = 0; day < SPAN_DAYS; day++) {
      world.append(
        0,
        [BLOCKS[0]!, BLOCKS[2]!]
          .filter((block) => block * SPAN_DAYS + day <= TODAY)
          .map((block) => identify(block * SPAN_DAYS + day, day)),
      );
    }
    await world.store(0);
    await sealAll(world);
    expect((await filesRead(world)).profiles).toBe(0);
    const before = (await filesRead(world)).days;
    await scheduleDigests(ports(world), NOW_MS);
    expect(rowsOf(world).map(({ block }) => block)).toEqual([BLOCKS[0]]);
    // Each person keeps one of the 32 events that give the same trait.
    expect(rowsOf(world)[0]).toMatchObject({ rowCount: 1 });
    const after = await filesRead(world);
    expect([after.profiles, before - after.days]).toEqual([1, SPAN_DAYS]);

    const puts = world.bucket.count('put');
    await scheduleDigests(ports(world), NOW_MS + 7 * 3_600_000);
    expect(world.bucket.count('put')).toBe(puts);
  });

  it('gives the file of other seals to the garbage, an hour before it may go, and what retention dropped', async () => {
    const world = newWorld();
    const day = BLOCKS[0]! * SPAN_DAYS;
    world.append(0, [identify(day, 1)]);
    await world.store(0);
    await sealAll(world);
    await keepAll(world, 1);
    const [first] = rowsOf(world);
    world.append(0, [identify(day + 1, 2)]);
    await world.store(0);
    await keepAll(world, 1);
    expect(rowsOf(world)).toEqual([first]); // the span is dirty, so its days are sealed first
    await sealAll(world);
    await keepAll(world, 1);
    const [second] = rowsOf(world);
    const garbage = () => world.fakeDb.select(`SELECT path, after_ms FROM garbage WHERE path LIKE '%profiles%'`, []);
    expect(second!.path).not.toBe(first!.path);
    expect(garbage()).toEqual([{ path: first!.path, after_ms: NOW_MS + 3_600_000 }]);
    drop(world, '', day + SPAN_DAYS);
    await scheduleDigests(ports(world), NOW_MS);
    expect(rowsOf(world)).toEqual([]);
    expect(garbage()).toHaveLength(2);
  });

  it('keeps nothing of seals that were replaced while it read', async () => {
    const world = newWorld();
    const day = BLOCKS[0]! * SPAN_DAYS;
    world.append(0, [identify(day, 1)]);
    await world.store(0);
    await sealAll(world);
    world.append(0, [identify(day, 2)]);
    world.bucket.before = ({ op, key }) => {
      if (op !== 'put' || !key.includes('profiles/')) return;
      world.fakeDb.select('UPDATE sealed_days SET revision = revision + 1 RETURNING day', []);
    };
    await keepAll(world, 1);
    expect(rowsOf(world)).toEqual([]);
    const files = world.bucket.keys().filter((key) => key.includes('/profiles/'));
    expect(world.fakeDb.select('SELECT path FROM garbage', []).map((row) => (row as { path: string }).path)).toEqual(
      files,
    );
  });
});

function newWorld(): World {
  const world = new World({ nowMs: NOW_MS, shardCount: 2, rollups: [] });
  const hashKey = [1, 2, 3, 4].map((word) => word.toString(16).padStart(8, '0')).join('');
  world.fakeDb.select(
    `INSERT INTO tenants (uid, id, name, regions, timezone, hash_key, created_at_ms) VALUES (?, 'shop', '', '["weur"]', 'UTC', ?, 0)`,
    [UID, hashKey],
  );
  return world;
}

const identify = (day: number, size: number): EventRecord =>
  record({
    id: `i${day}-${size}`,
    type: 'identify',
    event: 'signup',
    user_id: 'u',
    atMs: day * DAY_MS,
    properties: { size },
  });

const ports = (world: World) => ({ db: world.db, lake: world.bucket.binding });

/** Seals every day with stored events. */
async function sealAll(world: World): Promise<void> {
  const rows = world.fakeDb.select('SELECT DISTINCT day FROM segment_days ORDER BY day', []) as { day: number }[];
  const dropped = world.fakeDb.select(`SELECT day_before AS day FROM dropped WHERE tier = 'lake'`, []) as {
    day: number;
  }[];
  for (const { day } of rows) if (day >= (dropped[0]?.day ?? 0)) await world.seal(day);
}

async function keepAll(world: World, buckets: number): Promise<void> {
  for (const block of BLOCKS) await digestSpan(ports(world), { uid: UID, span: block }, NOW_MS, () => buckets);
}

interface Row {
  readonly block: number;
  readonly seals: string;
  readonly path: string;
  readonly rowCount: number;
}
function rowsOf(world: World): Row[] {
  return world.fakeDb.select(
    'SELECT block, seals, path, row_count AS rowCount FROM profiles ORDER BY block, bucket',
    [],
  ) as Row[];
}

/** Records a drop as expiry does: the dropped range only grows. */
function drop(world: World, name: string, dayBefore: number): void {
  world.fakeDb.select(
    `INSERT INTO dropped (uid, tier, name, day_from, day_before, updated_at_ms) VALUES (?1, ?2, ?3, 0, ?4, 0)
       ON CONFLICT DO UPDATE SET day_before = MAX(day_before, excluded.day_before)`,
    [UID, name === '' ? 'lake' : 'event', name, dayBefore],
  );
}

/** Checks that the answers with digests equal those without; true when a digest was read. */
async function answersAgree(world: World): Promise<boolean> {
  world.bucket.calls.length = 0;
  const kept = await answers(world);
  const isUsed = world.bucket.calls.some(({ key }) => key.includes('/profiles/'));
  // An answer that read no digest is itself the reading of all events.
  if (!isUsed) return false;
  const rows = world.fakeDb.select('SELECT * FROM profiles', []) as Record<string, string>[];
  world.fakeDb.select('DELETE FROM profiles', []);
  expect(kept).toEqual(await answers(world));
  for (const row of rows) {
    const names = Object.keys(row);
    world.fakeDb.select(
      `INSERT INTO profiles (${names.join()}) VALUES (${names.map(() => '?').join()})`,
      Object.values(row),
    );
  }
  return true;
}

async function answers(world: World) {
  const all = [];
  for (const question of QUESTIONS) all.push((await world.ask({ ...question, ...RANGE }, { rollups: [] })).series);
  return all;
}

async function filesRead(world: World): Promise<{ profiles: number; days: number }> {
  world.bucket.calls.length = 0;
  await world.ask({ ...QUESTIONS[2], ...RANGE }, { rollups: [] });
  const read = new Set(world.bucket.calls.map(({ key }) => key));
  const count = (part: string) => [...read].filter((key) => key.includes(part)).length;
  return { profiles: count('/profiles/'), days: count('/traits/date=') };
}
