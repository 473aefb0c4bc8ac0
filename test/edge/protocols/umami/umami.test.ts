import { describe, expect, it } from 'vitest';
import { umamiProtocol } from '../../../../src/edge/protocols/umami/umami.ts';
import { NOW_MS, problemOf, testApp, testTenant } from '../../support/app.ts';
import { describeProtocol, requestTo, type SendFixture } from '../contract.ts';
import { bytesOf, describeMalformedForms } from '../malformed-forms.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
type Sent = { readonly type?: string; readonly payload: object };
const withSite = (event: object, website: string | undefined) => {
  const { payload } = event as Sent;
  const isObject = typeof payload === 'object' && payload !== null && !Array.isArray(payload);
  return isObject ? { ...event, payload: { ...payload, website } } : event;
};

const one: SendFixture = {
  name: 'an event with the key as its website',
  event: () => ({
    type: 'event',
    payload: { hostname: 'shop.example', url: '/tea', name: 'bought', data: { price: 1 } },
  }),
  badEvent: () => ({ event: { type: 'event', payload: { url: '/', name: { no: 'text' } } }, blamed: { no: 'text' } }),
  eventsMax: 1,
  hasIds: false,
  request: ([event], key) => requestTo('/api/send', JSON.stringify(withSite(event!, key ?? undefined)), JSON_TYPE),
  malformed: (content, key) => requestTo('/api/send', content, { ...JSON_TYPE, authorization: `Bearer ${key}` }),
  isTaken: async (response) => 'received' in ((await response.json()) as object),
};

const many: SendFixture = {
  ...one,
  name: 'a batch with the key in its path',
  eventsMax: 100,
  keyIsInUrl: true,
  request: (events, key) =>
    requestTo(`${key === null ? '' : `/k/${key}`}/api/batch`, JSON.stringify(events), JSON_TYPE),
  malformed: (content, key) => requestTo(`/k/${key}/api/batch`, content, JSON_TYPE),
  isTaken: async (response) => 'processed' in ((await response.json()) as object),
};

const refusalCode = async (response: Response) => {
  const document = (await response.clone().json()) as { readonly errors?: readonly { readonly code: string }[] };
  return document.errors?.[0]?.code ?? (await problemOf(response))[1];
};

// A website that is no key of ours is the id that the site had before: it is refused as no key at all.
const malformedKey: SendFixture = {
  ...one,
  request: (events, key) => {
    const request = one.request(events, key);
    return key === 'no-key-of-ours' ? new Request(request, { headers: { ...JSON_TYPE, 'x-write-key': key } }) : request;
  },
};

describeProtocol("Umami's protocol", { protocol: umamiProtocol, refusalCode, sends: [malformedKey, many] });

describe("Umami's events", () => {
  async function start() {
    const { app, key, shards } = await testApp(testTenant(), [umamiProtocol]);
    const browserKey = await key('browser');
    const send = (event: object, headers: Readonly<Record<string, string>> = {}) =>
      app.fetch(requestTo('/api/send', JSON.stringify(withSite(event, browserKey)), { ...JSON_TYPE, ...headers }));
    return { send, shards };
  }

  it('are taken as its documentation writes them', async () => {
    const { send, shards } = await start();
    const payload = {
      hostname: 'your-hostname',
      language: 'en-US',
      referrer: '',
      screen: '1920x1080',
      title: 'dashboard',
      url: '/?utm_source=news',
      website: 'your-website-id',
    };
    await send({ payload, type: 'event' }, { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0' });
    const response = await send({
      payload: { ...payload, name: 'event-name', data: { foo: 'bar' }, tag: 'b' },
      type: 'event',
    });
    expect(await response.json()).toMatchObject({ received: 1, accepted: 1 });
    expect(shards.rows('type', 'event', 'title', 'url', 'utm_source', 'browser', 'properties')).toEqual([
      ['page', 'page', 'dashboard', 'https://your-hostname/?utm_source=news', 'news', 'Firefox', null],
      [
        'track',
        'event-name',
        'dashboard',
        'https://your-hostname/?utm_source=news',
        'news',
        null,
        '{"tag":"b","foo":"bar"}',
      ],
    ]);
  });

  it('of a session are linked to the person that identify names', async () => {
    const { send, shards } = await start();
    const headers = { 'x-forwarded-for': '203.0.113.7', 'user-agent': 'Mozilla/5.0 Firefox/140.0' };
    await send({ type: 'event', payload: { url: '/' } }, headers);
    await send({ type: 'identify', payload: { id: 'ann', data: { plan: 'pro' } } }, headers);
    await send({ type: 'event', payload: { url: '/', name: 'x', id: 'ann', timestamp: NOW_MS / 1_000 } }, headers);
    const [[visitor]] = shards.rows('anonymous_id') as [[string]];
    expect(visitor).toMatch(/^day-/);
    expect(shards.rows('type', 'user_id', 'anonymous_id', 'properties')).toEqual([
      ['page', null, visitor, null],
      ['identify', 'ann', visitor, '{"plan":"pro"}'],
      ['track', 'ann', visitor, null],
    ]);
  });

  it('take the vitals of a page, and the address and agent that a server names', async () => {
    const { send, shards } = await start();
    const agent = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1';
    await send({
      type: 'performance',
      payload: { url: '/', lcp: 1_200, cls: 0.02, ip: '203.0.113.7', userAgent: agent },
    });
    expect(shards.rows('event', 'properties', 'device')).toEqual([
      ['performance', '{"lcp":1200,"cls":0.02}', 'mobile'],
    ]);
    expect(shards.rows('context').flat()[0]).not.toContain('203.0.113.7');
  });

  it('of a batch are answered one by one', async () => {
    const { app, key } = await testApp(testTenant(), [umamiProtocol]);
    const events = [many.event('1'), { type: 'odd', payload: {} }, many.event('2')];
    const response = await app.fetch(many.request(events, await key('browser')));
    expect(await response.json()).toMatchObject({
      size: 3,
      processed: 2,
      errors: 1,
      details: [{ index: 1, response: { code: 'type-unknown', path: '/type' } }],
    });
  });

  it('that are refused are no success', async () => {
    const { send } = await start();
    expect((await send({ type: 'odd', payload: {} })).status).toBe(400);
  });
});

const event = (payload: unknown, type: unknown = 'event') => ({ type, payload });

describeMalformedForms("Umami's protocol", {
  protocol: umamiProtocol,
  send: many,
  refusalCode,
  events: [
    ['no event', null, 'event-not-object', ''],
    ['a text', 'x', 'event-not-object', ''],
    ['no payload', { type: 'event' }, 'event-not-object', '/payload'],
    ['a payload that is a list', event([]), 'event-not-object', '/payload'],
    ['a payload that is a text', event('url'), 'event-not-object', '/payload'],
    ['an unknown type', event({}, 'purchase'), 'type-unknown', '/type'],
    ['a type that is a number', event({}, 7), 'type-unknown', '/type'],
    ['a name that is an object', event({ name: {} }), 'name-invalid', '/payload/name'],
    ['a long name', event({ name: 'n'.repeat(201) }), 'name-too-long', '/payload/name'],
    ['data that is a list', event({ name: 'x', data: [1] }), 'properties-invalid', '/payload/data'],
    ['data that is a text', event({ name: 'x', data: 'a' }), 'properties-invalid', '/payload/data'],
    [
      'a deep nest',
      event({ data: { a: JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`) } }),
      'properties-too-deep',
      '/payload/data/a/0/0/0/0/0/0/0',
    ],
    ['large data', event({ data: { text: 'x'.repeat(40_000) } }), 'event-too-large'],
    ['a person that is a list', event({ id: ['a'] }), 'person-id-invalid', '/payload/id'],
    ['a long person', event({ id: 'i'.repeat(300) }), 'person-id-invalid', '/payload/id'],
    ['a time in words', event({ timestamp: 'now' }), 'timestamp-invalid', '/payload/timestamp'],
    ['a time before 1990', event({ timestamp: 5 }), 'timestamp-too-old', '/payload/timestamp'],
    ['a blank name', event({ name: ' ' }), 'name-missing', '/payload/name'],
    ['a screen of words', event({ screen: 'big' }), null],
    ['a URL that is a number', event({ url: 5 }), null],
    ['an empty variable for a person', event({ id: 'undefined' }), null],
    ['a number beyond 2^53', event({ name: 'x', data: { n: 1e300 } }), null],
  ],
  bodies: [
    ['nothing', bytesOf(''), 'body-empty'],
    ['no JSON', bytesOf('{"type":'), 'json-invalid'],
    ['one event', bytesOf('{"type":"event","payload":{}}'), 1],
    ['a text', bytesOf('"event"'), 'batch-invalid'],
    ['no events', bytesOf('[]'), 0],
    ['no UTF-8', Uint8Array.of(0xff), 'utf8-invalid'],
  ],
});
