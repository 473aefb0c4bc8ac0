import { Analytics } from '@segment/analytics-node';
import { describe, expect, it } from 'vitest';
import { segmentProtocol } from '../../../../src/edge/protocols/segment/segment.ts';
import type { VerdictDocument } from '../../../../src/wire/ingest.ts';
import { BASE_URL, NOW_MS, problemOf, testApp } from '../../support/app.ts';
import { describeProtocol, requestTo, type SendFixture } from '../contract.ts';
import { DEEP, describeMalformed, HUGE, MANY_KEYS } from '../malformed.ts';

const basic = (key: string | null) => (key === null ? undefined : `Basic ${btoa(`${key}:`)}`);

const single: SendFixture = {
  name: 'the identify call',
  event: (id) => ({ messageId: id, userId: 'u', traits: { plan: 'pro' } }),
  badEvent: (id) => ({ event: { messageId: id, userId: 'u', traits: [7] }, blamed: [7] }),
  eventsMax: 1,
  request: ([event], key) =>
    requestTo('/v1/identify', JSON.stringify(event), { 'content-type': 'text/plain', authorization: basic(key) }),
  malformed: (content, key) =>
    requestTo('/v1/identify', content, { 'content-type': 'text/plain', authorization: basic(key) }),
  isTaken: async (response) => {
    const { success, received, rejected } = (await response.json()) as Partial<VerdictDocument> & { success?: boolean };
    return received !== undefined && success === (rejected !== received) && response.status === (success ? 200 : 400);
  },
};

const batch: SendFixture = {
  ...single,
  name: 'a batch with the key in its body',
  event: (id) => ({ type: 'track', event: 'Bought', messageId: id, userId: 'u', properties: { price: 1 } }),
  badEvent: (id) => ({ event: { type: 'track', event: 'Bought', messageId: id, userId: [7] }, blamed: [7] }),
  eventsMax: 100,
  request: (events, key) =>
    requestTo('/v1/batch', JSON.stringify({ batch: events, writeKey: key ?? undefined }), {
      'content-type': 'application/json',
    }),
  malformed: (content, key) =>
    requestTo('/v1/batch', content, { 'content-type': 'application/json', authorization: basic(key) }),
};

const browserBatch: SendFixture = {
  ...batch,
  name: 'a batch of analytics.js',
  request: (events, key) =>
    requestTo('/v1/b', JSON.stringify({ writeKey: key ?? undefined, batch: events }), {
      'content-type': 'text/plain',
      authorization: basic(key),
    }),
  malformed: (content, key) => requestTo('/v1/b', content, { 'content-type': 'text/plain', authorization: basic(key) }),
};

describeProtocol("Segment's protocol", {
  protocol: segmentProtocol,
  refusalCode: async (response) => (await problemOf(response))[1],
  sends: [single, batch, browserBatch],
});

const track = (fields: object) => ({ type: 'track', event: 'Bought', messageId: 'bad', userId: 'u', ...fields });

describeMalformed("Segment's batch", {
  protocol: segmentProtocol,
  send: batch,
  forms: [
    ['null', null, 'event-not-object'],
    ['a number', 7, 'event-not-object'],
    ['a text', 'Bought', 'event-not-object'],
    ['a list', [], 'event-not-object'],
    ['an empty object', {}, 'name-missing'],
    ['an unknown type', track({ type: 'purchase' }), 'type-unknown'],
    ['a type that is a number', track({ type: 7 }), 'type-unknown'],
    ['no name', track({ event: undefined }), 'name-missing'],
    ['a blank name', track({ event: '  ' }), 'name-missing'],
    ['a name that is an object', track({ event: {} }), 'name-invalid'],
    ['a long name', track({ event: 'x'.repeat(300) }), 'name-too-long'],
    ['an empty message id', track({ messageId: '' }), 'id-invalid'],
    ['a message id that is a list', track({ messageId: [1] }), 'id-invalid'],
    ['a user id that is an object', track({ userId: {} }), 'person-id-invalid'],
    ['a long anonymous id', track({ anonymousId: 'x'.repeat(300) }), 'person-id-invalid'],
    ['a group id that is a list', { type: 'group', messageId: 'bad', groupId: [] }, 'group-id-invalid'],
    ['a broken time', track({ timestamp: 'yesterday' }), 'timestamp-invalid'],
    ['a time before 1990', track({ timestamp: '1970-01-01T00:00:00Z' }), 'timestamp-out-of-range'],
    ['properties that are a list', track({ properties: [1] }), 'properties-invalid'],
    [
      'traits that are a text',
      { type: 'identify', messageId: 'bad', userId: 'u', traits: 'pro' },
      'properties-invalid',
    ],
    ['a deep nest', track({ properties: { a: DEEP } }), 'properties-too-deep'],
    ['too many keys', track({ properties: MANY_KEYS }), 'properties-too-many-keys'],
    ['a huge text', track({ properties: { text: HUGE } }), 'event-too-large'],
    ['a context that is a list', track({ context: [] }), 'context-invalid'],
    ['a NUL in a text', track({ properties: { a: '\0' } }), 'taken'],
    ['half of a surrogate pair', track({ event: '\ud800' }), 'taken'],
    ['an id that names nobody', track({ userId: 'undefined' }), 'taken'],
    ['nulls everywhere', track({ userId: null, properties: null, context: null, timestamp: null }), 'taken'],
  ],
});

describe("Segment's own SDK", () => {
  it('delivers every kind of call', async () => {
    const { app, key, shards } = await testApp();
    const statuses: number[] = [];
    const analytics = new Analytics({
      writeKey: await key('write'),
      host: BASE_URL,
      httpClient: async (url: unknown, init: unknown) => {
        const response = await app.fetch(new Request(url as string, init as RequestInit));
        statuses.push(response.status);
        return response as never;
      },
    });
    const failures: unknown[] = [];
    analytics.on('error', (error) => failures.push(error));
    analytics.track({ userId: 'u', event: 'Bought', properties: { price: 12.5 } });
    analytics.page({
      userId: 'u',
      name: 'Home',
      properties: { url: 'https://shop.example/?utm_source=ad', path: '/' },
    });
    analytics.screen({ anonymousId: 'a', name: 'Start' });
    analytics.identify({ userId: 'u', traits: { plan: 'pro' } });
    analytics.group({ userId: 'u', groupId: 'g', traits: { size: 3 } });
    analytics.alias({ userId: 'u', previousId: 'a' });
    await analytics.closeAndFlush();

    expect(failures).toEqual([]);
    expect(statuses).toEqual([200]);
    const rows = shards.rows(
      'type',
      'event',
      'user_id',
      'anonymous_id',
      'group_id',
      'title',
      'utm_source',
      'properties',
      'source',
    );
    expect(rows).toEqual([
      ['track', 'Bought', 'u', null, null, null, null, '{"price":12.5}', 'segment'],
      [
        'page',
        'page',
        'u',
        null,
        null,
        'Home',
        'ad',
        '{"url":"https://shop.example/?utm_source=ad","path":"/","name":"Home"}',
        'segment',
      ],
      ['screen', 'screen', null, 'a', null, 'Start', null, '{"name":"Start"}', 'segment'],
      ['identify', 'identify', 'u', null, null, null, null, '{"plan":"pro"}', 'segment'],
      ['group', 'group', 'u', null, 'g', null, null, '{"size":3}', 'segment'],
      ['alias', 'alias', 'u', null, null, null, null, '{"previousId":"a"}', 'segment'],
    ]);
    expect(shards.rows('context').every(([context]) => context?.includes('@segment/analytics-node'))).toBe(true);
  });
});

describe("Segment's calls", () => {
  it('take events of analytics.js by the first letter of their type', async () => {
    const { send, shards } = await testApp();
    const types = ['track', 'page', 'screen', 'identify', 'group', 'alias'];
    for (const type of types) {
      const sent = { messageId: type, event: type === 'track' ? 'x' : undefined, userId: 'u', type };
      const response = await send(sent, { path: `/v1/${type.charAt(0)}`, headers: { 'content-type': 'text/plain' } });
      expect(await response.json()).toMatchObject({ success: true, accepted: 1 });
    }
    expect(shards.rows('id', 'type')).toEqual(types.map((type) => [type, type]));
  });

  it('say with the status that every event was rejected, and take the request when only some were', async () => {
    const { send } = await testApp();
    const refused = await send({ messageId: '1', userId: 'u' }, { path: '/v1/t' });
    expect([refused.status, await refused.json()]).toEqual([
      400,
      expect.objectContaining({ success: false, received: 1, rejected: 1 }),
    ]);
    const some = await send({ batch: [{}, { event: 'x' }] }, { path: '/v1/batch' });
    expect([some.status, await some.json()]).toEqual([200, expect.objectContaining({ success: true, rejected: 1 })]);
    expect((await send({ batch: [] }, { path: '/v1/batch' })).status).toBe(200);
  });

  it('answer the question for settings with the own host, for a browser key alone', async () => {
    const { app, key } = await testApp();
    const browserKey = await key('browser');
    const ask = (shown: string) => app.request(`${BASE_URL}/v1/projects/${shown}/settings`);
    expect(await (await ask(browserKey)).json()).toMatchObject({
      integrations: { 'Segment.io': { apiKey: browserKey, apiHost: 'tidemark.test/v1', protocol: 'http' } },
      metrics: { sampleRate: 0 },
    });
    expect(await problemOf(await ask(await key('server')))).toEqual([403, 'key-scope']);
    expect(await problemOf(await ask('nobody'))).toEqual([401, 'key-malformed']);
  });

  it('grant the headers of a retry', async () => {
    const { app } = await testApp();
    const { headers } = await app.request(`${BASE_URL}/v1/t`, {
      method: 'OPTIONS',
      headers: { origin: 'https://a.example' },
    });
    expect(headers.get('access-control-allow-headers')).toMatch(
      /x-retry-count.*anonymousid.*sentat.*rsa-retry-attempt/,
    );
  });

  it('take one event each, of the type of the path', async () => {
    const { send, shards } = await testApp();
    const calls = ['track', 'page', 'screen', 'identify', 'group', 'alias'];
    for (const call of calls) {
      const response = await send(
        { messageId: call, event: call === 'track' ? 'x' : undefined, userId: 'u' },
        { path: `/v1/${call}` },
      );
      expect(await response.json()).toMatchObject({ success: true, accepted: 1, errors: [] });
    }
    expect(shards.rows('id', 'type')).toEqual(calls.map((call) => [call, call]));
  });

  it('take a batch with the key, time and context in its body', async () => {
    const { send, key, shards } = await testApp();
    const body = {
      writeKey: await key('write'),
      sentAt: new Date(NOW_MS).toISOString(),
      context: { locale: 'de', ip: '203.0.113.7' },
      batch: [
        { type: 'track', event: 'x', messageId: '1', userId: 'u' },
        { type: 'page', messageId: '2', userId: 'u', context: { locale: 'fr' } },
        { type: 'nonsense', messageId: '3' },
      ],
    };
    const response = await send(body, { path: '/v1/batch', key: null });
    expect(await response.json()).toMatchObject({
      success: true,
      accepted: 2,
      errors: [{ index: 2, id: '3', code: 'type-unknown' }],
    });
    expect(shards.rows('context').flat()).toEqual(['{"locale":"de"}', '{"locale":"fr"}']);
  });

  it('refuse lines', async () => {
    const { send } = await testApp();
    const refused = await send('{}', { path: '/v1/batch', headers: { 'content-type': 'application/x-ndjson' } });
    expect(await problemOf(refused)).toEqual([415, 'content-type-unsupported']);
  });
});
