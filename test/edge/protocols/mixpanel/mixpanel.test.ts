// Mixpanel: its events, updates of profiles and history, in forms, JSON and URLs.

import { describe, expect, it } from 'vitest';
import { mixpanelProtocol } from '../../../../src/edge/protocols/mixpanel/mixpanel.ts';
import { BASE_URL, NOW_MS, testApp, testTenant } from '../../support/app.ts';
import { describeProtocol, requestTo, type SendFixture } from '../contract.ts';
import { DEEP, describeMalformed, HUGE, MANY_KEYS } from '../malformed.ts';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const JSON_TYPE = { 'content-type': 'application/json' };
const base64 = (content: string | Uint8Array) => Buffer.from(content).toString('base64');
const formOf = (content: string | Uint8Array) => `data=${encodeURIComponent(base64(content))}`;
const basic = (key: string | null) => (key === null ? undefined : `Basic ${btoa(`${key}:`)}`);

type Tracked = { readonly event?: unknown; readonly properties?: object };
const withToken = (events: readonly object[], key: string | null) =>
  events.map((event) => {
    const { properties } = event as Tracked;
    return { ...event, properties: { ...properties, ...(key !== null && { token: key }) } };
  });

const browser: SendFixture = {
  name: 'the form of a browser',
  event: (id) => ({
    event: 'Bought',
    properties: { $insert_id: id, time: NOW_MS / 1_000, distinct_id: '$device:d', $device_id: 'd', n: 1 },
  }),
  badEvent: (id) => ({ event: { event: 'Bought', properties: { $insert_id: id, time: 'then' } }, blamed: 'then' }),
  eventsMax: 100,
  request: (events, key) =>
    requestTo('/track/?verbose=1&ip=1&_=1773144000000', formOf(JSON.stringify(withToken(events, key))), FORM),
  malformed: (content) => requestTo('/track/?verbose=1', formOf(content), FORM),
  isTaken: async (response) => {
    const { status, error, received } = (await response.json()) as Record<string, unknown>;
    return (
      received !== undefined && (status === 1 ? error === null && response.status === 200 : response.status === 400)
    );
  },
};

const isOne = async (response: Response) => {
  const text = await response.text();
  return text === '1' || (response.status === 400 && text.includes('"received"'));
};

const json: SendFixture = {
  ...browser,
  name: 'JSON',
  request: (events, key) => requestTo('/track?verbose=0', JSON.stringify(withToken(events, key)), JSON_TYPE),
  malformed: (content) => requestTo('/track', content, JSON_TYPE),
  isTaken: isOne,
};

const inUrl: SendFixture = {
  ...browser,
  name: 'one event in a URL',
  keyIsInUrl: true,
  eventsMax: 1,
  request: (events, key) => {
    const [event] = withToken(events, key);
    return new Request(`${BASE_URL}/track?ip=0&verbose=0&data=${encodeURIComponent(base64(JSON.stringify(event)))}`);
  },
  malformed: (content) => new Request(`${BASE_URL}/track?data=${encodeURIComponent(base64(content))}`),
  isTaken: isOne,
};

const history: SendFixture = {
  ...browser,
  name: 'history',
  request: (events, key) =>
    requestTo('/import?strict=1&project_id=1', JSON.stringify(events), { ...JSON_TYPE, authorization: basic(key) }),
  malformed: (content, key) => requestTo('/import', content, { ...JSON_TYPE, authorization: basic(key) }),
};

const engage: SendFixture = {
  ...browser,
  name: 'updates of people',
  hasIds: false,
  event: (id) => ({ $distinct_id: 'u', $set: { id } }),
  badEvent: (id) => ({ event: { $distinct_id: [id], $set: { plan: 'pro' } }, blamed: ['bad'] }),
  request: (events, key) => {
    const keyed = events.map((event) => ({ ...event, ...(key !== null && { $token: key }) }));
    return requestTo('/engage/?verbose=1', formOf(JSON.stringify(keyed)), FORM);
  },
  malformed: (content) => requestTo('/engage/?verbose=1', formOf(content), FORM),
};

describeProtocol("Mixpanel's protocol", {
  protocol: mixpanelProtocol,
  refusalCode: async (response) => {
    const { status, code, error } = (await response.json()) as Record<string, unknown>;
    return status === 0 && typeof error === 'string' ? String(code) : 'not in the form of the vendor';
  },
  sends: [browser, json, inUrl, history, engage],
});

const tracked = (fields: object) => ({
  event: 'Bought',
  properties: { $insert_id: 'bad', distinct_id: 'u', ...fields },
});

describeMalformed("Mixpanel's events", {
  protocol: mixpanelProtocol,
  send: {
    ...history,
    request: (events, key) => requestTo('/track', JSON.stringify(events), { ...JSON_TYPE, authorization: basic(key) }),
    isTaken: isOne,
  },
  forms: [
    ['null', null, 'event-not-object'],
    ['a number', 7, 'event-not-object'],
    ['a text', 'Bought', 'event-not-object'],
    ['a list', [{}], 'event-not-object'],
    ['an empty object', {}, 'name-missing'],
    ['a blank name', { ...tracked({}), event: ' ' }, 'name-missing'],
    ['a name that is an object', { ...tracked({}), event: {} }, 'name-invalid'],
    ['a long name', { ...tracked({}), event: 'x'.repeat(300) }, 'name-too-long'],
    ['an empty insert id', tracked({ $insert_id: '' }), 'id-invalid'],
    ['an insert id that is an object', tracked({ $insert_id: {} }), 'id-invalid'],
    ['a distinct id that is a list', tracked({ distinct_id: ['u'] }), 'person-id-invalid'],
    ['a long distinct id', tracked({ distinct_id: 'x'.repeat(300) }), 'person-id-invalid'],
    ['a device id that is an object', tracked({ $device_id: {} }), 'person-id-invalid'],
    ['a distinct id that names nobody', tracked({ distinct_id: 'undefined' }), 'taken'],
    ['a device without an id', tracked({ distinct_id: '$device:' }), 'taken'],
    ['a broken time', tracked({ time: 'then' }), 'timestamp-invalid'],
    ['a time that is a list', tracked({ time: [1] }), 'timestamp-invalid'],
    ['a time before 1990', tracked({ time: 5 }), 'timestamp-out-of-range'],
    ['properties that are a list', { event: 'Bought', properties: [1] }, 'properties-invalid'],
    ['properties that are a text', { event: '$identify', properties: 'x' }, 'properties-invalid'],
    ['a deep nest', tracked({ a: DEEP }), 'properties-too-deep'],
    ['too many keys', tracked(MANY_KEYS), 'properties-too-many-keys'],
    ['a huge text', tracked({ text: HUGE }), 'event-too-large'],
    ['a NUL in a text', tracked({ a: '\0' }), 'taken'],
    ['an alias of nothing', { event: '$create_alias', properties: {} }, 'taken'],
    ['a merge of nothing', { event: '$merge', properties: { $distinct_ids: [] } }, 'taken'],
  ],
});

describe("Mixpanel's events", () => {
  async function sent(path: string, events: readonly object[]) {
    const { app, key, shards } = await testApp(testTenant(), [mixpanelProtocol]);
    const response = await app.fetch(
      requestTo(path, JSON.stringify(events), { ...JSON_TYPE, authorization: basic(await key('server')) }),
    );
    return { shards, response };
  }

  it('have their page, device, campaign and time in columns', async () => {
    const { shards } = await sent('/track', [
      {
        event: '$mp_web_page_view',
        properties: {
          $current_url: 'https://shop.example/a',
          current_url_path: '/a',
          current_page_title: 'A',
          utm_source: 'x',
          $os: 'Linux',
          $referrer: 'https://news.example/',
          $insert_id: 'i1',
          time: (NOW_MS - 60_000) / 1_000,
          distinct_id: '$device:d',
          $device_id: 'd',
          token: 'x',
          n: 1,
        },
      },
    ]);
    expect(shards.rows('id', 'type', 'event', 'user_id', 'anonymous_id', 'path', 'title', 'utm_source')).toEqual([
      ['i1', 'page', 'page', null, 'd', '/a', 'A', 'x'],
    ]);
    expect(shards.rows('referrer_domain', 'os', 'source', 'properties')).toEqual([
      ['news.example', 'Linux', 'mixpanel', '{"n":1}'],
    ]);
    expect(shards.times()).toEqual([NOW_MS - 60_000]);
  });

  it('say who is who', async () => {
    const event = (name: string, properties: object) => ({ event: name, properties });
    const { shards } = await sent('/track', [
      event('$identify', {
        distinct_id: 'u',
        $user_id: 'u',
        $device_id: 'd',
        $anon_distinct_id: '$device:d',
        $os: 'x',
      }),
      event('$identify', { distinct_id: 'v', $device_id: 'd2', $anon_distinct_id: 'u' }),
      event('$identify', { distinct_id: 'u', $anon_distinct_id: 'old-anonymous' }),
      event('$create_alias', { distinct_id: '$device:d3', alias: 'u' }),
      event('$merge', { $distinct_ids: ['a', 'b'] }),
      event('Bought', { distinct_id: 'u', $user_id: 'u', $device_id: 'd' }),
      event('Looked', { distinct_id: 'd4', $device_id: 'd4' }),
    ]);
    expect(shards.rows('type', 'user_id', 'anonymous_id', 'properties')).toEqual([
      ['identify', 'u', 'd', null],
      ['identify', 'v', 'd2', null],
      ['identify', 'u', 'old-anonymous', null],
      ['alias', 'u', null, '{"previousId":"d3"}'],
      ['alias', 'b', null, '{"previousId":"a"}'],
      ['track', 'u', 'd', null],
      ['track', null, 'd4', null],
    ]);
  });

  it('change traits of people, and charge them', async () => {
    const { shards, response } = await sent('/engage?verbose=1', [
      { $distinct_id: '$device:d', $set: { plan: 'pro' }, $set_once: { first: 1 }, $unset: ['old'], $add: { n: 1 } },
      { $distinct_id: 'u', $append: { $transactions: { $amount: 12.5, $time: '2026-03-10T11:00:00Z', sku: 'tea' } } },
      { $distinct_id: 'u', $delete: '' },
    ]);
    expect(shards.rows('type', 'event', 'user_id', 'anonymous_id', 'properties')).toEqual([
      ['identify', 'identify', null, 'd', '{"plan":"pro","$set_once":{"first":1},"old":null,"$add":{"n":1}}'],
      ['track', '$transaction', 'u', null, '{"sku":"tea","revenue":12.5}'],
    ]);
    expect(await response.json()).toMatchObject({
      status: 1,
      errors: [{ index: 2, code: 'operation-unsupported', path: '/$delete' }],
    });
  });

  it('change traits of groups', async () => {
    const { shards } = await sent('/groups', [{ $group_key: 'company', $group_id: 'acme', $set: { industry: 'tea' } }]);
    expect(shards.rows('type', 'group_id', 'properties')).toEqual([
      ['group', 'acme', '{"industry":"tea","$group_key":"company"}'],
    ]);
  });

  it('of another token than the first are rejected by themselves', async () => {
    const { app, key } = await testApp(testTenant(), [mixpanelProtocol]);
    const events = [...withToken([browser.event('1')], await key('browser')), ...withToken([browser.event('2')], 'x')];
    const answer = await app.fetch(requestTo('/track?verbose=1', JSON.stringify(events), JSON_TYPE));
    expect(await answer.json()).toMatchObject({
      status: 1,
      accepted: 1,
      errors: [{ index: 1, code: 'key-differs', path: '/properties/token' }],
    });
  });
});

describe("Mixpanel's history", () => {
  it('needs a server key, and the token in its events none', async () => {
    const { app, key, shards } = await testApp(testTenant(), [mixpanelProtocol]);
    const old = { event: 'Bought', properties: { $insert_id: 'i', time: 1_262_304_000, distinct_id: 'u', token: 'x' } };
    const send = async (authorization: string | undefined) =>
      app.fetch(requestTo('/import?verbose=0', formOf(JSON.stringify([old])), { ...FORM, authorization }));
    expect((await send(basic(await key('browser')))).status).toBe(403);
    expect((await send(undefined)).status).toBe(401);
    const taken = await send(basic(await key('server')));
    expect([taken.status, await taken.text()]).toEqual([200, '1']);
    expect(shards.times()).toEqual([1_262_304_000_000]);
  });

  it('may be in a URL when the key is in a header', async () => {
    const { app, key } = await testApp(testTenant(), [mixpanelProtocol]);
    const data = encodeURIComponent(base64(JSON.stringify({ event: 'Bought', properties: { token: 'x' } })));
    const headers = { authorization: basic(await key('server'))! };
    const answer = await app.fetch(new Request(`${BASE_URL}/import?data=${data}`, { headers }));
    expect([answer.status, await answer.text()]).toEqual([200, '1']);
  });
});
