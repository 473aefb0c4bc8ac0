// Boards: their questions are checked when they are put, and many viewers cost what one does.

import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/core/limits.ts';
import type { ShardAddress } from '../../../src/core/shard/shard-map.ts';
import { record } from '../../support/events.ts';
import { expectLog } from '../../support/expect-log.ts';
import { fakeApp, START_MS } from '../../support/fake-services.ts';
import { World } from '../support/world.ts';

const place = { x: 0, y: 0, w: 6, h: 4 };
const QUERY = { measure: 'count', last: '2 days' };
const tile = (more: object, id = 'one') => ({ id, title: 'Tile', chart: 'line', place, ...more });

async function start() {
  const world = new World({ nowMs: START_MS, shardCount: 2 });
  const made = fakeApp({
    shardOf: world.ports.shardOf as (address: ShardAddress) => never,
    directoryOf: world.ports.directoryOf as never,
  });
  const { keys } = await made.createTenant('shop', { timezone: 'UTC' });
  world.append(0, [record({ id: 'a', atMs: START_MS, event: 'Bought', user_id: 'u' })]);
  const put = (tiles: readonly object[], more: object = {}, id = 'mine') =>
    made.call('PUT', `/v1/boards/${id}`, { key: keys.admin, body: { name: 'Mine', tiles, ...more } });
  const answer = async (id = 'one') => made.call('POST', `/v1/boards/mine/tiles/${id}/answer`, { key: keys.read });
  const total = async () => (await answer()).body.answer.series[0]?.total;
  return { world, ...made, keys, put, answer, total };
}

describe('a board', () => {
  it('is put, shown, listed and removed', async () => {
    const { put, call, keys } = await start();
    const { body } = await put([tile({ query: QUERY })]);
    expect(body).toMatchObject({ id: 'mine', revision: 1, tiles: [{ id: 'one', query: QUERY }] });
    expect((await call('GET', '/v1/boards/mine', { key: keys.read })).body).toEqual(body);
    const { tiles: _, ...entry } = body;
    expect((await call('GET', '/v1/boards', { key: keys.read })).body).toEqual({
      boards: [{ ...entry, tileCount: 1 }],
    });
    expect((await call('DELETE', '/v1/boards/mine', { key: keys.admin })).body).toEqual({ deleted: { id: 'mine' } });
    expect((await call('GET', '/v1/boards/mine', { key: keys.read })).body.code).toBe('board-not-found');
    expect((await call('DELETE', '/v1/boards/mine', { key: keys.admin })).body.code).toBe('board-not-found');
  });

  it('is written with an admin key alone, and belongs to its tenant', async () => {
    const { put, call, keys, createTenant } = await start();
    await put([tile({ query: QUERY })]);
    const body = { name: 'Theirs', tiles: [] };
    for (const key of [keys.read, keys.server, keys.browser])
      expect((await call('PUT', '/v1/boards/mine', { key, body })).status).toBe(403);
    const other = await createTenant('rival');
    for (const path of ['/v1/boards/mine', '/v1/boards/mine/tiles/one/answer']) {
      const method = path.endsWith('answer') ? 'POST' : 'GET';
      expect((await call(method, path, { key: other.keys.admin })).body.code).toBe('board-not-found');
    }
    expect((await call('DELETE', '/v1/boards/mine', { key: other.keys.admin })).status).toBe(404);
    const share = await call('POST', '/v1/shares', { key: other.keys.admin, body: { board: 'mine' } });
    expect(share.body.code).toBe('board-not-found');
  });

  it('is replaced only by its reader, when the reader says what was read', async () => {
    const { put } = await start();
    expect((await put([], { revision: 0 })).body.revision).toBe(1);
    expect((await put([], { revision: 0 })).body).toMatchObject({ code: 'board-changed', revision: 1 });
    expect((await put([], { revision: 1 })).body.revision).toBe(2);
    expect((await put([], { revision: 1 })).body).toMatchObject({ code: 'board-changed', revision: 2 });
    expect((await put([])).body.revision).toBe(3);
    expect((await put([], { revision: 4 }, 'new')).body).toMatchObject({ code: 'board-changed', revision: 0 });
  });

  it.each([
    ['no question', tile({}), 'request-invalid', '/tiles/0'],
    ['two questions', tile({ query: QUERY, insight: 'x' }), 'request-invalid', '/tiles/0'],
    [
      'a place beyond the grid',
      tile({ query: QUERY, place: { ...place, x: 7 } }),
      'request-invalid',
      '/tiles/0/place/w',
    ],
    ['a false measure', tile({ query: { ...QUERY, measure: 'all' } }), 'measure-invalid', '/tiles/0/query/measure'],
    ['a false span', tile({ query: { measure: 'count', last: 'week' } }), 'last-invalid', '/tiles/0/query/last'],
    ['an absent insight', tile({ insight: 'absent' }), 'insight-not-found', '/tiles/0/insight'],
    [
      'a funnel without steps',
      tile({ journey: { kind: 'funnel', question: { last: '2 days', windowSeconds: 3600, steps: [] } } }),
      'steps-invalid',
      '/tiles/0/journey/question/steps',
    ],
    [
      'a journey with a false span',
      tile({ journey: { kind: 'active', question: { last: 'ever' } } }),
      'last-invalid',
      '/tiles/0/journey/question/last',
    ],
    [
      'an unknown journey',
      tile({ journey: { kind: 'walk', question: {} } }),
      'request-invalid',
      '/tiles/0/journey/kind',
    ],
  ])('refuses %s, and says where', async (_, wrong, code, path) => {
    const { put } = await start();
    expect((await put([wrong])).body).toMatchObject({ code, path });
  });

  it('refuses names that no event has, also in a funnel', async () => {
    const { put } = await start();
    const steps = [{ event: 'Bought' }, { event: 'Bougth' }];
    const funnel = (more: object) =>
      tile({ journey: { kind: 'funnel', question: { last: '2 days', windowSeconds: 3600, steps, ...more } } });
    expect((await put([tile({ query: { ...QUERY, events: ['Bougth'] } })])).body.code).toBe('event-unknown');
    expect((await put([funnel({})])).body.code).toBe('event-unknown');
    expect((await put([funnel({ allowUnknown: true })])).status).toBe(200);
  });

  it('refuses tiles of one id, too many tiles, bad ids and too many boards', async () => {
    const { put, call, keys } = await start();
    expect((await put([tile({ query: QUERY }), tile({ query: QUERY })])).body.code).toBe('request-invalid');
    const many = Array.from({ length: LIMITS.boardTilesMax + 1 }, (_, i) => tile({ query: QUERY }, `t${i}`));
    expect((await put(many)).body.code).toBe('request-invalid');
    expect((await put(many.slice(1))).status).toBe(200);
    for (const id of ['Mine', '-a', 'a'.repeat(41), 'a%2fb']) expect((await put([], {}, id)).status).toBe(400);
    for (let i = 1; i < LIMITS.boardsMax; i++) expect((await put([], {}, `b${i}`)).status).toBe(200);
    expect((await put([], {}, 'more')).body.code).toBe('boards-full');
    expect((await put([])).status).toBe(200);
    expect((await call('GET', '/v1/boards', { key: keys.read })).body.boards).toHaveLength(LIMITS.boardsMax);
  });
});

describe('a tile', () => {
  it('is answered again from its kept answer for a while, and then anew', async () => {
    const { world, put, total, clock } = await start();
    await put([tile({ query: QUERY })]);
    expect(await total()).toBe(1);
    world.append(1, [record({ id: 'b', atMs: START_MS })]);
    clock.nowMs += LIMITS.tileAnswerMs - 1;
    expect(await total()).toBe(1);
    clock.nowMs += 1;
    expect(await total()).toBe(2);
  });

  it('is asked by one call at a time once its answer is old', async () => {
    const { world, put, answer, total, clock } = await start();
    await put([tile({ query: QUERY })]);
    expect(await total()).toBe(1);
    world.append(1, [record({ id: 'b', atMs: START_MS })]);
    clock.nowMs += LIMITS.tileAnswerMs;
    const answers = await Promise.all(Array.from({ length: 8 }, () => answer()));
    const totals = answers.map(({ body }) => body.answer.series[0].total).sort();
    expect(totals).toEqual([1, 1, 1, 1, 1, 1, 1, 2]);
    clock.nowMs += LIMITS.tileAnswerMsMax;
    world.append(1, [record({ id: 'c', atMs: START_MS })]);
    expect(new Set((await Promise.all([answer(), answer()])).map(({ body }) => body.answer.series[0].total))).toEqual(
      new Set([3]),
    );
  });

  it('is answered anew at once when its question changes, its insight too', async () => {
    const { put, answer, total, call, keys } = await start();
    await put([tile({ query: QUERY })]);
    expect(await total()).toBe(1);
    await put([tile({ query: { ...QUERY, measure: 'users' }, chart: 'number' })]);
    expect((await answer()).body).toMatchObject({
      tile: { chart: 'number' },
      answer: { meta: { identityAsOf: expect.anything() } },
    });
    const insight = (await call('POST', '/v1/insights', { key: keys.admin, body: { name: 'I', query: QUERY } })).body;
    await put([tile({ insight: insight.id })]);
    expect(await total()).toBe(1);
    await call('DELETE', `/v1/insights/${insight.id}`, { key: keys.admin });
    expect((await answer()).body.code).toBe('insight-not-found');
  });

  it('keeps no answer that lacks a shard, and none of a tile that is gone', async () => {
    const { world, put, total, answer, services } = await start();
    await put([tile({ query: QUERY }), tile({ query: QUERY }, 'two')]);
    world.append(1, [record({ id: 'b', atMs: START_MS })]);
    world.shards[1]!.isDown = true;
    expect(await total()).toBe(1);
    world.shards[1]!.isDown = false;
    expect(await total()).toBe(2);
    expectLog('query.shard', { message: 'Error: the shard is down' });
    await answer('two');
    await put([tile({ query: QUERY })]);
    const { results } = await services.db.prepare('SELECT tile_id FROM tile_answers').all();
    expect(results).toEqual([{ tile_id: 'one' }]);
    expect((await answer('two')).body.code).toBe('tile-not-found');
  });

  it('answers every journey', async () => {
    const { put, answer } = await start();
    const steps = [{ event: 'Bought' }, { event: 'Bought' }];
    const questions = {
      funnel: { steps, windowSeconds: 3600 },
      retention: { interval: 'day', intervals: 2, start: { event: 'Bought' }, return: { event: 'Bought' } },
      paths: { startAt: { event: 'Bought' } },
      sessions: {},
      active: {},
      lifecycle: { interval: 'day' },
      frequency: {},
    };
    for (const [kind, question] of Object.entries(questions)) {
      const journey = { kind, question: { ...question, last: '3 days' } };
      const { status, body } = await put([tile({ chart: 'journey', journey })]);
      expect([kind, status, body.code]).toEqual([kind, 200, undefined]);
      expect((await answer()).body).toMatchObject({ kind, answer: { meta: { complete: expect.any(Boolean) } } });
    }
  });
});
