// The meta of an answer covers the readings about people too: shards that failed meanwhile, and dropped days.

import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { createCohort } from '../../../src/control/cohorts/cohort-store.ts';
import { DAY_MS, HOUR_MS } from '../../../src/core/limits.ts';
import type { Authenticator } from '../../../src/http/authenticate.ts';
import { renderProblem } from '../../../src/http/problem.ts';
import { exportRoutes } from '../../../src/query/export/export-routes.ts';
import { peopleRoutes } from '../../../src/query/people/people-routes.ts';
import { record } from '../../support/events.ts';
import { expectLog } from '../../support/expect-log.ts';
import { dayOf, UID, World } from '../support/world.ts';

const NOW_MS = Date.UTC(2026, 2, 10, 12);
const DAY = dayOf(NOW_MS);
const textOf = (day: number) => new Date(day * DAY_MS).toISOString().slice(0, 10);
/** A closed range: it ends before the watermark. */
const YESTERDAY = { from: textOf(DAY - 1), to: textOf(DAY) };

async function worldOf(): Promise<World> {
  const world = new World({ nowMs: NOW_MS });
  const bought = (id: string, atMs: number, user_id: string) => record({ id, atMs, event: 'Bought', user_id });
  world.append(0, [
    bought('long-ago', NOW_MS - 20 * DAY_MS, 'u1'),
    bought('then', NOW_MS - 2 * DAY_MS, 'u2'),
    ...['u1', 'u2'].map((user_id) =>
      record({ id: `look ${user_id}`, atMs: NOW_MS - DAY_MS, event: 'Looked', user_id }),
    ),
  ]);
  await world.store(0);
  for (const day of [DAY - 20, DAY - 2, DAY - 1]) await world.seal(day);
  const login = {
    type: 'identify',
    event: 'identify',
    user_id: 'u1',
    anonymous_id: 'a1',
    properties: { plan: 'pro' },
  } as const;
  world.append(0, [record({ id: 'login', atMs: NOW_MS, ...login })]);
  return world;
}

const save = (world: World, id: string, range: object) =>
  createCohort(world.db, UID, { id, name: id, who: { events: ['Bought'], ...range }, timezone: 'UTC', createdAtMs: 0 });

const ask = (world: World, where: object) =>
  world.ask({ measure: 'count', events: ['Looked'], ...YESTERDAY, where }, { rollups: [] });

/** Makes readings of the tail fail, by their number; each reading is tried twice. */
function failing(world: World, isFailing: (reading: number) => boolean): void {
  let reading = 0;
  let tries = 0;
  world.shards[0]!.beforeTailPage = async () => {
    if (!isFailing(reading)) {
      reading++;
      return;
    }
    if (++tries === 2) {
      reading++;
      tries = 0;
    }
    throw new Error('the shard is down');
  };
}

describe('an answer about people', () => {
  it('lacks the days of a cohort that retention has dropped', async () => {
    const world = await worldOf();
    await save(world, 'ever', { days: 30 });
    await save(world, 'lately', { from: textOf(DAY - 5), to: textOf(DAY - 1) });
    world.fakeDb.select(
      `INSERT INTO dropped (uid, tier, name, day_from, day_before, updated_at_ms) VALUES ('${UID}', 'lake', '', ${DAY - 25}, ${DAY - 10}, 0)`,
      [],
    );
    const { series, meta } = await ask(world, { cohort: 'ever' });
    expect(series[0]!.total).toBe(1);
    expect(meta).toMatchObject({ complete: false, dropped: [{ from: textOf(DAY - 25), before: textOf(DAY - 10) }] });
    const lately = await ask(world, { cohort: 'lately' });
    expect(lately.series[0]!.total).toBe(1);
    expect(lately.meta.complete).toBe(true);
    expect(lately.meta.dropped).toBeUndefined();
  });

  it('is open while its cohort’s range is, and only then', async () => {
    const world = await worldOf();
    await save(world, 'rolling', { days: 30 });
    await save(world, 'past', { from: textOf(DAY - 30), to: textOf(DAY - 1) });
    expect((await ask(world, { cohort: 'rolling' })).meta.complete).toBe(false);
    expect((await ask(world, { cohort: 'past' })).meta.complete).toBe(true);
    expect((await ask(world, { property: 'person.plan', op: 'exists' })).meta.complete).toBe(true);
  });

  it('is incomplete when a shard fails while its traits or cohorts are read', async () => {
    for (const where of [{ property: 'person.plan', op: 'exists' }, { cohort: 'past' }]) {
      const world = await worldOf();
      await save(world, 'past', { from: textOf(DAY - 30), to: textOf(DAY - 1) });
      failing(world, (reading) => reading >= 1);
      const { meta } = await ask(world, where);
      expect(meta).toMatchObject({ complete: false, sources: { live: { shards: 1, answered: 0 } } });
      expect(meta.identityAsOf).toBeUndefined();
    }
    expectLog('query.shard', { message: 'Error: the shard is down' });
  });

  it('is incomplete when a shard answers with its cells and not with its links', async () => {
    const world = await worldOf();
    const users = () => world.ask({ measure: 'users', ...YESTERDAY });
    const whole = await users();
    expect(whole.meta).toMatchObject({ complete: true, identityAsOf: new Date(NOW_MS).toISOString() });
    failing(world, () => true);
    const { meta } = await users();
    expect(meta.sources.rollups).not.toBeNull();
    expect(meta).toMatchObject({ complete: false, sources: { live: { shards: 1, answered: 0 } } });
    expect(meta.identityAsOf).toBeUndefined();
    expectLog('query.shard', { message: 'Error: the shard is down' });
  });

  it('as a timeline is incomplete when a shard did not tell its links', async () => {
    const world = await worldOf();
    const app = new Hono();
    const auth = { authenticate: async () => ({ tenant: world.tenant }) } as unknown as Authenticator;
    app.route('/v1/people', peopleRoutes({ ...world.ports, auth }));
    const until = new Date(NOW_MS - HOUR_MS).toISOString();
    const timeline = async () =>
      // biome-ignore lint/suspicious/noExplicitAny: looked at below
      (await (await app.request(`/v1/people/a1/events?to=${until}`)).json()) as any;
    const whole = await timeline();
    expect(whole.meta).toMatchObject({ complete: true });
    expect(whole.events).toHaveLength(2);
    failing(world, (reading) => reading === 0);
    const { meta } = await timeline();
    expect(meta).toMatchObject({ complete: false, sources: { live: { shards: 1, answered: 0 } } });
    expectLog('query.shard', { message: 'Error: the shard is down' });
  });
});

describe('an export by who people are', () => {
  it.each([
    ['its links', 0],
    ['its traits', 1],
  ])('is refused when a shard did not tell %s, though it has its events', async (_, failed) => {
    const world = await worldOf();
    const app = new Hono();
    app.onError((error, c) => renderProblem(c, error));
    const auth = { authenticate: async () => ({ tenant: world.tenant }) } as unknown as Authenticator;
    const random = (sizeBytes: number) => crypto.getRandomValues(new Uint8Array(sizeBytes));
    app.route(
      '/v1/export',
      exportRoutes({ ...world.ports, auth, random } as unknown as Parameters<typeof exportRoutes>[0]),
    );
    const where = { property: 'person.plan', op: 'exists' };
    const body = JSON.stringify({ ...YESTERDAY, format: 'ndjson', where });
    const request = () => app.request('/v1/export', { method: 'POST', body });
    expect((await (await request()).text()).trim().split('\n')).toHaveLength(1);
    failing(world, (reading) => reading === failed);
    const response = await request();
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([503, 'shard-unavailable']);
    expectLog('query.shard', { message: 'Error: the shard is down' });
    expectLog('http.problem', { code: 'shard-unavailable' });
  });
});
