// Questions whose answers once differed from what a reader would count: each from the shards, from the lake, and sealed.

import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/event/event.ts';
import { HOUR_MS } from '../../../src/core/limits.ts';
import { DEFAULT_ROLLUPS, makeRollup } from '../../../src/core/rollup/rollup.ts';
import { reportAnswerSchema } from '../../../src/wire/query.ts';
import { randomFrom } from '../../lake/generate.ts';
import { record } from '../../support/events.ts';
import { dayOf, World } from '../support/world.ts';

const DAY_START_MS = Date.UTC(2026, 10, 20);
const RANGE = { from: '2026-11-20', to: '2026-11-21' };

async function sealedWorld(records: readonly ReturnType<typeof record>[], rollups = DEFAULT_ROLLUPS): Promise<World> {
  const world = new World({ nowMs: DAY_START_MS + 30 * HOUR_MS, rollups });
  world.append(0, records);
  await world.store(0);
  await world.seal(dayOf(DAY_START_MS));
  return world;
}

const withValues = (values: readonly JsonObject[string][]) =>
  values.map((v, index) =>
    record({ id: `v${index}`, atMs: DAY_START_MS + index, event: 'P', user_id: 'a', properties: { v } }),
  );

async function ask(world: World, body: object) {
  const answer = await world.ask({ ...RANGE, ...body });
  expect(reportAnswerSchema.safeParse(answer).success).toBe(true);
  return answer;
}

describe('people by the hour', () => {
  const people = (count: number) =>
    Array.from({ length: count }, (_, index) =>
      record({
        id: `p${index}`,
        atMs: DAY_START_MS + (index % 24) * HOUR_MS,
        event: 'pv',
        anonymous_id: `an${index}`,
        country: index % 3 === 0 ? 'DE' : 'FR',
      }),
    );
  const users = { measure: 'users', events: ['pv'] };

  it('have the exact total of a sealed day, as any other interval has', async () => {
    const world = await sealedWorld(people(3_000));
    for (const interval of [undefined, 'hour', 'day']) {
      const { series, meta } = await ask(world, { ...users, interval });
      expect({ interval, total: series[0]!.total, estimated: meta.estimated }).toEqual({ interval, total: 3_000 });
      expect(meta.sources.lake).toBeNull();
    }
    const { series } = await ask(world, { ...users, interval: 'hour' });
    expect(series[0]!.points.map(({ value }) => value)).toEqual(new Array(24).fill(125));
  });

  it('have it by group, and in a range that cuts another day', async () => {
    const world = await sealedWorld(people(3_000));
    const byCountry = await ask(world, { measure: 'users', groupBy: ['country'], interval: 'hour', top: 1 });
    expect(byCountry.series.map(({ key, other, total }) => [key.country, other, total])).toEqual([
      ['FR', undefined, 2_000],
      [null, true, 1_000],
    ]);
    expect(byCountry.meta).not.toHaveProperty('estimated');
    const untilNoon = await ask(world, { ...users, interval: 'hour', from: '2026-11-19T12:00:00Z' });
    expect(untilNoon.series[0]!.total).toBe(3_000);
  });

  it('are told as an estimate where no seal has counted the day', async () => {
    const world = new World({ nowMs: DAY_START_MS + 30 * HOUR_MS });
    world.append(0, people(3_000));
    const { series, meta } = await ask(world, { ...users, interval: 'hour' });
    expect(meta.estimated).toBe(true);
    expect(Math.abs(series[0]!.total! - 3_000)).toBeLessThan(200);
  });
});

describe('numbers sent as text', () => {
  it('are told by a statistic, and counted when asked to', async () => {
    const world = await sealedWorld(withValues([10, '10', '5.5']));
    const plain = await ask(world, { measure: { sum: 'v' } });
    expect(plain).toMatchObject({
      series: [{ total: 10 }],
      meta: { values: { property: 'v', events: 3, numbers: 1, texts: 2 } },
    });
    const counted = await ask(world, { measure: { sum: 'v' }, textNumbers: true });
    expect(counted).toMatchObject({ series: [{ total: 25.5 }], meta: { values: { numbers: 3, texts: 0 } } });
    expect(await ask(world, { measure: { p50: 'v' }, textNumbers: true })).toMatchObject({ series: [{ total: 10 }] });
    expect((await ask(world, { measure: 'count', textNumbers: true })).meta).not.toHaveProperty('values');
  });

  it('are numbers as people write them, and nothing else', async () => {
    const world = await sealedWorld(withValues([' 1 ', '+2', '.5', '1e2', '', ' ', 'x', '0x10', '1,5', '12 €', true]));
    const { series, meta } = await ask(world, { measure: { sum: 'v' }, textNumbers: true });
    expect(series[0]!.total).toBe(103.5);
    expect(meta.values).toEqual({ property: 'v', events: 11, numbers: 4, texts: 6 });
  });

  it('are read from the events where a rollup would not know them', async () => {
    const rollups = [...DEFAULT_ROLLUPS, makeRollup('sums', { numbers: ['v'] })];
    const world = await sealedWorld(withValues([10, '10', '5.5']), rollups);
    const plain = await ask(world, { measure: { sum: 'v' } });
    expect(plain.meta).toMatchObject({
      sources: { lake: null },
      values: { property: 'v', events: 3, numbers: 1, texts: null },
    });
    expect((await ask(world, { measure: { sum: 'v' }, textNumbers: true })).series[0]!.total).toBe(25.5);
  });

  it('are found by a filter on what a breakdown shows', async () => {
    const world = await sealedWorld(withValues([10, '10', '5.5', true, 'true', [1, 'a'], '[1,"a"]', { b: 2 }, null]));
    const shown = await ask(world, { measure: 'count', groupBy: ['v'] });
    expect(shown.series.length).toBe(6);
    for (const { key, total } of shown.series) {
      const where = { property: 'v', op: 'eq', value: key.v };
      expect({ key, total: (await ask(world, { measure: 'count', where })).series[0]!.total }).toEqual({ key, total });
    }
    const some = { property: 'v', op: 'in', value: ['10', '5.5'] };
    expect((await ask(world, { measure: 'count', where: some })).series[0]!.total).toBe(3);
    const typed = { property: 'v', op: 'eq', value: 10 };
    expect((await ask(world, { measure: 'count', where: typed })).series[0]!.total).toBe(1);
  });
});

describe('distinct values', () => {
  it('are as many as a breakdown shows', async () => {
    const world = await sealedWorld(withValues([10, '10', '5.5', null, 'a', 'a', true, { b: 1 }]));
    expect((await ask(world, { measure: { distinct: 'v' } })).series[0]!.total).toBe(5);
    const where = { property: 'v', op: 'eq', value: 'nothing' };
    expect((await ask(world, { measure: { distinct: 'v' }, where })).series[0]!.total).toBe(0);
  });

  it('are counted by group and interval, and once for the total', async () => {
    const skus = ['a', 'b', 'a', 'c', 'a', 'b'];
    const records = skus.map((sku, index) =>
      record({
        id: sku + index,
        atMs: DAY_START_MS + index * HOUR_MS,
        user_id: 'u',
        country: index < 3 ? 'DE' : 'FR',
        properties: { sku },
      }),
    );
    const world = await sealedWorld(records);
    const { series } = await ask(world, { measure: { distinct: 'sku' }, groupBy: ['country'], interval: 'day' });
    expect(series.map(({ key, total, points }) => [key.country, total, points[0]!.value])).toEqual([
      ['FR', 3, 3],
      ['DE', 2, 2],
    ]);
    expect((await ask(world, { measure: { distinct: 'sku' }, interval: 'hour' })).series[0]!.total).toBe(3);
    expect((await ask(world, { measure: { distinct: 'country' } })).series[0]!.total).toBe(2);
  });

  it('are told apart beyond the length that a breakdown shows', async () => {
    const long = 'x'.repeat(300);
    const world = await sealedWorld(withValues([`${long}1`, `${long}2`, `${long}1`]));
    expect((await ask(world, { measure: { distinct: 'v' } })).series[0]!.total).toBe(2);
  });
});

describe('any events', () => {
  const VALUES = [10, '10', '5.5', 5.5, 'Blog', 'blog', 'BLOG/a', '/blog', 'straße', true, 'true', null, [1], '[1]'];
  const shown = (value: (typeof VALUES)[number]) => (Array.isArray(value) ? JSON.stringify(value) : String(value));
  const lower = (value: unknown) => (typeof value === 'string' ? value.toLowerCase() : null);
  /** Conditions with the same written out over single values. */
  const CONDITIONS: readonly [object, (value: (typeof VALUES)[number]) => boolean][] = [
    [{ op: 'eq', value: '10' }, (value) => value === 10 || value === '10'],
    [{ op: 'eq', value: 5.5 }, (value) => value === 5.5],
    [{ op: 'in', value: ['true', '[1]'] }, (value) => value !== null && ['true', '[1]'].includes(shown(value))],
    [{ op: 'startsWith', value: 'BLOG' }, (value) => value === 'BLOG/a'],
    [{ op: 'startsWith', value: 'BLOG', caseInsensitive: true }, (value) => lower(value)?.indexOf('blog') === 0],
    [{ op: 'endsWith', value: 'og' }, (value) => value === 'Blog' || value === 'blog' || value === '/blog'],
    [{ op: 'eq', value: 'bLOG', caseInsensitive: true }, (value) => lower(value) === 'blog'],
    [{ op: 'neq', value: 'bLOG', caseInsensitive: true }, (value) => lower(value) !== 'blog'],
    [{ op: 'contains', value: 'STRASSE', caseInsensitive: true }, (value) => value === 'straße'],
    [{ op: 'in', value: ['BLOG', null], caseInsensitive: true }, (v) => v === null || lower(v) === 'blog'],
  ];

  it.each([1, 2, 3])('are found and counted as by hand, seed %i', async (seed) => {
    const random = randomFrom(seed);
    const values = Array.from({ length: 80 }, () => VALUES[Math.floor(random() * VALUES.length)]!);
    const world = await sealedWorld(withValues(values.slice(0, 50)));
    world.append(0, withValues(values).slice(50));
    for (const [condition, holds] of CONDITIONS) {
      const where = { property: 'v', ...condition };
      const met = values.filter(holds);
      const total = async (measure: unknown) => (await ask(world, { measure, where })).series[0]!.total;
      expect({ condition, count: await total('count') }).toEqual({ condition, count: met.length });
      const distinct = new Set(met.filter((value) => value !== null).map(shown)).size;
      expect({ condition, distinct: await total({ distinct: 'v' }) }).toEqual({ condition, distinct });
    }
    const numbers = values.filter((value) => value === 10 || value === '10' || value === 5.5 || value === '5.5');
    const { series, meta } = await ask(world, { measure: { sum: 'v' }, textNumbers: true });
    expect(series[0]!.total).toBe(numbers.reduce<number>((sum, value) => sum + Number(value), 0));
    expect(meta.values?.numbers).toBe(numbers.length);
  });
});

describe('pages of series', () => {
  it('go on by rank to the last, and add up to the whole', async () => {
    const values = Array.from({ length: 60 }, (_, index) => `v${index % 17}`);
    const world = await sealedWorld(withValues([...values, null]));
    const whole = await ask(world, { measure: 'count', groupBy: ['v'] });
    expect(whole).not.toHaveProperty('cursor');
    const found: unknown[] = [];
    let cursor: string | undefined;
    let left = 61;
    do {
      const page = await ask(world, { measure: 'count', groupBy: ['v'], top: 5, ...(cursor && { cursor }) });
      const listed = page.series.filter(({ other }) => !other);
      found.push(...listed);
      left -= listed.reduce((sum, { total }) => sum + total!, 0);
      expect(page.series.find(({ other }) => other)?.total ?? 0).toBe(left);
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(found).toEqual(whole.series);
  });
});
