// Saved questions: a kept answer is never older than an acknowledgement.

import { describe, expect, it } from 'vitest';
import { DAY_MS, LIMITS, MINUTE_MS } from '../../../src/core/limits.ts';
import type { ShardAddress } from '../../../src/core/shard/shard-map.ts';
import { isoTime } from '../../../src/core/std/instant.ts';
import { record } from '../../support/events.ts';
import { expectLog } from '../../support/expect-log.ts';
import { fakeApp, START_MS } from '../../support/fake-services.ts';
import { World } from '../support/world.ts';

const TODAY = { measure: 'count', last: '1 day' };
const YESTERDAY = { measure: 'count', from: '2026-01-14', to: '2026-01-15' };

async function saved(query: unknown) {
  const world = new World({ nowMs: START_MS, shardCount: 2 });
  const made = fakeApp({
    shardOf: world.ports.shardOf as (address: ShardAddress) => never,
    directoryOf: world.ports.directoryOf as never,
  });
  const { uid, keys } = await made.createTenant('shop', { timezone: 'UTC' });
  const created = await made.call('POST', '/v1/insights', { key: keys.admin, body: { name: 'Mine', query } });
  expect(created.status).toBe(201);
  const run = async () => {
    const { status, body } = await made.call('POST', `/v1/insights/${created.body.id}/run`, { key: keys.read });
    expect(status).toBe(200);
    return { cached: body.cached, total: body.answer.series?.[0]?.total, body };
  };
  return { world, ...made, uid, keys, id: created.body.id as string, run };
}

describe('an insight', () => {
  it('is answered once for the same data, and anew after every acknowledgement', async () => {
    const { world, run } = await saved(TODAY);
    world.append(0, [record({ id: 'a', atMs: START_MS })]);
    expect(await run()).toMatchObject({ cached: false, total: 1 });
    expect(await run()).toMatchObject({ cached: true, total: 1 });
    for (let i = 0; i < 5; i++) {
      world.append(i % 2, [record({ id: `more-${i}`, atMs: START_MS })]);
      expect(await run()).toMatchObject({ cached: false, total: 2 + i });
      expect(await run()).toMatchObject({ cached: true, total: 2 + i });
    }
  });

  it('is answered anew when a shard appears, and when an import changed the past', async () => {
    const { world, run, call, keys } = await saved(YESTERDAY);
    expect(await run()).toMatchObject({ cached: false, total: 0 });
    expect(await run()).toMatchObject({ cached: true, total: 0 });
    world.append(1, [record({ id: 'late', atMs: START_MS - DAY_MS })]);
    expect(await run()).toMatchObject({ cached: false, total: 1 });
    const imported = await call('POST', '/v1/import', {
      key: keys.write,
      body: JSON.stringify({ id: 'old', event: 'Bought', timestamp: '2026-01-14T10:00:00Z' }),
      headers: { 'x-import-id': 'one', 'x-import-chunk': '0', 'content-type': 'application/x-ndjson' },
    });
    expect(imported.body).toMatchObject({ accepted: 1 });
    const { cached, body } = await run();
    expect(cached).toBe(false);
    expect(body.answer.series[0].total + body.answer.meta.pending).toBe(2);
  });

  it('stays kept as time goes by and nothing changes', async () => {
    const { world, run, clock } = await saved(YESTERDAY);
    world.append(0, [record({ id: 'a', atMs: START_MS - DAY_MS, receivedAtMs: START_MS - DAY_MS })]);
    expect((await run()).body.answer.meta.complete).toBe(true);
    expect((await run()).cached).toBe(true);
    clock.nowMs += MINUTE_MS;
    expect((await run()).cached).toBe(true);
  });

  it('moves on with the days of a cohort that it names', async () => {
    const { world, call, keys, clock } = await saved(YESTERDAY);
    const made = await call('POST', '/v1/cohorts', {
      key: keys.admin,
      body: { name: 'Recent', who: { events: ['Clicked'], days: 1 } },
    });
    const query = { measure: 'users', from: '2026-01-14', to: '2026-01-20', where: { cohort: made.body.id } };
    const { body } = await call('POST', '/v1/insights', { key: keys.admin, body: { name: 'Them', query } });
    const run = async () => (await call('POST', `/v1/insights/${body.id}/run`, { key: keys.read })).body;
    world.append(0, [record({ id: 'a', atMs: START_MS, user_id: 'u' })]);
    expect((await run()).answer.series[0].total).toBe(1);
    expect((await run()).cached).toBe(true);
    clock.nowMs += 2 * DAY_MS;
    expect(await run()).toMatchObject({ cached: false, answer: { series: [{ total: 0 }] } });
  });

  it('moves on with the day it asks for', async () => {
    const { world, run, clock } = await saved(TODAY);
    world.append(0, [record({ id: 'a', atMs: START_MS })]);
    expect(await run()).toMatchObject({ total: 1 });
    clock.nowMs += DAY_MS;
    expect(await run()).toMatchObject({ cached: false, total: 0 });
  });

  it('is never kept while a shard does not answer', async () => {
    const { world, run } = await saved(TODAY);
    world.append(0, [record({ id: 'a', atMs: START_MS })]);
    world.append(1, [record({ id: 'b', atMs: START_MS })]);
    await run();
    world.shards[1]!.isDown = true;
    const { cached, total, body } = await run();
    expect({ cached, total, complete: body.answer.meta.complete }).toEqual({
      cached: false,
      total: 1,
      complete: false,
    });
    world.shards[1]!.isDown = false;
    expect(await run()).toMatchObject({ total: 2 });
    expectLog('query.shard', { message: 'Error: the shard is down' });
  });

  it('is not kept when a shard fails after it has told what it holds', async () => {
    const { world, run } = await saved({ ...TODAY, measure: 'users' });
    world.append(0, [record({ id: 'a', atMs: START_MS, user_id: 'u1' })]);
    const beforeTailPage = world.shards[0]!.beforeTailPage;
    world.shards[0]!.beforeTailPage = async () => {
      throw new Error('the shard is down');
    };
    const { body } = await run();
    expect(body.answer.meta).toMatchObject({ complete: false, sources: { live: { shards: 1, answered: 0 } } });
    world.shards[0]!.beforeTailPage = beforeTailPage;
    const again = await run();
    expect(again.cached).toBe(false);
    expect(again.body.answer.meta.sources.live).toMatchObject({ shards: 1, answered: 1 });
    expect((await run()).cached).toBe(true);
    expectLog('query.shard', { message: 'Error: the shard is down' });
  });

  it('is not kept when an event, a new shard or an import came while it was answered', async () => {
    const changes: Record<string, (made: Awaited<ReturnType<typeof saved>>) => unknown> = {
      event: ({ world }) => world.append(0, [record({ id: 'b', atMs: START_MS })]),
      shard: ({ world }) => world.append(1, [record({ id: 'c', atMs: START_MS })]),
      import: ({ call, keys }) =>
        call('POST', '/v1/import', {
          key: keys.write,
          body: JSON.stringify({ id: 'old', event: 'Bought', timestamp: '2026-01-15T10:00:00Z' }),
          headers: { 'x-import-id': 'one', 'x-import-chunk': '0', 'content-type': 'application/x-ndjson' },
        }),
    };
    for (const change of Object.values(changes)) {
      const made = await saved({ ...TODAY, measure: 'users' });
      const { world, run } = made;
      world.append(0, [record({ id: 'a', atMs: START_MS, user_id: 'u1' })]);
      // The tail is read between the shards' first replies and the second reading of the version.
      let isChanged = false;
      world.shards[0]!.beforeTailPage = async () => {
        if (isChanged) return;
        isChanged = true;
        await change(made);
      };
      expect(await run()).toMatchObject({ cached: false });
      expect(isChanged).toBe(true);
      const { results } = await made.services.db
        .prepare('SELECT count(*) AS kept FROM insights WHERE version IS NOT NULL')
        .all();
      expect(results).toEqual([{ kept: 0 }]);
      expect(await run()).toMatchObject({ cached: false });
      expect(await run()).toMatchObject({ cached: true });
    }
  });

  it('is answered anew once an end within a minute has passed', async () => {
    const to = isoTime(START_MS + 10_500);
    const { world, run, clock } = await saved({ measure: 'count', from: '2026-01-15', to });
    world.append(0, [record({ id: 'a', atMs: START_MS }), record({ id: 'ahead', atMs: START_MS + 11_000 })]);
    expect(await run()).toMatchObject({ cached: false, total: 2 });
    expect(await run()).toMatchObject({ cached: true, total: 2 });
    clock.nowMs += 20_000;
    expect(await run()).toMatchObject({ cached: false, total: 1 });
    expect(await run()).toMatchObject({ cached: true, total: 1 });
  });

  it('may be named questions with formulas', async () => {
    const { run } = await saved({ queries: { a: TODAY, b: TODAY }, formulas: { sum: 'a + b' } });
    const { body } = await run();
    expect(body.answer.formulas.sum.series[0].total).toBe(0);
    expect((await run()).cached).toBe(true);
  });
});

describe('insights', () => {
  it('are listed, read and removed; saved and removed by admins only; of each tenant its own', async () => {
    const { call, keys, id, createTenant } = await saved(TODAY);
    const mine = { id, name: 'Mine', query: TODAY, createdAt: new Date(START_MS).toISOString() };
    expect((await call('GET', '/v1/insights', { key: keys.read })).body).toEqual({ insights: [mine] });
    expect((await call('GET', `/v1/insights/${id}`, { key: keys.read })).body).toEqual(mine);
    const { keys: others } = await createTenant('other');
    for (const [method, path, key] of [
      ['GET', `/v1/insights/${id}`, others.read],
      ['POST', `/v1/insights/${id}/run`, others.read],
      ['DELETE', `/v1/insights/${id}`, others.admin],
    ] as const) {
      expect((await call(method, path, { key })).body.code).toBe('insight-not-found');
    }
    expect((await call('GET', '/v1/insights', { key: others.read })).body).toEqual({ insights: [] });
    const body = { name: 'x', query: TODAY };
    expect((await call('POST', '/v1/insights', { key: keys.read, body })).body.code).toBe('key-scope');
    expect((await call('DELETE', `/v1/insights/${id}`, { key: keys.read })).body.code).toBe('key-scope');
    expect((await call('DELETE', `/v1/insights/${id}`, { key: keys.admin })).body).toEqual({ deleted: { id } });
    expect((await call('POST', `/v1/insights/${id}/run`, { key: keys.read })).status).toBe(404);
  });

  it.each([
    [{ query: TODAY }, 'request-invalid', '/name'],
    [{ name: ' ', query: TODAY }, 'request-invalid', '/name'],
    [{ name: 'x' }, 'request-invalid', '/query'],
    [{ name: 'x', query: { measure: 'count' } }, 'range-invalid', '/query/from'],
    [{ name: 'x', query: { ...TODAY, gruopBy: [] } }, 'field-unknown', '/query'],
    [{ name: 'x', query: { queries: { a: TODAY }, formulas: { b: 'a /' } } }, 'formula-invalid', '/query/formulas/b'],
  ])('are refused when they are %j', async (body, code, path) => {
    const { call, keys } = await saved(TODAY);
    const refused = await call('POST', '/v1/insights', { key: keys.admin, body });
    expect({ status: refused.status, code: refused.body.code, path: refused.body.path }).toEqual({
      status: 400,
      code,
      path,
    });
  });

  it('are bounded', async () => {
    const { call, keys } = await saved(TODAY);
    for (let i = 1; i < LIMITS.insightsMax; i++) {
      await call('POST', '/v1/insights', { key: keys.admin, body: { name: `n${i}`, query: TODAY } });
    }
    const refused = await call('POST', '/v1/insights', { key: keys.admin, body: { name: 'x', query: TODAY } });
    expect(refused).toMatchObject({ status: 409, body: { code: 'insights-full', limit: LIMITS.insightsMax } });
  });
});
