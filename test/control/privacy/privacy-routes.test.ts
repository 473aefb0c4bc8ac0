// What of an event is not stored, sent in every way there is: live alone, in a batch with a common context, and imported.

import type { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/core/limits.ts';
import { FakeShards } from '../../edge/support/app.ts';
import { fakeApp } from '../../support/fake-services.ts';

type Json = { readonly [key: string]: unknown };

const COLUMNS = ['event', 'url', 'path', 'title', 'utm_source', 'properties', 'context'] as const;
const JSON_COLUMNS: ReadonlySet<string> = new Set(['properties', 'context']);

async function start() {
  const shards = new FakeShards();
  const live = fakeApp({ shardOf: shards.of });
  const { keys } = await live.createTenant('shop');
  const lake = fakeApp();
  const { keys: lakeKeys } = await lake.createTenant('shop');
  const set = async (body: unknown, key = keys.admin) => {
    await lake.call('PUT', '/v1/privacy', { key: lakeKeys.admin, body });
    return live.call('PUT', '/v1/privacy', { key, body });
  };

  let sent = 0;
  /** The event is imported, sent alone, and sent in a batch whose common context is its own: the same is stored of it. */
  const stored = async (event: Json) => {
    const dated = { type: 'track', event: 'x', userId: 'ann', timestamp: '2026-01-05T10:00:00Z', ...event };
    const [imported, alone, batched] = [`i-${sent++}`, `a-${sent}`, `b-${sent}`];
    const headers = { 'content-type': 'application/x-ndjson' };
    const { context, ...rest } = dated as Json;
    const answers = [
      await lake.call('POST', '/v1/import', {
        key: lakeKeys.write,
        headers,
        body: JSON.stringify({ ...dated, id: imported }),
      }),
      await live.call('POST', '/v1/events', { key: keys.write, body: [{ ...dated, id: alone }] }),
      await live.call('POST', '/v1/batch', {
        key: keys.write,
        body: { context, batch: [{ ...rest, messageId: batched }] },
      }),
    ];
    const notes = answers.map(({ status, body }) => {
      expect(status, JSON.stringify(body)).toBe(200);
      return (body.notes ?? []).map(({ code, path }: { code: string; path: string }) => `${code} ${path}`).sort();
    });
    const rows = [(await exportedOf(lake.app, lakeKeys.read)).get(imported), ...liveRows(shards)];
    const [first, ...others] = rows.slice(0, 3) as Json[];
    shards.requests.length = 0;
    for (const other of others) expect(other).toEqual(first);
    for (const other of notes.slice(1)) expect(other).toEqual(notes[0]);
    return { ...first!, notes: notes[0] } as Json;
  };
  return { ...live, keys, set, stored };
}

async function exportedOf(app: Hono, key: string): Promise<ReadonlyMap<unknown, Json>> {
  const body = JSON.stringify({ from: '2026-01-01', to: '2026-02-01', format: 'ndjson' });
  const response = await app.request('/v1/export', {
    method: 'POST',
    body,
    headers: { authorization: `Bearer ${key}` },
  });
  const lines = (await response.text()).split('\n').filter((line) => line !== '');
  return new Map(
    lines.map((line) => {
      const row = JSON.parse(line);
      return [
        row.id,
        Object.fromEntries(COLUMNS.map((column) => [column, row[column] ?? (JSON_COLUMNS.has(column) ? {} : null)])),
      ];
    }),
  );
}

function liveRows(shards: FakeShards): Json[] {
  return shards
    .rows(...COLUMNS)
    .map((values) =>
      Object.fromEntries(
        COLUMNS.map((column, i) => [
          column,
          JSON_COLUMNS.has(column) ? JSON.parse(values[i] ?? '{}') : (values[i] ?? null),
        ]),
      ),
    );
}

describe('an address', () => {
  it('is not stored under any key that names one, at any depth', async () => {
    const { stored } = await start();
    const ip = '203.0.113.7';
    const { properties, context, notes } = await stored({
      properties: {
        ip,
        $ip: ip,
        ip_address: ip,
        clientIp: ip,
        list: [{ 'IP Address': ip, n: 1 }],
        'X-Forwarded-For': `${ip}, 10.0.0.1`,
        zip: '10115',
        tip: 4,
        vip: true,
        address: 'Main St',
        version: '4.2.1.0',
      },
      context: {
        IP: ip,
        device: { ip, id: 'd' },
        location: { ipv6: '::1', city: 'Berlin' },
        traits: { remote_addr: ip },
      },
    });
    expect(properties).toEqual({
      list: [{ n: 1 }],
      zip: '10115',
      tip: 4,
      vip: true,
      address: 'Main St',
      version: '4.2.1.0',
    });
    expect(context).toEqual({ device: { id: 'd' }, location: { city: 'Berlin' }, traits: {} });
    expect(notes).toContain('address-removed /context/device/ip');
    expect(notes).toHaveLength(8 + 4 - 2);
  });

  it('is stored when the tenant keeps addresses, and the place of the request is still not the place of the event', async () => {
    const { set, stored } = await start();
    expect((await set({ addresses: 'keep' })).status).toBe(200);
    const { context, notes } = await stored({ context: { ip: '203.0.113.7', device: { ip: '::1' } } });
    expect(context).toEqual({ ip: '203.0.113.7', device: { ip: '::1' } });
    expect(notes).toEqual([]);
  });

  it('that is empty or a flag is none', async () => {
    const { stored } = await start();
    const { properties, notes } = await stored({ properties: { ip: null, IP: '', useIp: true }, context: {} });
    expect(properties).toEqual({ ip: null, IP: '', useIp: true });
    expect(notes).toEqual([]);
  });
});

describe('a URL', () => {
  const page = async (url: string, changes?: Json) => {
    const { set, stored } = await start();
    if (changes) await set(changes);
    return stored({ context: { page: { url } } });
  };
  it.each<[what: string, sent: string, kept: string]>([
    ['loses a token', 'https://shop.test/a?token=SECRET&utm_source=n#top', 'https://shop.test/a?utm_source=n#top'],
    ['loses its whole query', 'https://shop.test/a?email=ann%40example.com', 'https://shop.test/a'],
    ['keeps the ids of advertisers', 'https://shop.test/?gclid=1&fbclid=2', 'https://shop.test/?gclid=1&fbclid=2'],
    ['keeps a name in capitals', '/a?UTM_Source=n&x=1', '/a?UTM_Source=n'],
    ['keeps an encoded name', '/a?utm%5Fsource=n&%74oken=1', '/a?utm%5Fsource=n'],
    ['loses the query of a hash route', 'https://a.test/#/cart?step=2&ref=b', 'https://a.test/#/cart?ref=b'],
    ['loses the token of a login', 'https://a.test/in#access_token=SECRET&state=1', 'https://a.test/in'],
    ['loses a second query', 'https://a.test/?utm_source=n?token=SECRET', 'https://a.test/?utm_source=n'],
    ['loses its credentials', 'https://ann:pw@a.test/x', 'https://a.test/x'],
    ['loses a password with an @', 'https://ann:p@w@a.test/x', 'https://a.test/x'],
    ['keeps an @ of its path', 'https://a.test/@ann', 'https://a.test/@ann'],
  ])('%s', async (_, sent, kept) => {
    const { url, context, notes } = await page(sent);
    expect(url).toBe(kept);
    expect(context).toEqual({ page: { url: kept } });
    const code = sent.includes('@') ? 'credentials-removed' : 'parameters-removed';
    expect(notes).toEqual(sent === kept ? [] : [`${code} /context/page/url`]);
  });

  it('keeps the parameters of its tenant, by name and by beginning', async () => {
    const keeping = (urlParameters: string[]) => page('/a?q=x&Order_id=7&token=S', { urlParameters });
    expect((await keeping(['q', 'order_*'])).url).toBe('/a?q=x&Order_id=7');
    expect((await keeping(['*'])).url).toBe('/a?q=x&Order_id=7&token=S');
  });

  it('is cleaned wherever a page says it, and in no other text', async () => {
    const { stored } = await start();
    const url = 'https://a.test/p?token=S';
    const sent = { url, referrer: url, path: '/p?token=S', search: '?token=S&utm_term=t', $current_url: url };
    const bare = { url: 'https://a.test/p', referrer: 'https://a.test/p', path: '/p', search: '?utm_term=t' };
    const free = { image_url: 'https://a.test/i?w=200', question: 'what is url?x=1', search_term: 'a?b=c' };
    const { properties, context, path } = await stored({
      properties: { ...sent, ...free },
      context: { page: sent, referrer: { link: url } },
    });
    expect(properties).toEqual({ ...bare, $current_url: bare.url, ...free });
    expect(context).toEqual({ page: { ...bare, $current_url: bare.url }, referrer: { link: bare.url } });
    expect(path).toBe('/p');
  });

  it('loses its credentials in any text, and no id is changed', async () => {
    const { stored } = await start();
    const { event, properties } = await stored({
      event: 'open https://ann:pw@a.test',
      properties: {
        note: 'see ftp://ann:pw@a.test and //tok@b.test',
        deep: [{ k: 'https://x@c.test/' }],
        mail: 'a@b.c',
      },
      context: { groupId: 'https://team@a.test' },
    });
    expect(event).toBe('open https://a.test');
    expect(properties).toEqual({
      note: 'see ftp://a.test and //b.test',
      deep: [{ k: 'https://c.test/' }],
      mail: 'a@b.c',
    });
  });
});

describe('the rules', () => {
  it('are shown, replaced as a whole, one tenant’s alone, and changed by its admin key alone', async () => {
    const { call, createTenant, keys, set } = await start();
    const other = await createTenant('other');
    const shown = async (key: string) => (await call('GET', '/v1/privacy', { key })).body;
    expect(await shown(keys.read)).toMatchObject({ addresses: 'remove', urlParameters: [] });
    await set({ addresses: 'keep', urlParameters: ['q'] });
    expect((await set({ urlParameters: ['page'] })).body).toMatchObject({
      addresses: 'remove',
      urlParameters: ['page'],
    });
    expect(await shown(keys.read)).toMatchObject({ addresses: 'remove', urlParameters: ['page'] });
    expect(await shown(other.keys.read)).toMatchObject({ urlParameters: [] });
    for (const key of [keys.write, keys.read]) expect((await set({}, key)).body.code).toBe('key-scope');
  });

  it('are bounded, and say no name that no URL has', async () => {
    const { set } = await start();
    const many = Array.from({ length: LIMITS.urlParametersMax }, (_, i) => `p${i}`);
    expect((await set({ urlParameters: many })).status).toBe(200);
    const bad = [{ urlParameters: [...many, 'y'] }, { urlParameters: ['a=b'] }, { urlParameters: ['a*b'] }];
    for (const body of [...bad, { urlParameters: ['x'.repeat(65)] }, { addresses: 'hash' }, { more: 1 }])
      expect((await set(body)).body.code).toBe('request-invalid');
  });
});
