// Links made later, traits, groups and cohorts in answers, from tails, from the lake, and from both together.

import { describe, expect, it } from 'vitest';
import { createCohort } from '../../../src/control/cohorts/cohort-store.ts';
import type { EventRecord, JsonObject } from '../../../src/core/event/event.ts';
import { DAY_MS, HOUR_MS } from '../../../src/core/limits.ts';
import { record } from '../../support/events.ts';
import { dayOf, UID, World } from '../support/world.ts';

const NOW_MS = Date.UTC(2026, 2, 10, 12, 0, 30);
const YESTERDAY_MS = NOW_MS - DAY_MS;
const RANGE = { from: '2026-03-01', to: '2026-03-12' };

let ids = 0;
const click = (atMs: number, person: object, more: object = {}) =>
  record({ id: `c${ids++}`, atMs, ...person, ...more });
const identify = (atMs: number, person: object, traits: JsonObject = {}) =>
  record({ id: `i${ids++}`, type: 'identify', event: 'identify', atMs, ...person, properties: traits });
const anon = (anonymous_id: string) => ({ anonymous_id });
const user = (user_id: string) => ({ user_id });

type Stage = 'in the shard' | 'stored' | 'sealed';
const STAGES: readonly Stage[] = ['in the shard', 'stored', 'sealed'];

/** Each list came a day before the next one; the last list is still in the shard. */
async function worldOf(stage: Stage, ...lists: (readonly EventRecord[])[]): Promise<World> {
  const world = new World({ nowMs: NOW_MS });
  for (const [index, events] of lists.entries()) {
    world.append(0, events);
    if (stage === 'in the shard' || index === lists.length - 1) continue;
    await world.store(0);
    if (stage === 'sealed') for (const day of new Set(events.map(({ atMs }) => dayOf(atMs)))) await world.seal(day);
  }
  return world;
}

const total = async (world: World, body: object) =>
  (await world.ask({ measure: 'users', ...RANGE, ...body })).series[0]!.total;
const totals = async (world: World, body: object) => {
  const { series } = await world.ask({ measure: 'count', ...RANGE, ...body });
  return Object.fromEntries(series.map(({ key, total }) => [Object.values(key)[0] ?? 'null', total]));
};

describe.each(STAGES)('people whose first events are %s', (stage) => {
  it('are one with their device once they were identified, for earlier days too', async () => {
    const before = [click(YESTERDAY_MS, anon('a1')), click(YESTERDAY_MS, anon('a2')), click(YESTERDAY_MS, user('u1'))];
    const world = await worldOf(stage, before, [click(NOW_MS, user('u1'))]);
    expect(await total(world, {})).toBe(3);
    world.append(0, [identify(NOW_MS, { anonymous_id: 'a1', user_id: 'u1' })]);
    expect(await total(world, {})).toBe(2);
    expect(await total(world, { to: '2026-03-10' })).toBe(2);
    await world.store(0);
    expect(await total(world, {})).toBe(2);
    world.append(0, [identify(NOW_MS, { anonymous_id: 'a2', user_id: 'u1' })]);
    const answer = await world.ask({ measure: 'users', ...RANGE, interval: 'day' });
    expect(answer.series[0]!.total).toBe(1);
    expect(answer.series[0]!.points.map(({ value }) => value)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0]);
    expect(answer.meta.identityAsOf).toBe(new Date(NOW_MS).toISOString());
  });

  it('stay two when two of them share a device', async () => {
    const first = [
      identify(YESTERDAY_MS, { anonymous_id: 'tablet', user_id: 'mum' }),
      click(YESTERDAY_MS, anon('tablet')),
    ];
    const world = await worldOf(stage, first, [
      identify(NOW_MS, { anonymous_id: 'tablet', user_id: 'dad' }),
      click(NOW_MS, user('dad')),
    ]);
    expect(await total(world, {})).toBe(2);
  });

  it('are filtered and broken down by their latest traits', async () => {
    const before = [
      click(YESTERDAY_MS, anon('a1')),
      identify(YESTERDAY_MS, { anonymous_id: 'a1', user_id: 'u1' }, { plan: 'free', age: 30 }),
      click(YESTERDAY_MS, user('u2')),
      click(YESTERDAY_MS, {}),
    ];
    const world = await worldOf(stage, before, [click(NOW_MS, user('u1'))]);
    const clicks = { events: ['Clicked'] };
    expect(await totals(world, { ...clicks, groupBy: ['person.plan'] })).toEqual({ free: 2, null: 2 });
    world.append(0, [identify(NOW_MS, user('u1'), { plan: 'pro' })]);
    expect(await totals(world, { ...clicks, groupBy: ['person.plan'] })).toEqual({ pro: 2, null: 2 });
    const pro = { property: 'person.plan', op: 'eq', value: 'pro' };
    expect(await total(world, { ...clicks, where: pro })).toBe(1);
    expect(await total(world, { ...clicks, where: { not: pro } })).toBe(1);
    expect(await totals(world, { measure: { max: 'person.age' }, ...clicks })).toEqual({ null: 30 });
  });

  it('are broken down by how they first came', async () => {
    const visit = (atMs: number, path: string, utm_source: string | null) =>
      click(atMs, user('u1'), { type: 'page', event: 'page', path, utm_source });
    const world = await worldOf(stage, [visit(YESTERDAY_MS, '/in', 'ad')], [visit(NOW_MS, '/again', 'mail')]);
    expect(await totals(world, { groupBy: ['person.first_touch.utm_source'] })).toEqual({ ad: 2 });
    expect(await totals(world, { groupBy: ['person.last_touch.path'] })).toEqual({ '/again': 2 });
  });

  it('belong to groups, which are counted and have traits', async () => {
    const inGroup = (group_id: string | null) => ({ ...user('u1'), group_id });
    const group = (atMs: number, group_id: string, properties: JsonObject) =>
      click(atMs, inGroup(group_id), { type: 'group', event: 'group', properties });
    const before = [click(YESTERDAY_MS, inGroup('acme')), group(YESTERDAY_MS, 'acme', { plan: 'team' })];
    const world = await worldOf(stage, before, [
      click(NOW_MS, inGroup('beta')),
      click(NOW_MS, inGroup('acme')),
      click(NOW_MS, inGroup(null)),
    ]);
    const answer = await world.ask({ measure: 'groups', ...RANGE, events: ['Clicked'], interval: 'day' });
    expect(answer.series[0]!.total).toBe(2);
    expect(answer.series[0]!.points.map(({ value }) => value).slice(8)).toEqual([1, 2, 0]);
    expect(await totals(world, { events: ['Clicked'], groupBy: ['group.plan'] })).toEqual({ team: 2, null: 2 });
  });

  it('are in a cohort by what they did and who they are', async () => {
    const bought = (atMs: number, person: object, price = 1) =>
      click(atMs, person, { event: 'Bought', properties: { price } });
    const before = [
      ...[1, 2].map((hours) => bought(YESTERDAY_MS - hours * HOUR_MS, anon('a1'))),
      bought(YESTERDAY_MS, user('u2')),
      click(YESTERDAY_MS, user('u3')),
      click(YESTERDAY_MS, {}),
      identify(YESTERDAY_MS, user('u3'), { plan: 'pro' }),
    ];
    const world = await worldOf(stage, before, [bought(NOW_MS, user('u1'), 9)]);
    const save = (id: string, cohort: object) =>
      createCohort(world.db, UID, { id, name: id, who: cohort, timezone: 'UTC', createdAtMs: 0 });
    await save('often', { events: ['Bought'], count: { gte: 3 }, days: 30 });
    await save('never', { events: ['Bought'], count: { lte: 0 }, days: 30 });
    await save('today', { events: ['Bought'], from: '2026-03-10', to: '2026-03-11' });
    await save('good', {
      or: [
        { events: ['Bought'], days: 30, where: { property: 'price', op: 'gt', value: 5 } },
        { property: 'person.plan', op: 'eq', value: 'pro' },
      ],
    });
    await save('not-often', { not: { events: ['Bought'], count: { gte: 3 }, days: 30 } });
    const people = (cohort: string) => total(world, { where: { cohort } });
    expect(await people('often')).toBe(0);
    world.append(0, [identify(NOW_MS, { anonymous_id: 'a1', user_id: 'u1' })]);
    expect(await people('often')).toBe(1);
    expect(await people('never')).toBe(1);
    expect(await people('today')).toBe(1);
    expect(await people('good')).toBe(2);
    expect(await people('not-often')).toBe(2);
    expect(await total(world, { where: { and: [{ cohort: 'good' }, { not: { cohort: 'often' } }] } })).toBe(1);
    expect(await totals(world, { events: ['Bought', 'Clicked'], where: { not: { cohort: 'often' } } })).toEqual({
      null: 3,
    });
    await expect(people('of-another')).rejects.toThrow('cohort-unknown');
  });
});

describe('counting people from rollups', () => {
  /** More than a thousand people, so that the cell of the day holds a sketch. */
  const crowd = Array.from({ length: 1_200 }, (_, i) => click(YESTERDAY_MS - i, anon(`crowd-${i}`)));

  it('goes by links while the cells hold the people themselves', async () => {
    const world = await worldOf('sealed', [click(YESTERDAY_MS, anon('a1')), click(YESTERDAY_MS, user('u1'))], []);
    world.append(0, [identify(NOW_MS, { anonymous_id: 'a1', user_id: 'u1' })]);
    const answer = await world.ask({ measure: 'users', ...RANGE });
    expect(answer.series[0]!.total).toBe(1);
    expect(answer.meta.sources.rollups).not.toBeNull();
  });

  it('is left to the lake once a sketch cannot tell whom it holds', async () => {
    const world = await worldOf('sealed', crowd, []);
    const before = await world.ask({ measure: 'users', ...RANGE, interval: 'day' });
    expect(before.meta.sources.rollups).not.toBeNull();
    world.append(0, [identify(NOW_MS, { anonymous_id: 'crowd-7', user_id: 'u1' }), click(NOW_MS, user('u1'))]);
    const after = await world.ask({ measure: 'users', ...RANGE });
    expect(after.meta.sources.lake).not.toBeNull();
    expect(after.series[0]!.total).toBe(1_200);
    expect(after.meta.estimated).toBeUndefined();
    expect((await world.ask({ measure: 'count', ...RANGE })).meta.sources.rollups).not.toBeNull();
  });
});

describe('traits of sealed days', () => {
  const before = [
    ...Array.from({ length: 50 }, (_, i) => click(YESTERDAY_MS - i, user('u1'))),
    identify(YESTERDAY_MS, user('u1'), { plan: 'free' }),
  ];
  const byPlan = { events: ['Clicked'], groupBy: ['person.plan'] };

  it('are read from the few events that have them', async () => {
    const world = await worldOf('sealed', before, []);
    const { series, meta } = await world.ask({ measure: 'count', ...RANGE, ...byPlan });
    expect(series.map(({ key, total }) => [key, total])).toEqual([[{ 'person.plan': 'free' }, 50]]);
    expect(meta.scannedEvents).toBe(51 + 1);
    const paths = world.bucket.keys().filter((path) => path.includes('/traits/'));
    expect(paths).toEqual([
      expect.stringMatching(/^lake\/v1\/tenant-uid\/traits\/date=2026-03-09\/0-[0-9a-f]+\.parquet$/),
    ]);
  });

  it('follow a new seal, whose file takes the place of the old one', async () => {
    const world = await worldOf('sealed', before, []);
    world.append(0, [identify(YESTERDAY_MS + 1, user('u1'), { plan: 'late' })]);
    await world.store(0);
    expect(await totals(world, byPlan)).toEqual({ late: 50 });
    await world.seal(dayOf(YESTERDAY_MS));
    expect(await totals(world, byPlan)).toEqual({ late: 50 });
    const garbage = (world.fakeDb.select('SELECT path FROM garbage', []) as { path: string }[]).map(({ path }) => path);
    expect(garbage.filter((path) => path.includes('/traits/'))).toHaveLength(1);
  });

  it('are read from all events where a seal of old left no such file', async () => {
    const world = await worldOf('sealed', before, []);
    world.fakeDb.select('UPDATE segments SET traits_rows = NULL, traits_footer = NULL', []);
    expect(await totals(world, byPlan)).toEqual({ free: 50 });
  });
});
