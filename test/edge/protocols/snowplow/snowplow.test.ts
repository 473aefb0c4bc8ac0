import { describe, expect, it } from 'vitest';
import { snowplowProtocol } from '../../../../src/edge/protocols/snowplow/snowplow.ts';
import { NOW_MS, problemOf, testApp, testTenant } from '../../support/app.ts';
import { describeProtocol, requestTo, type SendFixture } from '../contract.ts';
import { bytesOf, describeMalformedForms } from '../malformed-forms.ts';

const TP2 = '/com.snowplowanalytics.snowplow/tp2';
const JSON_TYPE = { 'content-type': 'application/json; charset=UTF-8' };
const PAYLOAD = 'iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4';
const selfDescribing = (schema: string, data: unknown) => ({ schema: `iglu:${schema}/jsonschema/1-0-0`, data });
const UNSTRUCT = 'com.snowplowanalytics.snowplow/unstruct_event';
const CONTEXTS = 'com.snowplowanalytics.snowplow/contexts';
const unstruct = (schema: string, data: unknown) =>
  JSON.stringify(selfDescribing(UNSTRUCT, selfDescribing(schema, data)));
const contexts = (...entities: readonly unknown[]) => JSON.stringify(selfDescribing(CONTEXTS, entities));
const base64url = (text: string) => Buffer.from(text).toString('base64url');

const post: SendFixture = {
  name: 'a POST to a path with the key',
  event: (eid) => ({ e: 'se', se_ca: 'shop', se_ac: 'add', se_va: '1', eid, p: 'srv', uid: 'u' }),
  badEvent: (eid) => ({ event: { e: 'se', se_ca: 'shop', se_ac: { no: 'text' }, eid }, blamed: { no: 'text' } }),
  eventsMax: 100,
  keyIsInUrl: true,
  request: (data, key) =>
    requestTo(`${key === null ? '' : `/k/${key}`}${TP2}`, JSON.stringify({ schema: PAYLOAD, data }), JSON_TYPE),
  malformed: (content, key) => requestTo(`/k/${key}${TP2}`, content, JSON_TYPE),
  isTaken: async (response) => response.status === 200 && (await response.text()) === 'ok',
};

const pixel: SendFixture = {
  ...post,
  name: 'the pixel',
  badEvent: (eid) => {
    const event = { e: 'ue', ue_pr: 'no JSON', eid };
    return { event, blamed: 'no JSON' };
  },
  eventsMax: 1,
  hasIds: true,
  request: ([event], key) => {
    const query = new URLSearchParams(event as Record<string, string>);
    return new Request(`http://tidemark.test${key === null ? '' : `/k/${key}`}/i?${query}`);
  },
  malformed: (content, key) =>
    new Request(
      `http://tidemark.test/k/${key}/i?e=ue&ue_px=${encodeURIComponent(Buffer.from(content).toString('latin1'))}`,
    ),
  isTaken: async (response) => response.headers.get('content-type') === 'image/gif',
};

const refusalCode = async (response: Response) => {
  if (response.headers.get('content-type')?.includes('problem')) return (await problemOf(response))[1];
  return 'all-refused';
};

describeProtocol("Snowplow's protocol", {
  protocol: snowplowProtocol,
  refusalCode,
  sends: [
    post,
    {
      ...post,
      name: 'a POST with the key in a header',
      keyIsInUrl: false,
      request: (data, key) =>
        requestTo(TP2, JSON.stringify({ schema: PAYLOAD, data }), {
          ...JSON_TYPE,
          authorization: key === null ? undefined : `Bearer ${key}`,
        }),
    },
    {
      ...post,
      name: 'a path of its own',
      request: (data, key) =>
        requestTo(
          `/k/${key ?? ''}${key === null ? TP2 : '/com.acme/track'}`.replace('/k//', '/'),
          JSON.stringify({ data }),
          JSON_TYPE,
        ),
    },
  ],
});

// A refused event of the pixel has no id that can be read beside it.
describe("Snowplow's pixel", () => {
  it('takes one event in its URL, and answers with an image', async () => {
    const { app, key, shards } = await testApp(testTenant(), [snowplowProtocol]);
    const browserKey = await key('browser');
    const response = await app.fetch(pixel.request([pixel.event('e1')], browserKey));
    expect([response.status, await pixel.isTaken(response)]).toEqual([200, true]);
    expect(shards.rows('id', 'event', 'user_id', 'properties')).toEqual([
      ['e1', 'add', 'u', '{"category":"shop","value":1}'],
    ]);
    const refused = await app.fetch(pixel.request([pixel.badEvent('e2').event], browserKey));
    expect([refused.status, await pixel.isTaken(refused)]).toEqual([400, true]);
    const server = await app.fetch(pixel.request([pixel.event('e3')], await key('server')));
    expect(await problemOf(server)).toEqual([403, 'key-scope']);
  });
});

describe("Snowplow's events", () => {
  async function send(...data: readonly object[]) {
    const { app, key, shards } = await testApp(testTenant(), [snowplowProtocol]);
    const response = await app.fetch(post.request(data, await key('browser')));
    return { response, shards };
  }

  it('of a page of a browser fill the columns, as the JavaScript tracker 4 sends it', async () => {
    const { response, shards } = await send({
      e: 'pv',
      url: 'https://shop.example/tea?utm_source=news&utm_campaign=may',
      page: 'Tea',
      refr: 'https://search.example/',
      eid: 'b9bd9c94-114f-46c8-859a-6eb8294eb219',
      tv: 'js-4.10.1',
      tna: 'sp',
      aid: 'my-app',
      p: 'web',
      cookie: '1',
      cs: 'windows-1252',
      lang: 'en-US',
      res: '1280x720',
      cd: '24',
      tz: 'UTC',
      dtm: String(NOW_MS - 1_000),
      co: contexts(selfDescribing('com.snowplowanalytics.snowplow/web_page', { id: '71218caf' })),
      vp: '1280x720',
      vid: '1',
      sid: '00767f23-b432-4314-8101-b5d4547a2945',
      duid: '222956e4-ab5d-46c9-b6d9-b3355cb7fb00',
      stm: String(NOW_MS),
    });
    expect(await response.text()).toBe('ok');
    expect(
      shards.rows(
        'type',
        'event',
        'anonymous_id',
        'session_id',
        'title',
        'path',
        'referrer_domain',
        'utm_source',
        'source',
      ),
    ).toEqual([
      [
        'page',
        'page',
        '222956e4-ab5d-46c9-b6d9-b3355cb7fb00',
        '00767f23-b432-4314-8101-b5d4547a2945',
        'Tea',
        '/tea',
        'search.example',
        'news',
        'snowplow',
      ],
    ]);
    const [[context]] = shards.rows('context') as [[string]];
    expect(JSON.parse(context)).toMatchObject({
      locale: 'en-US',
      timezone: 'UTC',
      screen: { width: 1280, height: 720 },
      app: { name: 'my-app' },
      library: { name: 'sp', version: 'js-4.10.1' },
      pageViewId: '71218caf',
      entities: { web_page: { id: '71218caf' } },
    });
  });

  it('of each kind have their names and properties', async () => {
    const { shards } = await send(
      { e: 'pp', eid: '1', uid: 'u', pp_mix: '0', pp_may: '120' },
      { e: 'se', eid: '2', uid: 'u', se_ca: 'shop', se_ac: 'add', se_la: 'tea', se_va: '1.5' },
      { e: 'ue', eid: '3', uid: 'u', ue_pr: unstruct('com.acme/ev', { n: 1, big: 'x' }) },
      { e: 'ue', eid: '4', uid: 'u', ue_px: base64url(unstruct('com.acme/ordered', { total: 12.5, tag: 'Ł' })) },
      { e: 'tr', eid: '5', uid: 'u', tr_id: 'o1', tr_tt: '99.90', tr_cu: 'EUR' },
      { e: 'ti', eid: '6', uid: 'u', ti_id: 'o1', ti_sk: 's', ti_pr: '9', ti_qu: '2' },
      {
        e: 'ue',
        eid: '7',
        uid: 'u',
        p: 'mob',
        ue_pr: unstruct('com.snowplowanalytics.mobile/screen_view', { name: 'Home' }),
      },
    );
    expect(shards.rows('id', 'type', 'event', 'properties')).toEqual([
      ['1', 'track', 'page_ping', '{"min_x":0,"max_y":120}'],
      ['2', 'track', 'add', '{"category":"shop","label":"tea","value":1.5}'],
      ['3', 'track', 'ev', '{"n":1,"big":"x"}'],
      ['4', 'track', 'ordered', '{"total":12.5,"tag":"Ł"}'],
      ['5', 'track', 'transaction', '{"order_id":"o1","revenue":99.9,"currency":"EUR"}'],
      ['6', 'track', 'transaction_item', '{"order_id":"o1","sku":"s","price":9,"quantity":2}'],
      ['7', 'screen', 'screen', '{"name":"Home"}'],
    ]);
  });

  it('of a phone have the device and the session of their contexts', async () => {
    const { shards } = await send({
      e: 'ue',
      eid: '1',
      p: 'mob',
      ue_pr: unstruct('com.acme/opened', {}),
      cx: base64url(
        contexts(
          selfDescribing('com.snowplowanalytics.snowplow/client_session', { userId: 'device-1', sessionId: 's-1' }),
          selfDescribing('com.snowplowanalytics.snowplow/mobile_context', {
            osType: 'ios',
            osVersion: '18.1',
            deviceManufacturer: 'Apple Inc.',
            deviceModel: 'iPhone15,2',
          }),
          selfDescribing('com.acme/product', { sku: 'a' }),
          selfDescribing('com.acme/product', { sku: 'b' }),
        ),
      ),
    });
    expect(shards.rows('anonymous_id', 'session_id', 'device', 'os')).toEqual([['device-1', 's-1', 'mobile', 'ios']]);
    const [[context]] = shards.rows('context') as [[string]];
    expect(JSON.parse(context).entities.product).toEqual([{ sku: 'a' }, { sku: 'b' }]);
  });

  it('with a device and a person make one identify, also when sent again', async () => {
    const { app, key, shards } = await testApp(testTenant(), [snowplowProtocol]);
    const browserKey = await key('browser');
    const event = (eid: string) => ({ e: 'pv', eid, duid: 'd', uid: 'u', dtm: String(NOW_MS) });
    await app.fetch(post.request([event('1'), event('2')], browserKey));
    const again = await app.fetch(post.request([event('3')], browserKey));
    expect(await again.text()).toBe('ok');
    const rows = shards.rows('id', 'type', 'anonymous_id', 'user_id');
    expect(rows.filter(([, type]) => type === 'identify')).toEqual([
      ['link d u', 'identify', 'd', 'u'],
      ['link d u', 'identify', 'd', 'u'],
    ]);
  });

  it('that are all refused are no success, but for a tracker that would send them for ever', async () => {
    expect((await send({ e: 'xx', tv: 'js-4.1.0' })).response.status).toBe(400);
    expect((await send({ e: 'xx', tv: 'js-2.18.2' })).response.status).toBe(200);
    expect((await send({ e: 'xx' }, { e: 'pv', eid: '1' })).response.status).toBe(200);
  });
});

describeMalformedForms("Snowplow's protocol", {
  protocol: snowplowProtocol,
  send: post,
  refusalCode,
  events: [
    ['no event', null, 'event-not-object', ''],
    ['a text', 'e=pv', 'event-not-object', ''],
    ['no kind', { eid: 'x' }, 'type-unknown', '/e'],
    ['a kind of its own', { e: 'zz', eid: 'x' }, 'type-unknown', '/e'],
    ['a structured event without an action', { e: 'se', se_ca: 'c' }, 'name-missing', '/se_ac'],
    ['an action that is a list', { e: 'se', se_ac: [1] }, 'name-invalid', '/se_ac'],
    ['a long action', { e: 'se', se_ac: 'a'.repeat(201) }, 'name-too-long', '/se_ac'],
    ['no self-describing event', { e: 'ue' }, 'json-invalid', '/ue_pr'],
    ['a self-describing event cut short', { e: 'ue', ue_pr: '{"schema":"iglu' }, 'json-invalid', '/ue_pr'],
    ['a self-describing event without a schema', { e: 'ue', ue_pr: '{"data":{}}' }, 'json-invalid', '/ue_pr'],
    ['base64 that is none', { e: 'ue', ue_px: '%%%' }, 'json-invalid', '/ue_px'],
    ['base64 of bytes', { e: 'ue', ue_px: '//79' }, 'json-invalid', '/ue_px'],
    ['data that is a list', { e: 'ue', ue_pr: unstruct('com.acme/x', [1]) }, 'properties-invalid', '/ue_pr'],
    ['contexts that are no list', { e: 'pv', co: '{"schema":"x","data":{}}' }, 'json-invalid', '/co'],
    ['a context without a schema', { e: 'pv', co: contexts({ data: 1 }) }, 'json-invalid', '/co'],
    ['contexts in broken base64', { e: 'pv', cx: '{}' }, 'json-invalid', '/cx'],
    ['a time in words', { e: 'pv', dtm: 'yesterday' }, 'timestamp-invalid', '/dtm'],
    ['a time of no unit', { e: 'pv', dtm: '12' }, 'timestamp-too-old', '/dtm'],
    ['a person that is an object', { e: 'pv', uid: {} }, 'person-id-invalid', '/uid'],
    ['a device that is a list', { e: 'pv', duid: ['d'] }, 'person-id-invalid', '/duid'],
    ['an id that is an object', { e: 'pv', eid: { a: 1 } }, 'id-invalid', '/eid'],
    ['an empty variable for a person', { e: 'pv', uid: 'undefined' }, null],
    ['a screen of words', { e: 'pv', res: 'big' }, null],
    [
      'a number beyond 2^53',
      { e: 'ue', ue_pr: unstruct('com.acme/x', {}).replace('{}', '{"n":12345678901234567890}') },
      null,
    ],
    ['a value that is no number', { e: 'se', se_ac: 'a', se_va: 'much' }, null],
    ['keys of prototypes', JSON.parse('{"e":"pv","__proto__":{"a":1},"constructor":2}'), null],
  ],
  bodies: [
    ['nothing', bytesOf(''), 'body-empty'],
    ['no JSON', bytesOf('e=pv&url=x'), 'json-invalid'],
    ['no data', bytesOf('{"schema":"x"}'), 'batch-invalid'],
    ['data that is an object', bytesOf('{"data":{"e":"pv"}}'), 'batch-invalid'],
    ['a list', bytesOf('[{"e":"pv"}]'), 'batch-invalid'],
    ['no UTF-8', Uint8Array.of(0xff, 0xfe), 'utf8-invalid'],
    ['no events', bytesOf('{"data":[]}'), 0],
  ],
});
