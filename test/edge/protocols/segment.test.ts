import { Analytics } from '@segment/analytics-node';
import { describe, expect, it } from 'vitest';
import { segmentProtocol } from '../../../src/edge/protocols/segment.ts';
import { NOW_MS, problemOf, testApp } from '../support/app.ts';
import { describeProtocol, requestTo, type SendFixture } from './contract.ts';

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
  isTaken: async (response) => ((await response.json()) as { success?: boolean }).success === true,
};

describeProtocol("Segment's protocol", {
  protocol: segmentProtocol,
  refusalCode: async (response) => (await problemOf(response))[1],
  sends: [
    single,
    {
      ...single,
      name: 'a batch with the key in its body',
      event: (id) => ({ type: 'track', event: 'Bought', messageId: id, userId: 'u', properties: { price: 1 } }),
      badEvent: (id) => ({ event: { type: 'track', event: 'Bought', messageId: id, userId: [7] }, blamed: [7] }),
      eventsMax: 100,
      request: (batch, key) =>
        requestTo('/v1/batch', JSON.stringify({ batch, writeKey: key ?? undefined }), {
          'content-type': 'application/json',
        }),
      malformed: (content, key) =>
        requestTo('/v1/batch', content, { 'content-type': 'application/json', authorization: basic(key) }),
    },
  ],
});

describe("Segment's own SDK", () => {
  it('delivers every kind of call', async () => {
    const { app, key, shards } = await testApp();
    const statuses: number[] = [];
    const analytics = new Analytics({
      writeKey: await key('write'),
      host: 'http://tidemark.test',
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
