// What a stranger can do who has read the browser key of a page: send events of the last week as its devices, and nothing
// that a server's event, its quota or the past would notice.

import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../src/core/limits.ts';
import type { AppendRequest, ShardRpc } from '../../src/core/shard/rpc.ts';
import type { KeyScope } from '../../src/core/tenant/tenant.ts';
import type { VerdictDocument } from '../../src/wire/ingest.ts';
import { fakeApp, ROOT_KEY } from '../support/fake-services.ts';
import { NOW_MS, testApp, testTenant } from './support/app.ts';

const order = (parts: object) => ({ event: 'Order Completed', id: 'order-1001', ...parts });
const iso = (atMs: number) => new Date(atMs).toISOString();

async function sending(tenant = testTenant()) {
  const app = await testApp(tenant);
  const as = async (scope: KeyScope, body: unknown, headers: Record<string, string> = {}, path?: string) => {
    const response = await app.send(body, { key: await app.key(scope), headers, ...(path && { path }) });
    return { status: response.status, body: (await response.json()) as VerdictDocument & { code?: string } };
  };
  return { ...app, as };
}

describe('an id of a browser', () => {
  it('sent first does not make the order of a server a duplicate', async () => {
    const { as, shards } = await sending();
    for (const junk of [{ userId: 'x' }, { anonymousId: 'ann' }, { userId: 'bob' }, {}]) {
      expect((await as('browser', order({ event: 'junk', ...junk }))).body.accepted).toBe(1);
    }
    expect((await as('server', order({ userId: 'ann' }))).body).toMatchObject({ accepted: 1, duplicate: 0 });
    expect((await as('write', order({ userId: 'ann' }))).body).toMatchObject({ accepted: 0, duplicate: 1 });
    expect(shards.rows('sender').flat()).toEqual(['browser', 'browser', 'browser', 'browser', 'server', 'server']);
  });

  it('is one event of its device, and another of another device', async () => {
    const { as } = await sending();
    const ids = ['order-1001', '\u00001', '1:order', '10:order-1001'];
    for (const id of ids) {
      const of = (anonymousId: string) => as('browser', { event: 'Clicked', id, anonymousId });
      const verdicts = [await of('a'), await of('a'), await of('b')];
      expect(
        verdicts.map(({ body }) => body.accepted),
        id,
      ).toEqual([1, 0, 1]);
    }
    const joined = (id: string, anonymousId: string) => as('browser', { event: 'Clicked', id, anonymousId });
    expect([(await joined('12', '3')).body.accepted, (await joined('1', '23')).body.accepted]).toEqual([1, 1]);
  });

  it('of a server is one event, whatever the device', async () => {
    const { as } = await sending();
    for (const device of [{ anonymousId: 'a' }, { anonymousId: 'b' }, { userId: 'c' }])
      await as('server', order(device));
    expect((await as('server', order({ anonymousId: 'd' }))).body.duplicate).toBe(1);
  });
});

describe('the time of a browser’s event', () => {
  it.each([
    ['a day more than a week old', { timestamp: iso(NOW_MS - 8 * DAY_MS) }],
    ['of 1990', { timestamp: '1990-01-02T00:00:00Z' }],
    ['of a number', { timestamp: Date.UTC(2020, 0, 1) }],
    ['set back by a clock that is far ahead', { timestamp: iso(NOW_MS), sentAt: iso(NOW_MS + 30 * DAY_MS) }],
  ])('is refused when it is %s, and only for this try', async (_, time) => {
    const { as, shards } = await sending();
    const { body } = await as('browser', order(time));
    expect(body).toMatchObject({ received: 1, accepted: 0, rejected: 1 });
    expect(body.errors[0]).toMatchObject({ code: 'timestamp-too-old', path: '/timestamp', ofThisTry: true });
    expect((await as('server', order(time))).body.accepted).toBe(1);
    expect(shards.rows('sender').flat()).toEqual(['server']);
  });

  it('may be a week old', async () => {
    const { as } = await sending();
    expect((await as('browser', order({ timestamp: iso(NOW_MS - 7 * DAY_MS) }))).body.accepted).toBe(1);
    expect((await as('browser', order({ id: 'other' }))).body.accepted).toBe(1);
  });
});

describe('a page that is not listed', () => {
  it('may not send; an app, which names no origin, may', async () => {
    const { as } = await sending(testTenant({ origins: ['https://shop.example'] }));
    const from = (origin?: string) => as('browser', order({ id: `${origin}` }), origin ? { origin } : {});
    expect((await from('https://evil.example')).body.code).toBe('origin-not-allowed');
    expect((await from('null')).status).toBe(403);
    expect((await from('https://shop.example')).status).toBe(200);
    expect((await from()).status).toBe(200);
  });
});

describe('a browser key', () => {
  async function shop() {
    const append = async ({ blocks }: AppendRequest) => ({
      status: 'stored',
      dispositions: blocks.map(() => new Uint8Array()),
    });
    const { call, createTenant } = fakeApp({ shardOf: () => ({ append }) as unknown as ShardRpc });
    const { keys } = await createTenant('shop');
    return { call, keys };
  }

  it('does not import, end an import or look at one', async () => {
    const { call, keys } = await shop();
    const calls = [
      ['POST', '/v1/import'],
      ['POST', '/v1/import/nightly/finish'],
      ['GET', '/v1/import/nightly'],
    ] as const;
    for (const [method, path] of calls) {
      const refused = await call(method, path, { key: keys.browser });
      expect([refused.status, refused.body.code, refused.body.sent], path).toEqual([403, 'key-scope', 'browser']);
      const other = await call(method, path, { key: keys.server });
      expect(other.status, path).not.toBe(403);
    }
  });

  it.each(['GET /v1/events', 'POST /v1/query', 'GET /v1/keys', 'POST /v1/seal', 'GET /v1/status'])(
    'does not open %s',
    async (route) => {
      const { call, keys } = await shop();
      const [method, path] = route.split(' ') as ['GET', string];
      expect((await call(method, path, { key: keys.browser })).body.code).toBe('key-scope');
    },
  );

  it('is made beside the server key, which is also told under its older name', async () => {
    const { call, keys } = await shop();
    expect(Object.keys(keys)).toEqual(['server', 'browser', 'read', 'admin', 'write']);
    expect(keys.write).toBe(keys.server);
    expect(keys.browser).toMatch(/^tm_browser_/);
    for (const scope of ['browser', 'server', 'write']) {
      const made = await call('POST', '/v1/keys', { key: keys.admin, body: { scope } });
      expect([made.status, made.body.scope]).toEqual([201, scope]);
      expect(made.body.key).toMatch(new RegExp(`^tm_${scope}_`));
    }
  });

  it('that floods leaves the server its quota', async () => {
    const { call, keys } = await shop();
    await call('PUT', '/v1/tenants/shop/quota', { key: ROOT_KEY, body: { eventsPerMinute: 5 } });
    // None of these is an event; they are charged all the same.
    const send = (key: string, count: number) => call('POST', '/v1/events', { key, body: new Array(count).fill({}) });
    await send(keys.browser, 6);
    expect((await send(keys.browser, 1)).body.code).toBe('quota-exceeded');
    expect((await call('POST', '/v1/events', { key: keys.server, body: { batch: [] } })).status).toBe(200);
  });
});
