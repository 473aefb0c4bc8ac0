// The reading rules, one by one: which events count, from which source, and the meta of the answer.

import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/limits.ts';
import { DEFAULT_ROLLUPS, makeRollup } from '../../../src/core/rollup/rollup.ts';
import { isoTime } from '../../../src/core/std/instant.ts';
import { record } from '../../support/events.ts';
import { expectLog } from '../../support/expect-log.ts';
import { listingOf } from '../../support/fake-directory.ts';
import { dayOf, UID, World } from '../support/world.ts';

const NOON_MS = Date.parse('2024-05-10T12:00:00Z');
const WEEK = { from: '2024-05-05', to: '2024-05-12' };
const COUNT = { measure: 'count', ...WEEK };

let made = 0;
const events = (count: number, atMs: number, more: object = {}) =>
  Array.from({ length: count }, () => record({ id: `e${made++}`, atMs, anonymous_id: `a${made % 5}`, ...more }));
const worldAt = (nowMs = NOON_MS, more: object = {}) => new World({ nowMs, ...more });
const totalOf = async (world: World, body: object = COUNT, options = {}) =>
  (await world.ask(body, options)).series[0]?.total;

describe('an event', () => {
  it('is in the very next answer, whether it is in the shard, stored, or stored and not confirmed', async () => {
    const world = worldAt();
    world.append(0, events(3, NOON_MS - MINUTE_MS));
    expect(await totalOf(world)).toBe(3);
    await world.store(0, { confirm: false });
    expect(await totalOf(world)).toBe(3);
    expect(await totalOf(world, COUNT, { rollups: [] })).toBe(3);
    await world.store(0);
    world.append(0, events(2, NOON_MS));
    expect(await totalOf(world)).toBe(5);
    expect(await totalOf(world, COUNT, { rollups: [] })).toBe(5);
  });

  it('is counted once when a seal holds it before its shard knows that it is stored', async () => {
    const world = worldAt();
    world.append(0, events(4, NOON_MS - DAY_MS));
    await world.store(0, { confirm: false });
    await world.seal(dayOf(NOON_MS - DAY_MS));
    const answer = await world.ask(COUNT);
    expect(answer.series[0]?.total).toBe(4);
    expect(answer.meta.sources.lake).not.toBe(null);
    await world.store(0);
    expect((await world.ask(COUNT)).meta.sources).toMatchObject({ lake: null, rollups: { sealedDays: 1 } });
  });

  it('stored, confirmed and sealed between asking the shard and reading D1 is counted once', async () => {
    const world = worldAt();
    world.append(0, events(4, NOON_MS - DAY_MS));
    let stored = false;
    const shard = world.shards[0]!;
    const ask = shard.live.bind(shard);
    shard.live = async (request) => {
      const reply = await ask(request);
      if (!stored) {
        stored = true;
        await world.store(0);
        await world.seal(dayOf(NOON_MS - DAY_MS));
      }
      return reply;
    };
    expect(await totalOf(world)).toBe(4);
    expect(stored).toBe(true);
  });

  it('late for a sealed day is added to what the seal counted, and is a correction', async () => {
    const world = worldAt();
    world.append(0, events(4, NOON_MS - DAY_MS));
    world.append(0, events(1, NOON_MS));
    await world.store(0);
    await world.seal(dayOf(NOON_MS - DAY_MS));
    const before = await world.ask(COUNT);
    world.append(0, events(2, NOON_MS - DAY_MS));
    const live = await world.ask(COUNT);
    expect(live.series[0]?.total).toBe(7);
    expect(live.meta.revision).toBe(before.meta.revision + 2);
    await world.store(0);
    expect(await world.ask(COUNT)).toMatchObject({ series: [{ total: 7 }], meta: { revision: live.meta.revision } });
    await world.seal(dayOf(NOON_MS - DAY_MS));
    expect(await totalOf(world)).toBe(7);
  });

  it('older than the allowed lateness is pending until its day is sealed, and in the lake at once', async () => {
    const world = worldAt(NOON_MS, {});
    const range = { measure: 'count', from: '2024-04-28', to: '2024-05-12' };
    world.append(0, events(1, NOON_MS));
    world.append(0, events(3, NOON_MS - 9 * DAY_MS));
    expect(await world.ask(range)).toMatchObject({ series: [{ total: 1 }], meta: { pending: 3, complete: false } });
    await world.store(0);
    expect(await world.ask(range)).toMatchObject({ series: [{ total: 1 }], meta: { pending: 3, complete: false } });
    expect(await world.ask(range, { rollups: [] })).toMatchObject({ series: [{ total: 4 }], meta: { pending: 0 } });
    expect(await world.ask({ ...range, exact: true })).toMatchObject({ series: [{ total: 4 }], meta: { pending: 0 } });
    expect((await world.ask(range)).meta).not.toHaveProperty('undecided');
    await world.seal(dayOf(NOON_MS - 9 * DAY_MS));
    expect(await world.ask(range)).toMatchObject({ series: [{ total: 4 }], meta: { pending: 0 } });
  });

  it('that may be a copy of a forgotten one is undecided until the seal of its day compares ids', async () => {
    const world = worldAt();
    const range = { measure: 'count', from: '2024-04-28', to: '2024-05-12' };
    const atMs = NOON_MS - 2 * DAY_MS;
    const known = events(2, atMs);
    world.append(0, known);
    await world.store(0);
    world.shards[0]!.engine.forgetBefore(NOON_MS + 30 * DAY_MS);
    world.shards[0]!.engine.restoreIdHorizon(NOON_MS - DAY_MS);
    world.append(0, [known[0]!, ...events(3, atMs), ...events(1, NOON_MS - 9 * DAY_MS)]);
    const meta = { pending: 5, undecided: 4, complete: false };
    expect(await world.ask(range)).toMatchObject({ series: [{ total: 2 }], meta });
    await world.store(0);
    expect(await world.ask(range)).toMatchObject({ series: [{ total: 2 }], meta });
    const decided = await world.ask({ ...range, exact: true });
    expect(decided).toMatchObject({ series: [{ total: 6 }], meta: { pending: 0 } });
    expect(decided.meta).not.toHaveProperty('undecided');
    await world.seal(dayOf(atMs));
    await world.seal(dayOf(NOON_MS - 9 * DAY_MS));
    const sealed = await world.ask(range);
    expect(sealed).toMatchObject({ series: [{ total: 6 }], meta: { pending: 0 } });
    expect(sealed.meta).not.toHaveProperty('undecided');
  });
});

describe('a part', () => {
  it('that came back after its day was sealed is ignored', async () => {
    const world = worldAt();
    world.append(0, events(4, NOON_MS - DAY_MS));
    await world.store(0);
    const { results } = await world.db.prepare('SELECT * FROM parts').all<Record<string, unknown>>();
    await world.seal(dayOf(NOON_MS - DAY_MS));
    await world.db.prepare('DELETE FROM parts').run();
    for (const row of results) {
      const columns = Object.keys(row);
      await world.db
        .prepare(`INSERT INTO parts (${columns.join()}) VALUES (${columns.map(() => '?').join()})`)
        .bind(...Object.values(row))
        .run();
    }
    expect(await totalOf(world)).toBe(4);
  });

  it('of two days counts only for the one that is not sealed', async () => {
    const world = worldAt();
    world.append(0, [...events(4, NOON_MS - DAY_MS), ...events(3, NOON_MS)]);
    await world.store(0);
    await world.seal(dayOf(NOON_MS - DAY_MS));
    expect(await totalOf(world)).toBe(7);
    expect((await world.ask({ ...COUNT, interval: 'day' })).series[0]?.points.map(({ value }) => value)).toEqual([
      0, 0, 0, 0, 4, 3, 0,
    ]);
  });

  it('still to be confirmed is left to its shard, on both paths', async () => {
    const world = worldAt();
    world.append(0, events(4, NOON_MS));
    await world.store(0, { confirm: false });
    expect((await world.ask(COUNT)).meta.sources.rollups?.parts).toBe(0);
    expect((await world.ask(COUNT, { rollups: [] })).meta.sources.lake?.segments).toBe(0);
    expect(await totalOf(world)).toBe(4);
  });
});

describe('an answer', () => {
  it('is incomplete while a window of its range is open, and complete once none is', async () => {
    const world = worldAt();
    world.append(0, events(1, NOON_MS - 2 * DAY_MS));
    world.append(0, events(1, NOON_MS));
    expect((await world.ask(COUNT)).meta).toMatchObject({
      complete: false,
      asOf: new Date(NOON_MS - 30_000).toISOString(),
    });
    expect((await world.ask({ ...COUNT, to: '2024-05-10' })).meta.complete).toBe(true);
  });

  it('of a tenant without events is complete and as of now', async () => {
    const { series, meta } = await worldAt().ask(COUNT);
    expect(series).toEqual([{ key: {}, total: 0, points: [] }]);
    expect(meta).toMatchObject({ complete: true, asOf: new Date(NOON_MS).toISOString(), pending: 0, revision: 0 });
  });

  it('without one of the shards counts what it stored, and says that it is missing', async () => {
    const world = worldAt(NOON_MS, { shardCount: 2 });
    for (const shard of [0, 1]) {
      world.append(shard, events(3, NOON_MS - DAY_MS));
      world.append(shard, events(1, NOON_MS));
      await world.store(shard);
      world.append(shard, events(2, NOON_MS));
    }
    world.shards[1]!.isDown = true;
    for (const rollups of [DEFAULT_ROLLUPS, []]) {
      const { series, meta } = await world.ask({ ...COUNT, to: '2024-05-10' }, { rollups });
      expect(series[0]?.total).toBe(6);
      expect(meta).toMatchObject({ complete: false, sources: { live: { shards: 2, answered: 1 } } });
      expect(await totalOf(world, COUNT, { rollups })).toBe(10);
    }
    expectLog('query.shard', { message: 'Error: the shard is down', address: { index: 1 } });
  });

  it('is refused when the list of shards cannot be read', async () => {
    const { listShards } = await import('../../../src/query/view/shards.ts');
    const directory = listingOf(() => Promise.reject(new Error('down')));
    await expect(listShards(directory, UID)).rejects.toMatchObject({ status: 503, code: 'directory-unavailable' });
  });

  it('reads a tail again that was stored away between two pages', async () => {
    const world = worldAt();
    const [shard] = world.shards;
    shard!.blocksPerPage = 2;
    for (let n = 0; n < 7; n++) world.append(0, events(1, NOON_MS - n * HOUR_MS));
    let pages = 0;
    shard!.beforeTailPage = async () => {
      pages++;
      if (pages === 2) await world.store(0);
    };
    expect(await totalOf(world, COUNT, { rollups: [] })).toBe(7);
    expect(pages).toBeGreaterThan(2);
  });

  it('goes to the lake where a stretch was made without the rollup, and to another rollup that has it', async () => {
    const byPlan = makeRollup('plans', { dimensions: ['plan'] });
    const world = worldAt(NOON_MS, { rollups: [...DEFAULT_ROLLUPS, byPlan] });
    world.append(0, events(2, NOON_MS - HOUR_MS, { properties: { plan: 'pro' } }), DEFAULT_ROLLUPS);
    world.append(0, events(1, NOON_MS, { properties: { plan: 'pro' } }));
    const question = { ...COUNT, groupBy: ['plan'] };
    expect(await world.ask(question)).toMatchObject({
      series: [{ key: { plan: 'pro' }, total: 3 }],
      meta: { sources: { rollups: null } },
    });
    await world.store(0);
    expect(await world.ask(question)).toMatchObject({ series: [{ total: 3 }], meta: { sources: { rollups: null } } });
    const people = makeRollup('again', { where: { property: 'event', op: 'exists' } });
    expect(
      (await world.ask({ ...COUNT, where: people.where }, { rollups: [people, ...DEFAULT_ROLLUPS] })).meta.sources
        .rollups,
    ).toMatchObject({
      rollup: 'events',
    });
  });

  it('reads the rows of minutes that a bound cuts, and the lake where a shard does not tell them', async () => {
    const world = worldAt();
    world.append(0, events(3, NOON_MS - 20 * MINUTE_MS));
    world.append(0, events(2, NOON_MS - 30 * MINUTE_MS + 1));
    await world.store(0);
    world.append(0, events(4, NOON_MS - 1));
    const cut = { measure: 'count', from: isoTime(NOON_MS - 30 * MINUTE_MS + 2), to: isoTime(NOON_MS - 1) };
    expect(await world.ask(cut)).toMatchObject({
      series: [{ total: 3 }],
      meta: { sources: { rollups: { rollup: 'people' }, lake: null }, scannedEvents: 5 },
    });
    const wider = { measure: 'count', from: isoTime(NOON_MS - 30 * MINUTE_MS + 1), to: isoTime(NOON_MS + 1) };
    expect(await world.ask(wider)).toMatchObject({ series: [{ total: 9 }], meta: { sources: { lake: null } } });
    const live = world.shards[0]!.live;
    world.shards[0]!.live = async (request) => {
      const { sliceCells: _, ...earlier } = await live.call(world.shards[0]!, request);
      return earlier;
    };
    expect(await world.ask(wider)).toMatchObject({ series: [{ total: 9 }], meta: { sources: { rollups: null } } });
  });

  it('counts to the end of its minute where a bound lies in the future, from either source', async () => {
    const world = worldAt(NOON_MS);
    world.append(0, events(1, NOON_MS + 50_000));
    const to = isoTime(NOON_MS + 10_000);
    for (const rollups of [DEFAULT_ROLLUPS, []]) {
      const answer = await world.ask({ ...COUNT, to, interval: 'minute', from: isoTime(NOON_MS) }, { rollups });
      expect(answer.series).toEqual([{ key: {}, total: 1, points: [{ at: isoTime(NOON_MS), value: 1 }] }]);
    }
  });

  it('reads the lake for a cut minute while events of its day are pending', async () => {
    const world = worldAt(NOON_MS - 8 * DAY_MS);
    world.append(0, events(2, NOON_MS - 8 * DAY_MS));
    world.nowMs = NOON_MS;
    world.append(0, events(3, NOON_MS - 8 * DAY_MS));
    const cut = { measure: 'count', from: isoTime(NOON_MS - 8 * DAY_MS - 5), to: isoTime(NOON_MS - 7 * DAY_MS) };
    expect(await world.ask(cut)).toMatchObject({ series: [{ total: 5 }], meta: { sources: { rollups: null } } });
  });

  it('goes to the lake for a minute of a sealed day, and for a zone its hours do not fit', async () => {
    const world = worldAt();
    world.append(0, events(4, NOON_MS - DAY_MS));
    world.append(0, events(4, NOON_MS));
    await world.store(0);
    const today = { measure: 'count', from: '2024-05-10', to: '2024-05-11', interval: 'minute' };
    const yesterday = { measure: 'count', from: '2024-05-09', to: '2024-05-10', interval: 'minute' };
    expect((await world.ask(yesterday)).meta.sources.lake).toBe(null);
    await world.seal(dayOf(NOON_MS - DAY_MS));
    expect((await world.ask(today)).meta.sources.lake).toBe(null);
    expect((await world.ask(yesterday)).meta).toMatchObject({
      sources: { rollups: null, lake: { segments: 1 } },
      scannedEvents: 4,
    });
    const kolkata = { ...COUNT, interval: 'day', timezone: 'Asia/Kolkata' };
    expect((await world.ask(kolkata)).meta.sources.rollups).toBe(null);
    expect((await world.ask({ ...kolkata, timezone: 'America/New_York' })).meta.sources.rollups).not.toBe(null);
  });

  it('counts people exactly when asked to, else says that it estimates', async () => {
    const world = worldAt();
    for (const dayAgo of [2, 1]) {
      const people = Array.from({ length: 1_500 }, (_, n) =>
        record({ id: `p${dayAgo}-${n}`, atMs: NOON_MS - dayAgo * DAY_MS + n * 1_000, user_id: `u${n + dayAgo * 100}` }),
      );
      world.append(0, people);
    }
    await world.store(0);
    const question = { measure: 'users', ...WEEK };
    const estimate = await world.ask(question);
    expect(estimate.meta).toMatchObject({ estimated: true, sources: { lake: null } });
    expect(Math.abs(estimate.series[0]!.total! - 1_600)).toBeLessThan(1_600 * 0.07);
    const exact = await world.ask({ ...question, exact: true });
    expect(exact).toMatchObject({ series: [{ total: 1_600 }], meta: { sources: { rollups: null } } });
    expect(exact.meta.estimated).toBe(undefined);
    await world.seal(dayOf(NOON_MS - DAY_MS));
    const day = await world.ask({ measure: 'users', from: '2024-05-09', to: '2024-05-10' });
    expect(day).toMatchObject({ series: [{ total: 1_500 }], meta: { sources: { lake: null } } });
    expect(day.meta.estimated).toBe(undefined);
  });
});
