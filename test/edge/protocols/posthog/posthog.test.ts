// PostHog: its events in all forms of its SDKs, its people, and the questions that its SDKs ask.

import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { batchProtocol } from '../../../../src/edge/protocols/batch/batch.ts';
import { posthogProtocol } from '../../../../src/edge/protocols/posthog/posthog.ts';
import type { Protocol } from '../../../../src/edge/protocols/protocol.ts';
import type { VerdictDocument } from '../../../../src/wire/ingest.ts';
import { BASE_URL, NOW_MS, problemOf, testApp, testTenant } from '../../support/app.ts';
import { describeProtocol, requestTo, type SendFixture } from '../contract.ts';
import { DEEP, describeMalformed, HUGE, MANY_KEYS, NO_TEXT } from '../malformed.ts';

/** The calls that PostHog's SDKs use. */
const protocol: Protocol = { source: 'posthog', calls: [...batchProtocol.calls, ...posthogProtocol.calls] };
const SENT = new Date(NOW_MS).toISOString();
const TEXT = { 'content-type': 'text/plain' };
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const base64 = (content: string | Uint8Array) => Buffer.from(content).toString('base64');

const node: SendFixture = {
  name: 'the batch of a server',
  event: (uuid) => ({
    event: 'Bought',
    properties: { n: 1, $lib: 'posthog-node' },
    timestamp: SENT,
    uuid,
    distinct_id: 'u',
  }),
  badEvent: (uuid) => ({ event: { event: 'Bought', uuid, distinct_id: 'u', timestamp: 'then' }, blamed: 'then' }),
  eventsMax: 100,
  request: (batch, key) =>
    requestTo('/batch/', JSON.stringify({ api_key: key ?? undefined, batch, sent_at: SENT }), {
      'content-type': 'application/json',
    }),
  malformed: (content) => requestTo('/batch/', content, { 'content-type': 'application/json' }),
  isTaken: async (response) => {
    const { status, received, rejected } = (await response.json()) as Partial<VerdictDocument> & { status?: number };
    return received !== undefined && status === (rejected === received && received > 0 ? 0 : 1);
  },
};

/** A request whose body is gzip, which only its bytes tell. */
const browser: SendFixture = {
  ...node,
  name: 'the gzip of a browser',
  event: (uuid) => ({
    uuid,
    event: 'Bought',
    properties: { $insert_id: 'x', $time: NOW_MS / 1_000, distinct_id: 'a', $device_id: 'a', n: 1 },
  }),
  badEvent: (uuid) => ({
    event: { uuid, event: 'Bought', properties: { distinct_id: ['a'] } },
    blamed: ['a'],
  }),
  request: (batch, key) => requestTo('/e/', gzipSync(JSON.stringify({ api_key: key ?? undefined, batch })), TEXT),
  malformed: (content) => requestTo('/i/v0/e/', content, TEXT),
};

const list: SendFixture = {
  ...browser,
  name: 'a list in a form, with the key in each event',
  request: (events, key) => {
    const keyed = events.map((event) => withToken(event, key));
    return requestTo('/capture/?compression=base64', `data=${encodeURIComponent(base64(JSON.stringify(keyed)))}`, FORM);
  },
  malformed: (content) => requestTo('/capture', `data=${encodeURIComponent(base64(content))}`, FORM),
};

const inUrl: SendFixture = {
  ...browser,
  name: 'an event in a URL',
  keyIsInUrl: true,
  eventsMax: 1,
  request: ([event], key) =>
    new Request(`${BASE_URL}/e/?data=${encodeURIComponent(base64(JSON.stringify(withToken(event!, key))))}`),
  malformed: (content) => new Request(`${BASE_URL}/e/?data=${encodeURIComponent(base64(content))}`),
};

function withToken(event: object, key: string | null): object {
  const { properties } = event as { properties?: object };
  return { ...event, properties: { ...properties, ...(key !== null && { token: key }) } };
}

describeProtocol("PostHog's protocol", {
  protocol,
  // A shared path refuses in the other vendor's form, which names the code too.
  refusalCode: async (response) =>
    /#([a-z0-9-]+)$/.exec(((await response.json()) as { type: string }).type)?.[1] ?? 'none',
  sends: [node, browser, list, inUrl],
});

const event = (fields: object) => ({ ...node.event('bad'), ...fields });
const properties = (bag: unknown) => event({ properties: bag });

describeMalformed("PostHog's batch", {
  protocol,
  send: node,
  forms: [
    ['null', null, 'event-not-object'],
    ['a number', 7, 'event-not-object'],
    ['a text', '$pageview', 'event-not-object'],
    ['a list', [{}], 'event-not-object'],
    ['an empty object', {}, 'name-missing'],
    ['a blank name', event({ event: ' ' }), 'name-missing'],
    ['a name that is an object', event({ event: {} }), 'name-invalid'],
    ['a long name', event({ event: 'x'.repeat(300) }), 'name-too-long'],
    ['a name of a prototype', event({ event: '__proto__' }), 'taken'],
    ['an empty uuid', event({ uuid: '' }), 'id-invalid'],
    ['a uuid that is a list', event({ uuid: [] }), 'id-invalid'],
    ['a distinct id that is an object', event({ distinct_id: {} }), 'person-id-invalid'],
    ['a long distinct id', event({ distinct_id: 'x'.repeat(300) }), 'person-id-invalid'],
    ['no distinct id', event({ distinct_id: undefined }), 'taken'],
    ['a distinct id that names nobody', event({ distinct_id: 'undefined' }), 'taken'],
    ['a broken time', event({ timestamp: 'then' }), 'timestamp-invalid'],
    ['a time before 1990', event({ timestamp: '1970-01-01T00:00:00Z' }), 'timestamp-out-of-range'],
    ['properties that are a list', properties([1]), 'properties-invalid'],
    ['properties that are a text', properties('x'), 'properties-invalid'],
    ['traits that are a list', event({ event: '$identify', properties: { $set: [1] } }), 'properties-invalid'],
    [
      'a group key that is an object',
      event({ event: '$groupidentify', properties: { $group_key: {} } }),
      'group-id-invalid',
    ],
    [
      'a group key without a text form',
      event({ event: '$groupidentify', properties: { $group_key: NO_TEXT } }),
      'group-id-invalid',
    ],
    ['a group that is a list', properties({ $groups: { company: ['acme'] } }), 'group-id-invalid'],
    ['groups that are a text', properties({ $groups: 'acme' }), 'taken'],
    ['a deep nest', properties({ a: DEEP }), 'properties-too-deep'],
    ['too many keys', properties(MANY_KEYS), 'properties-too-many-keys'],
    ['a huge text', properties({ text: HUGE }), 'event-too-large'],
    ['a NUL in a text', properties({ a: '\0' }), 'taken'],
    ['an alias of nothing', event({ event: '$create_alias', properties: {} }), 'taken'],
  ],
});

describe("PostHog's events", () => {
  const UA = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
  const page = (bag: object) => ({
    uuid: '01a2245f-4954-7584-bade-05db01bafa21',
    event: '$pageview',
    properties: {
      $os: 'Linux',
      $current_url: 'https://shop.example/a?utm_source=x',
      $pathname: '/a',
      $raw_user_agent: UA,
      $session_id: 's1',
      $time: (NOW_MS - 60_000) / 1_000,
      $referrer: 'https://news.example/',
      $lib: 'web',
      distinct_id: 'd1',
      $device_id: 'd1',
      title: 'A',
      token: 'KEY',
      ...bag,
    },
  });

  async function sent(...batch: object[]) {
    const { app, key, shards } = await testApp(testTenant(), [posthogProtocol]);
    const api_key = await key('server');
    const body = JSON.stringify({ api_key, batch }).replaceAll('"KEY"', JSON.stringify(api_key));
    const response = await app.fetch(requestTo('/e/', body.replaceAll('"DIGITS"', '12345678901234567890'), TEXT));
    return { shards, verdict: (await response.json()) as VerdictDocument };
  }

  it('have their page, session, device, campaign and time in columns', async () => {
    const { shards } = await sent(page({ n: 1 }));
    expect(
      shards.rows('type', 'event', 'user_id', 'anonymous_id', 'session_id', 'path', 'title', 'utm_source', 'browser'),
    ).toEqual([['page', 'page', null, 'd1', 's1', '/a', 'A', 'x', 'Chrome']]);
    expect(shards.rows('referrer_domain', 'os', 'source', 'properties')).toEqual([
      ['news.example', 'Linux', 'posthog', '{"n":1}'],
    ]);
    expect(shards.times()).toEqual([NOW_MS - 60_000]);
  });

  it('are of a device before a login, also where the sender gives no id of the device', async () => {
    const app = { $device_id: undefined, distinct_id: 'a1' };
    const { shards } = await sent(
      page({ ...app, $is_identified: false }),
      page({ ...app, distinct_id: 'u', $is_identified: true }),
      page({ ...app, distinct_id: 'u' }),
    );
    expect(shards.rows('user_id', 'anonymous_id')).toEqual([
      [null, 'a1'],
      ['u', null],
      ['u', null],
    ]);
  });

  it('are of the user once there is one, and of the new device after a reset', async () => {
    const $device_id = 'd1';
    const { shards } = await sent(
      page({ distinct_id: 'u', $user_id: 'u' }),
      page({ distinct_id: 'd2' }),
      {
        event: '$identify',
        properties: { distinct_id: 'u', $anon_distinct_id: 'd1', $device_id, $set: { plan: 'pro' } },
      },
      {
        event: '$set',
        properties: { distinct_id: 'u', $user_id: 'u', $device_id, $set_once: { first: 1 }, $unset: ['old'] },
      },
      { event: '$create_alias', distinct_id: 'u', properties: { distinct_id: 'u', alias: 'u-old' } },
    );
    expect(shards.rows('type', 'user_id', 'anonymous_id', 'properties')).toEqual([
      ['page', 'u', 'd1', null],
      ['page', null, 'd2', null],
      ['identify', 'u', 'd1', '{"plan":"pro"}'],
      ['identify', 'u', null, '{"$set_once":{"first":1},"old":null}'],
      ['alias', 'u', null, '{"previousId":"u-old"}'],
    ]);
  });

  it('have the first of their groups, and groups have traits', async () => {
    const { shards } = await sent(page({ $groups: { company: 'acme', team: 'blue' } }), {
      event: '$groupidentify',
      distinct_id: '$company_acme',
      properties: { $group_type: 'company', $group_key: 'acme', $group_set: { industry: 'tea' } },
    });
    expect(shards.rows('type', 'group_id', 'user_id', 'properties')).toEqual([
      ['page', 'acme', null, '{"$groups":{"company":"acme","team":"blue"}}'],
      ['group', 'acme', null, '{"industry":"tea","$group_type":"company"}'],
    ]);
  });

  it('that set traits along the way have an identify event beside them, told apart by its id', async () => {
    const { shards, verdict } = await sent(
      {
        event: 'Bought',
        uuid: 'e1',
        distinct_id: 'u',
        properties: { n: 1, $set: { plan: 'pro' }, $user_id: 'u', $device_id: 'd' },
      },
      { event: 'Bought', uuid: 'e2', distinct_id: 'u', properties: { n: 'DIGITS', $set_once: { m: 'DIGITS' } } },
    );
    expect(verdict).toMatchObject({ received: 4, accepted: 4 });
    expect(shards.rows('anonymous_id').flat()).toEqual(['d', null, null, null]);
    expect(shards.rows('id', 'type', 'properties')).toEqual([
      ['e1', 'track', '{"n":1}'],
      ['e2', 'track', '{"n":"12345678901234567890"}'],
      ['e1.set', 'identify', '{"plan":"pro"}'],
      ['e2.set', 'identify', '{"$set_once":{"m":"12345678901234567890"}}'],
    ]);
  });

  it('of another key than the first are rejected by themselves', async () => {
    const { app, key, shards } = await testApp(testTenant(), [posthogProtocol]);
    const [mine, other] = [await key('browser'), await key('browser')];
    const events = [withToken(browser.event('1'), mine), withToken(browser.event('2'), other)];
    const answer = await app.fetch(requestTo('/e/', JSON.stringify(events), TEXT));
    expect(await answer.json()).toMatchObject({
      accepted: 1,
      errors: [{ index: 1, code: 'key-differs', path: '/properties/token' }],
    });
    expect(shards.rows('id', 'properties')).toEqual([['1', '{"n":1}']]);
  });
});

describe("PostHog's questions", () => {
  it('are answered so that the SDK goes on and asks nobody else', async () => {
    const { app, key } = await testApp(testTenant(), [posthogProtocol]);
    const token = await key('browser');
    const asked = gzipSync(JSON.stringify({ token, distinct_id: 'u' }));
    const flags = await app.fetch(requestTo('/flags/?v=2', asked, TEXT));
    expect(await flags.json()).toMatchObject({
      flags: {},
      sessionRecording: false,
      supportedCompression: ['gzip', 'gzip-js'],
    });
    const decide = `data=${encodeURIComponent(base64(JSON.stringify({ token })))}`;
    expect((await app.fetch(requestTo('/decide/?v=3', decide, FORM))).status).toBe(200);
    const config = await app.request(`${BASE_URL}/array/${token}/config`);
    expect(await config.json()).toMatchObject({ analytics: { endpoint: '/i/v0/e/' }, surveys: false });
    const script = await (await app.request(`${BASE_URL}/array/${token}/config.js`)).text();
    const window: Record<string, Record<string, object>> = {};
    new Function('window', script)(window);
    expect(window._POSTHOG_REMOTE_CONFIG?.[token]).toMatchObject({ siteApps: [], config: { heatmaps: false } });
    const surveys = await app.request(`${BASE_URL}/static/1.449.2/surveys.js`);
    expect([surveys.status, surveys.headers.get('access-control-allow-origin')]).toEqual([200, '*']);
    expect(await (await app.request(`${BASE_URL}/api/surveys/?token=${token}`)).json()).toEqual({ surveys: [] });
  });

  it('tell a wrong key, and a server key in a URL', async () => {
    const { app, key } = await testApp(testTenant(), [posthogProtocol]);
    const ask = (shown: string) => app.request(`${BASE_URL}/array/${shown}/config`);
    expect(await problemOf(await ask(await key('server')))).toEqual([403, 'key-scope']);
    expect(await problemOf(await ask('phc_x'))).toEqual([401, 'key-malformed']);
    expect(await problemOf(await app.fetch(requestTo('/flags/', '{}', TEXT)))).toEqual([401, 'key-missing']);
  });
});
