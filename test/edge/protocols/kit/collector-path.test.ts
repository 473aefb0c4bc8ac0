// The collector path among all protocols: each path is that of one vendor.

import { describe, expect, it } from 'vitest';
import { problemOf, testApp } from '../../support/app.ts';
import { requestTo } from '../contract.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const snowplow = { data: [{ e: 'pv', eid: '1' }] };
const CALLS: readonly (readonly [source: string, path: string, body: object])[] = [
  ['plausible', '/api/event', { name: 'pageview', url: 'https://a.example/' }],
  ['umami', '/api/send', { type: 'event', payload: { url: '/' } }],
  ['umami', '/api/batch', [{ type: 'event', payload: { url: '/' } }]],
  ['matomo', '/matomo.php', { requests: ['?url=https://a.example/'] }],
  ['ga4', '/mp/collect', { client_id: 'c', events: [{ name: 'page_view' }] }],
  ['zigpoll', '/v1/zigpoll', { type: 'page', messageId: '1', anonymousId: 'a' }],
  ['snowplow', '/com.snowplowanalytics.snowplow/tp2', snowplow],
  ['snowplow', '/com.acme/track', snowplow],
];

describe('a path behind a browser key', () => {
  it.each(CALLS)('is of %s: %s', async (source, path, body) => {
    const { app, key, shards } = await testApp();
    const browserKey = await key('browser');
    const response = await app.fetch(requestTo(`/k/${browserKey}${path}`, JSON.stringify(body), JSON_TYPE));
    expect(response.status).toBeLessThan(300);
    expect(response.headers.get('access-control-allow-origin') ?? '*').toBe('*');
    expect(shards.rows('source', 'type', 'sender')).toEqual([[source, 'page', 'browser']]);
  });

  it.each(CALLS)('takes no server key: %s%s', async (_source, path, body) => {
    const { app, key, shards } = await testApp();
    const request = requestTo(`/k/${await key('server')}${path}`, JSON.stringify(body), JSON_TYPE);
    expect(await problemOf(await app.fetch(request))).toEqual([403, 'key-scope']);
    expect(shards.requests).toEqual([]);
  });

  it.each(CALLS)('grants a preflight to its pages: %s%s', async (_source, path) => {
    const { app } = await testApp();
    const headers = { origin: 'https://shop.example', 'access-control-request-method': 'POST' };
    const preflight = await app.request(`http://tidemark.test/k/x${path}`, { method: 'OPTIONS', headers });
    expect(preflight.status).toBe(204);
    expect(['*', 'https://shop.example']).toContain(preflight.headers.get('access-control-allow-origin'));
  });
});
