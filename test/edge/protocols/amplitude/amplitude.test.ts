// Amplitude: its events, its calls for profiles, and the path that it shares with PostHog.

import { describe, expect, it } from 'vitest';
import { amplitudeProtocol } from '../../../../src/edge/protocols/amplitude/amplitude.ts';
import { batchProtocol } from '../../../../src/edge/protocols/batch/batch.ts';
import type { Protocol } from '../../../../src/edge/protocols/protocol.ts';
import { NOW_MS, testApp, testTenant } from '../../support/app.ts';
import { describeProtocol, requestTo, type SendFixture } from '../contract.ts';
import { DEEP, describeMalformed, HUGE, MANY_KEYS, NO_TEXT } from '../malformed.ts';

/** The calls that Amplitude's SDKs use. */
const protocol: Protocol = { source: 'amplitude', calls: [...amplitudeProtocol.calls, ...batchProtocol.calls] };
const JSON_TYPE = { 'content-type': 'application/json' };
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const SENT = new Date(NOW_MS).toISOString();

const bodyOf = (events: readonly unknown[], key: string | null) =>
  JSON.stringify({ api_key: key ?? undefined, events, options: {}, client_upload_time: SENT });

const http: SendFixture = {
  name: 'the events of its SDKs',
  event: (insert_id) => ({
    time: NOW_MS,
    insert_id,
    event_type: 'Bought',
    user_id: 'u',
    event_properties: { n: 1 },
    event_id: 0,
    library: 'amplitude-node-ts/1.5.73',
  }),
  badEvent: (insert_id) => ({ event: { event_type: 'Bought', insert_id, user_id: 'u', time: 'then' }, blamed: 'then' }),
  eventsMax: 100,
  request: (events, key) => requestTo('/2/httpapi', bodyOf(events, key), JSON_TYPE),
  malformed: (content) => requestTo('/2/httpapi', content, JSON_TYPE),
  isTaken: async (response) => {
    const { code, events_ingested } = (await response.json()) as Record<string, unknown>;
    return code === response.status && [200, 400].includes(response.status) && typeof events_ingested === 'number';
  },
};

const identify: SendFixture = {
  ...http,
  name: 'the identify call',
  hasIds: false,
  event: (plan) => ({ user_id: 'u', user_properties: { $set: { plan } } }),
  badEvent: (id) => ({ event: { user_id: [id] }, blamed: ['bad'] }),
  request: (events, key) => {
    const fields = { identification: JSON.stringify(events), ...(key !== null && { api_key: key }) };
    return requestTo('/identify', new URLSearchParams(fields).toString(), FORM);
  },
  malformed: (content) => requestTo('/identify', content, FORM),
  isTaken: async (response) => (await response.text()) === 'success',
};

describeProtocol("Amplitude's protocol", {
  protocol,
  refusalCode: async (response) => {
    const { type, code, error } = (await response.json()) as Record<string, unknown>;
    const isInForm = code === response.status && typeof error === 'string';
    return isInForm ? (/#([a-z0-9-]+)$/.exec(String(type))?.[1] ?? 'none') : 'not in the form of the vendor';
  },
  sends: [
    http,
    {
      ...http,
      name: 'the batch of its SDKs',
      request: (events, key) => requestTo('/batch', bodyOf(events, key), JSON_TYPE),
      malformed: (content) => requestTo('/batch', content, JSON_TYPE),
    },
    identify,
  ],
});

const event = (fields: object) => ({ ...http.event('bad'), ...fields });
const properties = (bag: unknown) => event({ event_properties: bag });

describeMalformed("Amplitude's events", {
  protocol,
  send: http,
  forms: [
    ['null', null, 'event-not-object'],
    ['a number', 7, 'event-not-object'],
    ['a text', 'Bought', 'event-not-object'],
    ['a list', [{}], 'event-not-object'],
    ['an empty object', {}, 'name-missing'],
    ['a blank type', event({ event_type: ' ' }), 'name-missing'],
    ['a type that is an object', event({ event_type: {} }), 'name-invalid'],
    ['a long type', event({ event_type: 'x'.repeat(300) }), 'name-too-long'],
    ['an empty insert id', event({ insert_id: '' }), 'id-invalid'],
    ['an insert id that is a list', event({ insert_id: [] }), 'id-invalid'],
    ['a user id that is an object', event({ user_id: {} }), 'person-id-invalid'],
    ['a user id without a text form', event({ user_id: NO_TEXT, device_id: 'd' }), 'person-id-invalid'],
    ['a long device id', event({ device_id: 'x'.repeat(300) }), 'person-id-invalid'],
    ['no ids', event({ user_id: undefined }), 'taken'],
    ['a user id that names nobody', event({ user_id: 'null' }), 'taken'],
    ['a broken time', event({ time: 'then' }), 'timestamp-invalid'],
    ['a time that is a list', event({ time: [1] }), 'timestamp-invalid'],
    ['a time before 1990', event({ time: 5 }), 'timestamp-out-of-range'],
    ['properties that are a list', properties([1]), 'properties-invalid'],
    ['properties that are a text', properties('x'), 'properties-invalid'],
    ['user properties that are a list', event({ event_type: '$identify', user_properties: [1] }), 'properties-invalid'],
    ['user properties of another event that are a text', event({ user_properties: 'x' }), 'taken'],
    ['a group that is an object', event({ groups: { company: {} } }), 'group-id-invalid'],
    ['groups that are a text', event({ groups: 'acme' }), 'taken'],
    ['a deep nest', properties({ a: DEEP }), 'properties-too-deep'],
    ['too many keys', properties(MANY_KEYS), 'properties-too-many-keys'],
    ['a huge text', properties({ text: HUGE }), 'event-too-large'],
    ['a session that is an object', event({ session_id: {} }), 'taken'],
    ['a NUL in a text', properties({ a: '\0' }), 'taken'],
  ],
});

describe("Amplitude's events", () => {
  async function sent(...events: object[]) {
    const { app, key, shards } = await testApp(testTenant(), [protocol]);
    const response = await app.fetch(requestTo('/2/httpapi', bodyOf(events, await key('server')), JSON_TYPE));
    return { app, shards, response };
  }

  it('have their page, session, device, campaign and time in columns', async () => {
    const { shards } = await sent({
      event_type: '[Amplitude] Page Viewed',
      insert_id: 'i1',
      device_id: 'd',
      session_id: 1795906581144,
      time: NOW_MS - 60_000,
      platform: 'Web',
      language: 'en-US',
      ip: '$remote',
      user_agent:
        'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
      event_properties: {
        '[Amplitude] Page Location': 'https://shop.example/a?utm_source=x',
        '[Amplitude] Page Path': '/a',
        '[Amplitude] Page Title': 'A',
        utm_medium: 'mail',
        n: 1,
      },
    });
    expect(
      shards.rows('id', 'type', 'event', 'anonymous_id', 'session_id', 'path', 'title', 'utm_source', 'utm_medium'),
    ).toEqual([['i1', 'page', 'page', 'd', '1795906581144', '/a', 'A', 'x', 'mail']]);
    expect(shards.rows('browser', 'source', 'properties')).toEqual([['Chrome', 'amplitude', '{"n":1}']]);
    expect(shards.times()).toEqual([NOW_MS - 60_000]);
  });

  it('change traits of users and groups, and have a revenue', async () => {
    const { shards } = await sent(
      {
        event_type: '$identify',
        user_id: 'u',
        user_properties: { $set: { plan: 'pro' }, $setOnce: { a: 1 }, $unset: { b: '-' }, $add: { n: 1 } },
      },
      { event_type: '$groupidentify', groups: { company: ['acme'] }, group_properties: { $set: { industry: 'tea' } } },
      {
        event_type: 'revenue_amount',
        user_id: 'u',
        groups: { company: 'acme' },
        event_properties: { $quantity: 2, $price: 3 },
      },
      { event_type: 'Bought', user_id: 'u', session_id: -1, revenue: 7, productId: 'tea' },
    );
    expect(shards.rows('type', 'user_id', 'group_id', 'session_id', 'properties')).toEqual([
      ['identify', 'u', null, null, '{"plan":"pro","$set_once":{"a":1},"b":null,"$add":{"n":1}}'],
      ['group', null, 'acme', null, '{"industry":"tea"}'],
      ['track', 'u', 'acme', null, '{"groups":{"company":"acme"},"price":3,"quantity":2,"revenue":6}'],
      ['track', 'u', null, null, '{"productId":"tea","revenue":7}'],
    ]);
  });

  it('that name user and device join them once, and set traits along the way', async () => {
    const both = { user_id: 'u', device_id: 'd', event_type: 'Bought' };
    const { shards, response } = await sent(
      { ...both, insert_id: '1' },
      { ...both, insert_id: '2' },
      { ...both, insert_id: '3', user_properties: { plan: 'pro' } },
    );
    expect(await response.json()).toMatchObject({ code: 200, events_ingested: 3 });
    expect(shards.rows('id', 'type', 'user_id', 'anonymous_id', 'properties')).toEqual([
      ['1', 'track', 'u', 'd', null],
      ['2', 'track', 'u', 'd', null],
      ['3', 'track', 'u', 'd', null],
      ['link.d.u', 'identify', 'u', 'd', null],
      ['3.set', 'identify', 'u', 'd', '{"plan":"pro"}'],
    ]);
  });

  it('are told of each that is rejected, so that the others are sent again and counted once', async () => {
    const { response, shards } = await sent(http.event('1'), event({ time: 'then' }), event({ event_type: '' }));
    expect([response.status, await response.json()]).toEqual([
      400,
      {
        code: 400,
        error: 'Events were rejected: timestamp-invalid /time, name-missing /event_type',
        events_with_invalid_fields: { 'timestamp-invalid /time': [1], 'name-missing /event_type': [2] },
        events_ingested: 1,
      },
    ]);
    expect(shards.rows('id')).toEqual([['1']]);
  });

  it('without ids of their own are not asked for again', async () => {
    const { response } = await sent(event({ insert_id: undefined }), event({ time: 'then' }));
    expect([response.status, await response.json()]).toMatchObject([200, { code: 200, events_ingested: 1 }]);
  });

  it('are refused for good with a field that is missing, as the SDK reads it', async () => {
    const { app } = await testApp(testTenant(), [protocol]);
    const refused = await app.fetch(requestTo('/2/httpapi', bodyOf([http.event('1')], 'nobody'), JSON_TYPE));
    expect(await refused.json()).toMatchObject({
      code: 401,
      missing_field: 'key-malformed',
      error: /^Invalid API key/,
    });
  });
});

describe('the path that Amplitude and PostHog share', () => {
  it('is decided by the body', async () => {
    const { app, key, shards } = await testApp(testTenant(), [protocol]);
    const api_key = await key('server');
    for (const path of ['/batch', '/batch/']) {
      const theirs = await app.fetch(requestTo(path, bodyOf([http.event(`a${path}`)], api_key), JSON_TYPE));
      expect(await theirs.json()).toMatchObject({ code: 200 });
      const batch = [{ event: 'Bought', uuid: `p${path}`, distinct_id: 'u' }];
      const others = await app.fetch(requestTo(path, JSON.stringify({ api_key, batch }), JSON_TYPE));
      expect(await others.json()).toMatchObject({ status: 1, accepted: 1 });
    }
    expect(shards.rows('id', 'source')).toEqual([
      ['a/batch', 'amplitude'],
      ['p/batch', 'posthog'],
      ['a/batch/', 'amplitude'],
      ['p/batch/', 'posthog'],
    ]);
  });
});

describe("Amplitude's calls for profiles", () => {
  it('change a user or a group', async () => {
    const { app, key, shards } = await testApp(testTenant(), [protocol]);
    const api_key = await key('server');
    const group = { group_type: 'company', group_value: 'acme', group_properties: { industry: 'tea' } };
    const form = new URLSearchParams({ api_key, identification: JSON.stringify(group) });
    const answer = await app.fetch(requestTo('/groupidentify', form.toString(), FORM));
    expect(await answer.text()).toBe('success');
    expect(shards.rows('type', 'group_id', 'properties')).toEqual([['group', 'acme', '{"industry":"tea"}']]);
  });
});
