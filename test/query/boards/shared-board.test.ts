// Share links attacked: a link reads its board and the answers of its tiles, nothing else, and not one call longer than it lives.

import { describe, expect, it } from 'vitest';
import { createApp } from '../../../src/app.ts';
import { DAY_MS, LIMITS, MINUTE_MS } from '../../../src/core/limits.ts';
import type { ShardAddress } from '../../../src/core/shard/shard-map.ts';
import { dayOf } from '../../../src/core/std/day.ts';
import { isoTime } from '../../../src/core/std/instant.ts';
import { record } from '../../support/events.ts';
import { clientOf, fakeApp, ROOT_KEY, START_MS } from '../../support/fake-services.ts';
import { World } from '../support/world.ts';

const place = { x: 0, y: 0, w: 6, h: 4 };
const QUERY = { measure: 'count', events: ['Secret Launch'], last: '2 days' };
const STEPS = [{ event: 'Secret Launch' }, { event: 'Bought' }];
const TILES = [
  { id: 'count', title: 'Events', chart: 'number', place, query: QUERY },
  {
    id: 'funnel',
    title: 'Funnel',
    chart: 'journey',
    place: { ...place, x: 6 },
    journey: { kind: 'funnel', question: { steps: STEPS, windowSeconds: 3600, last: '2 days' } },
  },
];

async function shared() {
  const world = new World({ nowMs: START_MS, shardCount: 1 });
  const made = fakeApp({
    shardOf: world.ports.shardOf as (address: ShardAddress) => never,
    directoryOf: world.ports.directoryOf as never,
  });
  const { keys, uid } = await made.createTenant('shop', { timezone: 'UTC' });
  world.append(0, [
    record({ id: 'a', atMs: START_MS, event: 'Secret Launch', user_id: 'u' }),
    record({ id: 'b', atMs: START_MS + 1, event: 'Bought', user_id: 'u' }),
  ]);
  const put = (id: string, body: object) => made.call('PUT', `/v1/boards/${id}`, { key: keys.admin, body });
  expect((await put('morning', { name: 'Morning', tiles: TILES })).status).toBe(200);
  expect((await put('other', { name: 'Other', tiles: TILES.slice(0, 1) })).status).toBe(200);
  const share = async (more: object = {}) =>
    (await made.call('POST', '/v1/shares', { key: keys.admin, body: { board: 'morning', ...more } })).body;
  const link = await share();
  const read = (key = link.key, call = made.call) => call('GET', '/v1/shared', { key });
  const answer = (tile: string, key = link.key) => made.call('POST', `/v1/shared/tiles/${tile}/answer`, { key });
  return { world, ...made, keys, uid, put, share, link, read, answer };
}

describe('a share link', () => {
  it('shows its board without the questions, and answers its tiles', async () => {
    const { read, answer } = await shared();
    const { status, body } = await read();
    expect(status).toBe(200);
    expect(body).toEqual({
      tenant: { name: 'shop', timezone: 'UTC' },
      board: {
        name: 'Morning',
        updatedAt: isoTime(START_MS),
        tiles: [
          { id: 'count', title: 'Events', chart: 'number', place, kind: 'query' },
          { id: 'funnel', title: 'Funnel', chart: 'journey', place: { ...place, x: 6 }, kind: 'funnel' },
        ],
      },
      expiresAt: null,
    });
    expect(JSON.stringify(body)).not.toContain('Secret');
    expect((await answer('count')).body).toMatchObject({ kind: 'query', answer: { series: [{ total: 1 }] } });
    expect((await answer('funnel')).body).toMatchObject({ kind: 'funnel', answer: { meta: {} } });
    expect((await answer('absent')).body.code).toBe('tile-not-found');
  });

  it('opens no other call of the whole API', async () => {
    const { app, call, link } = await shared();
    const document = (await call('GET', '/openapi.json')).body;
    const refused: string[] = [];
    for (const [path, methods] of Object.entries<Record<string, { 'x-key'?: string }>>(document.paths)) {
      for (const [method, { 'x-key': needed }] of Object.entries(methods)) {
        if (needed === undefined || needed === 'share') continue;
        const url = path.replaceAll(/\{\w+\}/g, 'other');
        const headers = { authorization: `Bearer ${link.key}`, 'content-type': 'application/json' };
        const body = method === 'get' ? null : JSON.stringify({});
        const { status } = await app.request(url, { method: method.toUpperCase(), headers, body });
        // Where the key stands in the path, the header is not looked at.
        const wanted = /\{key\}/.test(path) && !path.startsWith('/v1/keys') ? 401 : 403;
        expect([`${method} ${path}`, status]).toEqual([`${method} ${path}`, wanted]);
        refused.push(path);
      }
    }
    expect(refused.length).toBeGreaterThan(40);
    expect(refused).toEqual(
      expect.arrayContaining(['/v1/query', '/v1/boards', '/v1/shares', '/v1/keys', '/v1/export']),
    );
  });

  it('sends no event, by whichever way a key travels', async () => {
    const { call, link } = await shared();
    const event = { event: 'Forged', userId: 'u' };
    const ways = [
      call('POST', '/v1/events', { key: link.key, body: event }),
      call('POST', '/v1/events', { headers: { 'x-write-key': link.key }, body: event }),
      call('POST', '/v1/track', { headers: { authorization: `Basic ${btoa(`${link.key}:`)}` }, body: event }),
      call('POST', '/v1/track', { body: { ...event, writeKey: link.key } }),
    ];
    for (const { status } of await Promise.all(ways)) expect([401, 403]).toContain(status);
  });

  it('is no key that another key could be used for', async () => {
    const { read, keys, link } = await shared();
    for (const key of [keys.read, keys.admin, keys.browser]) {
      expect(await read(key)).toMatchObject({ status: 403, body: { code: 'key-scope' } });
    }
    expect((await read(`${link.key.slice(0, -1)}${link.key.endsWith('a') ? 'b' : 'a'}`)).body.code).toBe('key-unknown');
    expect((await read(link.key.replace('tm_share', 'tm_read'))).status).toBeGreaterThanOrEqual(401);
    expect((await read('tm_share')).body.code).toBe('key-malformed');
  });

  it('is told to be no key of the tenant', async () => {
    const { call, link } = await shared();
    expect((await call('GET', '/v1/keys/check', { key: link.key })).body).toMatchObject({
      valid: false,
      code: 'key-scope',
    });
  });

  it('cannot be drawn as a key, whatever the scope is called', async () => {
    const { call, keys } = await shared();
    const { status } = await call('POST', '/v1/keys', { key: keys.admin, body: { scope: 'share' } });
    expect(status).toBe(400);
  });

  it('ends in every isolate with the call that revokes it', async () => {
    const { call, keys, link, read, otherIsolate } = await shared();
    const other = clientOf(createApp(otherIsolate()));
    expect([(await read()).status, (await read(link.key, other)).status]).toEqual([200, 200]);
    expect((await call('DELETE', `/v1/shares/${link.id}`, { key: keys.admin })).status).toBe(200);
    for (const client of [call, other]) {
      expect(await read(link.key, client)).toMatchObject({ status: 401, body: { code: 'key-revoked' } });
      expect((await client('POST', '/v1/shared/tiles/count/answer', { key: link.key })).status).toBe(401);
    }
    expect((await call('DELETE', `/v1/shares/${link.id}`, { key: keys.admin })).body.code).toBe('share-not-found');
  });

  it('ends with its board, and does not come back with a board of the same id', async () => {
    const { call, keys, read, put, answer } = await shared();
    await answer('count');
    expect((await call('DELETE', '/v1/boards/morning', { key: keys.admin })).status).toBe(200);
    expect((await read()).body.code).toBe('key-revoked');
    await put('morning', { name: 'Another', tiles: TILES });
    expect((await read()).body.code).toBe('key-revoked');
    expect((await answer('count')).status).toBe(401);
  });

  it('ends at its time, and with the tenant', async () => {
    const { call, share, read, clock, otherIsolate } = await shared();
    const brief = await share({ expiresAt: isoTime(START_MS + MINUTE_MS) });
    expect((await read(brief.key)).body.expiresAt).toBe(isoTime(START_MS + MINUTE_MS));
    clock.nowMs += MINUTE_MS;
    expect((await read(brief.key)).body.code).toBe('key-revoked');
    const other = clientOf(createApp(otherIsolate()));
    expect((await read(undefined, other)).status).toBe(200);
    await call('DELETE', '/v1/tenants/shop', { key: ROOT_KEY });
    expect((await read(undefined, other)).status).toBe(401);
  });

  it('ends with the key that made it when a leak is cleaned up, and stays otherwise', async () => {
    const { call, keys, read } = await shared();
    const thief = (await call('POST', '/v1/keys', { key: keys.admin, body: { scope: 'admin' } })).body;
    const made = await call('POST', '/v1/shares', { key: thief.key, body: { board: 'morning' } });
    const end = (how: string) => call('DELETE', `/v1/keys/${thief.id}${how}`, { key: keys.admin });
    expect((await end('')).body).toMatchObject({ code: 'key-has-descendants', descendants: [made.body.id] });
    expect((await end('?descendants=revoke')).body).toEqual({
      revoked: { id: thief.id, descendants: [made.body.id] },
    });
    expect((await read(made.body.key)).status).toBe(401);
    expect((await read()).status).toBe(200);
    const audit = (await call('GET', '/v1/audit', { key: keys.admin })).body.entries;
    expect(audit[0]).toMatchObject({ action: 'share-revoked', subject: made.body.id });
    expect((await call('POST', '/v1/shares', { key: thief.key, body: { board: 'morning' } })).status).toBe(401);
  });

  it('is made by no key that another isolate has revoked meanwhile', async () => {
    const { call, keys, otherIsolate } = await shared();
    const thief = (await call('POST', '/v1/keys', { key: keys.admin, body: { scope: 'admin' } })).body;
    const other = clientOf(createApp(otherIsolate()));
    const make = () => other('POST', '/v1/shares', { key: thief.key, body: { board: 'morning' } });
    const { id } = (await make()).body;
    await call('DELETE', `/v1/keys/${thief.id}?descendants=keep`, { key: keys.admin });
    expect((await make()).body.code).toBe('key-revoked');
    expect((await other('DELETE', `/v1/shares/${id}`, { key: thief.key })).body.code).toBe('key-revoked');
    expect((await call('GET', '/v1/shares', { key: keys.admin })).body.shares).toHaveLength(2);
  });

  it('reads at most its quota, and leaves the tenant and other links their own', async () => {
    const { read, share, call, keys, clock } = await shared();
    const other = await share();
    for (let i = 0; i < LIMITS.shareCallsPerMinute; i++) expect((await read()).status).toBe(200);
    const { status, body, headers } = await read();
    expect([status, body.code]).toEqual([429, 'share-quota-exceeded']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await read(other.key)).status).toBe(200);
    expect((await call('GET', '/v1/boards', { key: keys.read })).status).toBe(200);
    clock.nowMs += MINUTE_MS;
    expect((await read()).status).toBe(200);
  });

  it('tells no name of the tenant when a tile cannot be answered any more', async () => {
    const { world, call, keys, put, answer } = await shared();
    world.append(0, [record({ id: 'c', atMs: START_MS, event: 'Hidden Project', user_id: 'u' })]);
    const query = { measure: 'count', events: ['Hidden Projects'], last: '2 days' };
    const saved = await call('POST', '/v1/insights', {
      key: keys.admin,
      body: { name: 'I', query: { ...query, allowUnknown: true } },
    });
    const tile = { id: 'saved', title: 'Saved', chart: 'line', place, insight: saved.body.id };
    await put('morning', { name: 'Morning', tiles: [tile] });
    expect((await answer('saved')).status).toBe(200);
    await call('DELETE', `/v1/insights/${saved.body.id}`, { key: keys.admin });
    const gone = await answer('saved');
    expect(gone).toMatchObject({ status: 404, body: { code: 'insight-not-found' } });
    expect(JSON.stringify(gone.body)).not.toContain('Hidden');
  });

  it('tells no event of the tenant that retention has dropped', async () => {
    const { services, uid, call, keys, answer } = await shared();
    await services.db
      .prepare(`INSERT INTO dropped VALUES (?, 'event', 'Hidden Project', 0, ?, 1)`)
      .bind(uid, dayOf(START_MS))
      .run();
    const own = await call('POST', '/v1/boards/morning/tiles/count/answer', { key: keys.read });
    expect(own.body.answer.meta.dropped).toMatchObject([{ events: ['Hidden Project'] }]);
    for (const tile of ['count', 'funnel']) {
      const { status, body } = await answer(tile);
      expect([status, body.answer.meta.complete]).toEqual([200, false]);
      expect(JSON.stringify(body)).not.toContain('Hidden');
    }
  });

  it('is kept as a hash alone', async () => {
    const { services, link } = await shared();
    const { results } = await services.db.prepare('SELECT * FROM shares').all();
    expect(results).toHaveLength(1);
    expect(JSON.stringify(results)).not.toContain(link.key.slice(25));
    expect(results[0]).toMatchObject({ hint: link.key.slice(-4) });
    const trail = await services.db.prepare('SELECT * FROM audit').all();
    expect(JSON.stringify(trail.results)).not.toContain(link.key.slice(25));
  });

  it('is one of a bounded number; one that has expired gives its place', async () => {
    const { share, clock } = await shared();
    for (let i = 1; i < LIMITS.sharesMax; i++) await share({ expiresAt: isoTime(START_MS + DAY_MS) });
    expect(await share()).toMatchObject({ code: 'shares-full', limit: LIMITS.sharesMax });
    expect(await share({ board: 'absent' })).toMatchObject({ code: 'board-not-found' });
    expect(await share({ expiresAt: isoTime(START_MS) })).toMatchObject({ code: 'request-invalid' });
    clock.nowMs += DAY_MS;
    expect(await share()).toMatchObject({ board: 'morning' });
  });
});
