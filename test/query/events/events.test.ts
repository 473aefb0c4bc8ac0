// The explorer's pages over the real engine, sink, manifest and seal, compared with a plain sort of the accepted events.

import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import type { EventRecord } from '../../../src/core/event/event.ts';
import { DAY_MS, LIMITS, MINUTE_MS } from '../../../src/core/limits.ts';
import type { Authenticator } from '../../../src/http/authenticate.ts';
import { renderProblem } from '../../../src/http/problem.ts';
import { eventsRoutes } from '../../../src/query/events/events-routes.ts';
import { type Candidate, compareNewest, Newest } from '../../../src/query/events/newest.ts';
import { record } from '../../support/events.ts';
import { expectLog } from '../../support/expect-log.ts';
import { fakeApp } from '../../support/fake-services.ts';
import { dayOf, World } from '../support/world.ts';

const NOW_MS = Date.UTC(2026, 2, 10, 12, 0, 30);

// biome-ignore lint/suspicious/noExplicitAny: answers of many shapes, each looked at by its test
type Body = any;

function explorerOf(world: World) {
  const app = new Hono();
  app.onError((error, c) => renderProblem(c, error));
  const auth = { authenticate: async () => ({ tenant: world.tenant }) } as unknown as Authenticator;
  app.route('/v1/events', eventsRoutes({ ...world.ports, auth }));
  return async (parameters: Record<string, string | number> = {}): Promise<{ status: number; body: Body }> => {
    const text = new URLSearchParams(Object.entries(parameters).map(([name, value]) => [name, String(value)]));
    const response = await app.request(`/v1/events?${text}`);
    return { status: response.status, body: await response.json() };
  };
}

/** `count` events, one every `stepMs` up to `endMs`; several people share a shard. */
function some(count: number, prefix: string, endMs: number, stepMs: number): EventRecord[] {
  return Array.from({ length: count }, (_, i) =>
    record({
      id: `${prefix}${i}`,
      atMs: endMs - ((i * 7) % count) * stepMs,
      event: i % 3 === 0 ? 'Bought' : 'Clicked',
      user_id: `person-${i % 5}`,
      properties: { i },
    }),
  );
}

function newestIds(events: readonly EventRecord[], limit: number): string[] {
  const places = events.map(({ atMs, strings }) => ({ atMs, id: strings.id, keyHash: 0n }));
  return places
    .sort(compareNewest)
    .slice(0, limit)
    .map(({ id }) => id);
}

const idsOf = (body: Body): string[] => body.events.map(({ id }: { id: string }) => id);

describe('the newest events', () => {
  it('come from the tails of all shards, each whole', async () => {
    const world = new World({ nowMs: NOW_MS, shardCount: 2 });
    world.append(0, some(7, 'a', NOW_MS, 900));
    world.append(1, [
      record({
        id: 'b',
        atMs: NOW_MS + 5,
        user_id: 'u',
        anonymous_id: 'n',
        country: 'DE',
        properties: { plan: 'pro' },
      }),
    ]);
    const { status, body } = await explorerOf(world)({ limit: 4 });
    expect(status).toBe(200);
    expect(idsOf(body)).toEqual(newestIds(world.events, 4));
    expect(body.events[0]).toEqual({
      id: 'b',
      type: 'track',
      event: 'Clicked',
      userId: 'u',
      anonymousId: 'n',
      timestamp: new Date(NOW_MS + 5).toISOString(),
      receivedAt: new Date(NOW_MS).toISOString(),
      properties: { plan: 'pro' },
      context: {},
      columns: { country: 'DE' },
    });
    expect(body.meta.sources).toEqual({ live: { shards: 2, answered: 2, events: 8 }, lake: { segments: 0 } });
  });

  it('are those of tails and segments together, though late events wait in a tail', async () => {
    const world = new World({ nowMs: NOW_MS });
    world.append(0, some(10, 'stored', NOW_MS, 1_000));
    await world.store(0);
    world.append(0, some(10, 'late', NOW_MS - 5_500, 1_000));
    const { body } = await explorerOf(world)({ limit: 10 });
    expect(idsOf(body)).toEqual(newestIds(world.events, 10));
    expect(body.events.map(({ properties }: Body) => properties)).toEqual(
      newestIds(world.events, 10).map((id) => ({ i: Number(id.replace(/\D/g, '')) })),
    );
  });

  it('are listed once when a flush is stored and its shard still answers for it', async () => {
    const world = new World({ nowMs: NOW_MS });
    world.append(0, some(6, 'a', NOW_MS, 1_000));
    await world.store(0, { confirm: false });
    const { body } = await explorerOf(world)({ limit: 20 });
    expect(idsOf(body)).toEqual(newestIds(world.events, 20));
    expect(body.cursor).toBeNull();
  });

  it('are read again from the start when a flush is stored away between two pages of the tail', async () => {
    const world = new World({ nowMs: NOW_MS });
    const [shard] = world.shards;
    for (let i = 0; i < 6; i++) world.append(0, some(3, `b${i}-`, NOW_MS - i * 10_000, 1_000));
    shard!.blocksPerPage = 2;
    let pages = 0;
    shard!.beforeTailPage = async () => {
      if (++pages === 2) await world.store(0);
    };
    const { body } = await explorerOf(world)({ limit: 100 });
    expect(idsOf(body)).toEqual(newestIds(world.events, 100));
  });

  it('of a copy in another region show the one received first', async () => {
    const world = new World({ nowMs: NOW_MS, shardCount: 2 });
    const copied = record({ id: 'twice', atMs: NOW_MS, user_id: 'u', properties: { from: 0 } });
    world.append(0, [copied]);
    await world.store(0);
    world.nowMs += 10_000;
    world.append(1, [{ ...copied, properties: { from: 1 } }]);
    const { body } = await explorerOf(world)();
    expect(body.events).toHaveLength(1);
    expect(body.events[0].receivedAt).toBe(new Date(NOW_MS).toISOString());
  });

  it('leave older segments unread', async () => {
    const world = new World({ nowMs: NOW_MS });
    world.append(0, some(5, 'old', NOW_MS - 60 * MINUTE_MS, 1_000));
    await world.store(0);
    world.append(0, some(5, 'new', NOW_MS, 1_000));
    const { body } = await explorerOf(world)({ limit: 4 });
    expect(body.meta.sources.lake.segments).toBe(0);
    expect(world.bucket.count('get')).toBe(0);
  });
});

describe('the pages', () => {
  it('meet every event once, over tails, flushes and a sealed day', async () => {
    const world = new World({ nowMs: NOW_MS - DAY_MS, shardCount: 2 });
    world.append(0, some(40, 'sealed0-', NOW_MS - DAY_MS, 1_000));
    world.append(1, some(40, 'sealed1-', NOW_MS - DAY_MS, 1_000));
    await world.store(0);
    await world.store(1);
    await world.seal(dayOf(NOW_MS - DAY_MS));
    world.nowMs = NOW_MS;
    world.append(0, some(30, 'stored-', NOW_MS, 500));
    await world.store(0);
    // Many events have one instant, so a page may end between them.
    world.append(
      1,
      Array.from({ length: 25 }, (_, i) => record({ id: `same-${i}`, atMs: NOW_MS - 2_000 })),
    );
    const explore = explorerOf(world);
    const from = new Date(NOW_MS - 2 * DAY_MS).toISOString();
    const seen: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const { status, body }: { status: number; body: Body } = await explore({
        from,
        limit: 7,
        ...(cursor && { cursor }),
      });
      expect(status).toBe(200);
      seen.push(...idsOf(body));
      cursor = body.cursor;
    }
    expect(seen).toEqual(newestIds(world.events, 1_000));
  });

  it('keep to a name and a range', async () => {
    const world = new World({ nowMs: NOW_MS });
    world.append(0, some(30, 'a', NOW_MS, 60_000));
    await world.store(0);
    world.append(0, some(30, 'b', NOW_MS, 60_000));
    const [startMs, endMs] = [NOW_MS - 20 * MINUTE_MS, NOW_MS - 10 * MINUTE_MS];
    const { body } = await explorerOf(world)({
      event: 'Bought',
      from: new Date(startMs).toISOString(),
      to: new Date(endMs).toISOString(),
      limit: 100,
    });
    const wanted = world.events.filter(
      ({ atMs, strings }) => atMs >= startMs && atMs < endMs && strings.event === 'Bought',
    );
    expect(wanted.length).toBeGreaterThan(3);
    expect(idsOf(body)).toEqual(newestIds(wanted, 100));
  });

  it('are of the last 24 hours unless another range is asked for', async () => {
    const world = new World({ nowMs: NOW_MS });
    world.append(0, [
      record({ id: 'in', atMs: NOW_MS - DAY_MS }),
      record({ id: 'out', atMs: NOW_MS - DAY_MS - 1 }),
      record({ id: 'ahead', atMs: NOW_MS + LIMITS.futureClampMs }),
    ]);
    expect(idsOf((await explorerOf(world)()).body)).toEqual(['ahead', 'in']);
  });

  it('say when a shard did not answer', async () => {
    const world = new World({ nowMs: NOW_MS, shardCount: 2 });
    world.append(0, some(3, 'a', NOW_MS, 1_000));
    world.append(1, some(3, 'b', NOW_MS, 1_000));
    world.shards[1]!.isDown = true;
    const { body } = await explorerOf(world)();
    expect(body.events).toHaveLength(3);
    expect(body.meta).toMatchObject({ complete: false, sources: { live: { shards: 2, answered: 1 } } });
    expectLog('query.shard', { message: 'Error: the shard is down', address: { index: 1 } });
  });

  it.each([
    [{ limit: 0 }, 'request-invalid'],
    [{ limit: LIMITS.eventsPageMax + 1 }, 'request-invalid'],
    [{ limt: 5 }, 'request-invalid'],
    [{ from: 'yesterday' }, 'range-invalid'],
    [{ from: '2026-03-10T12:00:00Z', to: '2026-03-10T11:00:00Z' }, 'range-inverted'],
    [{ from: '2020-01-01' }, 'range-too-wide'],
    [{ cursor: 'bm90IG9uZQ' }, 'cursor-invalid'],
    [{ cursor: '%%%' }, 'cursor-invalid'],
  ])('refuse %j as %s', async (parameters, code) => {
    const { status, body } = await explorerOf(new World({ nowMs: NOW_MS }))(parameters as Record<string, string>);
    expect([status, body.code]).toEqual([400, code]);
  });
});

describe('the route', () => {
  it('needs a read key and answers nothing for a tenant without events', async () => {
    const { call, createTenant } = fakeApp();
    const { keys } = await createTenant('acme');
    expect((await call('GET', '/v1/events', { key: keys.write })).body.code).toBe('key-scope');
    const { status, body } = await call('GET', '/v1/events', { key: keys.read });
    expect([status, body.events, body.cursor]).toEqual([200, [], null]);
  });
});

describe('what is kept', () => {
  it('is no more than was asked for, in order, each once', () => {
    const newest = new Newest<Candidate>(3);
    const add = (atMs: number, id: string, receivedAtMs = 0, keyHash = 1n) =>
      newest.add({ atMs, id, keyHash, receivedAtMs, sender: null });
    add(1, 'a');
    expect(newest.floorMs).toBe(Number.NEGATIVE_INFINITY);
    for (const atMs of [5, 2, 4, 3]) add(atMs, `e${atMs}`);
    add(4, 'e4');
    add(4, 'e4', 0, 2n);
    expect(newest.events.map(({ id, keyHash }) => `${id}/${keyHash}`)).toEqual(['e5/1', 'e4/2', 'e4/1']);
    expect(newest.floorMs).toBe(4);
  });

  it('is each row once, and copies that differ in anything as rows of their own', () => {
    const newest = new Newest<Candidate>(5);
    const row = { atMs: 9, id: 'a', keyHash: 1n, receivedAtMs: 9, sender: 'server' };
    const others = [{ receivedAtMs: 8 }, { sender: 'import' }, { keyHash: 2n }, { atMs: 4 }];
    for (const other of [{}, ...others, {}, ...others]) newest.add({ ...row, ...other });
    expect(newest.events).toHaveLength(5);
  });
});
