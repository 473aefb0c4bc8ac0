// Questions without bots over tails, parts and seals: of tenants who chose from the start, and of one that is older than the choice.

import { describe, expect, it } from 'vitest';
import { createCohort } from '../../../src/control/cohorts/cohort-store.ts';
import type { EventRecord } from '../../../src/core/event/event.ts';
import { DAY_MS, HOUR_MS, LIMITS } from '../../../src/core/limits.ts';
import { BOT_ROLLUPS, DEFAULT_ROLLUPS, makeRollup, tellingBots } from '../../../src/core/rollup/rollup.ts';
import { record } from '../../support/events.ts';
import { UID, World } from '../support/world.ts';

const NOON_MS = Date.UTC(2026, 2, 10, 12);
const TODAY = { from: '2026-03-10', to: '2026-03-11' };
const COUNT = { measure: 'count', ...TODAY } as const;

let made = 0;
const event = (parts: Partial<Parameters<typeof record>[0]> = {}) =>
  record({ id: `e${made++}`, atMs: NOON_MS - HOUR_MS, user_id: `u${made % 5}`, ...parts });
const bot = (parts: Partial<Parameters<typeof record>[0]> = {}) =>
  event({ device: 'bot', context: { bot: 'user-agent' }, ...parts });
const times = (count: number, make: (index: number) => EventRecord) => Array.from({ length: count }, (_, i) => make(i));

function shop(options: Partial<ConstructorParameters<typeof World>[0]> = {}): World {
  return new World({ nowMs: NOON_MS, bots: 'exclude', rollups: BOT_ROLLUPS, ...options });
}

describe('a question of a tenant who leaves bots out', () => {
  it('is answered from rollups, live, stored and sealed, and says how many bots it left out', async () => {
    const world = shop();
    world.append(0, [...times(3, () => event()), ...times(2, () => bot()), bot({ event: 'Left' })]);
    for (const step of ['live', 'stored', 'sealed']) {
      const [all, byName, people] = await Promise.all([
        world.ask(COUNT),
        world.ask({ ...COUNT, groupBy: ['event'], interval: 'hour' }),
        world.ask({ ...COUNT, measure: 'users' }),
      ]);
      expect([step, all.series[0]!.total, all.meta.bots]).toEqual([
        step,
        3,
        { choice: 'exclude', by: 'tenant', excluded: 3 },
      ]);
      expect(byName.series.map(({ key, total }) => [key.event, total])).toEqual([['Clicked', 3]]);
      expect(people.series[0]!.total).toBe(3);
      for (const { meta } of [all, byName, people]) expect([meta.scannedEvents, meta.sources.lake]).toEqual([0, null]);
      const filtered = await world.ask({ ...COUNT, events: ['Left'] });
      expect([filtered.series[0]?.total ?? 0, filtered.meta.bots?.excluded]).toEqual([0, 1]);
      const whole = await world.ask({ ...COUNT, bots: 'include' });
      expect([whole.series[0]!.total, whole.meta.bots, whole.meta.scannedEvents]).toEqual([6, undefined, 0]);
      if (step === 'live') await world.store(0);
      else await world.seal(NOON_MS / DAY_MS - 0.5);
    }
  });

  it('goes by the device that was found, and not by properties of its name', async () => {
    const world = shop();
    world.append(0, [
      event({ properties: { device: 'bot', bot: true } }),
      event({ context: { bot: false } }),
      bot({ properties: { device: 'kiosk', bot: false } }),
    ]);
    for (const rollups of [BOT_ROLLUPS, []]) {
      const { series, meta } = await world.ask(COUNT, { rollups });
      expect([series[0]!.total, meta.bots?.excluded]).toEqual([2, 1]);
    }
  });

  it('counts bots where it asks for them, and says so', async () => {
    const world = shop();
    world.append(0, [event({ device: 'mobile' }), ...times(2, () => bot())]);
    const named = { choice: 'include', by: 'names' };
    const byDevice = await world.ask({ ...COUNT, groupBy: ['device'] });
    expect(byDevice.series.map(({ key, total }) => [key.device, total])).toEqual([
      ['bot', 2],
      ['mobile', 1],
    ]);
    expect(byDevice.meta.bots).toEqual(named);
    const onlyBots = await world.ask({ ...COUNT, where: { property: 'context.bot', op: 'exists' } });
    expect([onlyBots.series[0]!.total, onlyBots.meta.bots]).toEqual([2, named]);
    const own = await world.ask({ ...COUNT, where: { property: 'bot', op: 'exists', value: false } });
    expect([own.series[0]!.total, own.meta.bots?.excluded]).toEqual([1, 2]);
    const chosen = await world.ask({ ...COUNT, groupBy: ['device'], bots: 'exclude' });
    expect(chosen.series.map(({ key }) => key.device)).toEqual(['mobile']);
    expect(chosen.meta).toMatchObject({ scannedEvents: 0, bots: { choice: 'exclude', by: 'question', excluded: 2 } });
  });

  it('is answered from cells although a crawler reads more pages than a window names', async () => {
    const world = shop();
    const pages = LIMITS.windowCellsMax + 200;
    const page = { type: 'page' as const };
    const crawled = times(pages, (index) => bot({ ...page, path: `/${index}` }));
    for (let at = 0; at < pages; at += 400) world.append(0, crawled.slice(at, at + 400));
    world.append(0, [event({ ...page, path: '/a' }), event({ ...page, path: '/1' })]);
    const where = { property: 'type', op: 'eq', value: 'page' };
    for (const step of ['live', 'stored', 'sealed']) {
      const byPath = await world.ask({ ...COUNT, where, groupBy: ['path'] });
      expect([step, byPath.series.map(({ key }) => key.path)]).toEqual([step, ['/1', '/a']]);
      expect(byPath.meta).toMatchObject({ sources: { lake: null }, bots: { excluded: pages } });
      // Whether the path of a bot beyond the cap is the one asked for is not told: the answer stands, and the number is left out.
      const one = await world.ask({ ...COUNT, where: { and: [where, { property: 'path', op: 'eq', value: '/1' }] } });
      expect([one.series[0]!.total, one.meta.sources.lake, one.meta.bots]).toEqual([
        1,
        null,
        { choice: 'exclude', by: 'tenant' },
      ]);
      if (step === 'live') await world.store(0);
      else await world.seal(NOON_MS / DAY_MS - 0.5);
    }
  });

  it('takes the bots out of the cohorts that it names', async () => {
    const world = shop();
    const who = { events: ['Bought'], days: 5 };
    await createCohort(world.db, UID, { id: 'buyers', name: 'Buyers', who, timezone: 'UTC', createdAtMs: 0 });
    world.append(0, [
      event({ event: 'Bought', user_id: 'ann' }),
      bot({ event: 'Bought', user_id: 'bob' }),
      event({ event: 'Looked', user_id: 'ann' }),
      event({ event: 'Looked', user_id: 'bob' }),
    ]);
    const looked = { ...COUNT, events: ['Looked'], where: { cohort: 'buyers' } };
    const batch = await Promise.all([world.ask(looked), world.ask({ ...looked, bots: 'include' })]);
    expect(batch.map(({ series }) => series[0]!.total)).toEqual([1, 2]);
  });
});

describe('a tenant from before the choice', () => {
  it('counts bots until it says otherwise, from the same rollups as before', async () => {
    const world = new World({ nowMs: NOON_MS });
    world.append(0, [event(), bot()]);
    const { series, meta } = await world.ask(COUNT);
    expect([series[0]!.total, meta.bots, meta.sources.rollups?.rollup]).toEqual([2, undefined, 'people']);
  });

  it('has rows read for earlier days once it leaves bots out, and is told why', async () => {
    const world = shop({ rollups: DEFAULT_ROLLUPS });
    const yesterdayMs = NOON_MS - DAY_MS;
    world.nowMs = yesterdayMs;
    world.append(0, [event({ atMs: yesterdayMs - HOUR_MS }), bot({ atMs: yesterdayMs - HOUR_MS })], DEFAULT_ROLLUPS);
    const days = { measure: 'count', from: '2026-03-09', to: '2026-03-11' };
    const unchanged = await world.ask(days, { rollups: DEFAULT_ROLLUPS });
    expect(unchanged.meta.bots).toEqual({ choice: 'exclude', by: 'tenant', excluded: 1, readsRows: true });
    await world.store(0);
    await world.seal(yesterdayMs / DAY_MS - 0.5);

    world.nowMs = NOON_MS;
    const both = [...DEFAULT_ROLLUPS, ...BOT_ROLLUPS];
    world.append(0, [event(), event(), bot()], both);
    const long = await world.ask(days, { rollups: both });
    expect([long.series[0]!.total, long.meta.bots]).toEqual([
      3,
      { choice: 'exclude', by: 'tenant', excluded: 2, readsRows: true },
    ]);
    const today = await world.ask(COUNT, { rollups: both });
    expect([today.series[0]!.total, today.meta.scannedEvents]).toEqual([2, 0]);
    expect(today.meta.bots).toEqual({ choice: 'exclude', by: 'tenant', excluded: 1 });
    const counted = await world.ask({ ...days, bots: 'include' }, { rollups: both });
    expect([counted.series[0]!.total, counted.meta.scannedEvents]).toEqual([5, 0]);

    // The day is sealed again by command, with the rollups that it lacks.
    await world.seal(yesterdayMs / DAY_MS - 0.5, both);
    const resealed = await world.ask(days, { rollups: both });
    expect([resealed.series[0]!.total, resealed.meta.scannedEvents]).toEqual([3, 0]);
    expect(resealed.meta.bots).toEqual({ choice: 'exclude', by: 'tenant', excluded: 2 });
  });
});

describe('a rollup of the tenant', () => {
  it('tells bots apart once the tenant chose; one from before is passed over', async () => {
    const plain = makeRollup('by plan', { dimensions: ['plan'] });
    const world = shop({ rollups: [...BOT_ROLLUPS, plain, tellingBots(plain)] });
    world.append(0, [event({ properties: { plan: 'pro' } }), bot({ properties: { plan: 'pro' } })]);
    const asked = { ...COUNT, groupBy: ['plan'] };
    const told = await world.ask(asked);
    expect([told.series[0]!.total, told.meta.scannedEvents, told.meta.bots?.excluded]).toEqual([1, 0, 1]);
    const read = await world.ask(asked, { rollups: [...BOT_ROLLUPS, plain] });
    expect([read.series[0]!.total, read.meta.bots]).toEqual([
      1,
      { choice: 'exclude', by: 'tenant', excluded: 1, readsRows: true },
    ]);
    // No rollup has this breakdown in any case, so bots are not the reason.
    expect((await world.ask({ ...COUNT, groupBy: ['size'] })).meta.bots?.readsRows).toBeUndefined();
  });
});
