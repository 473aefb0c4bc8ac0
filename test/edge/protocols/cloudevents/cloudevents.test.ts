import { describe, expect, it } from 'vitest';
import { cloudEventsProtocol } from '../../../../src/edge/protocols/cloudevents/cloudevents.ts';
import { problemOf, testApp, testTenant } from '../../support/app.ts';
import { describeProtocol, requestTo, type SendFixture } from '../contract.ts';
import { bytesOf, describeMalformedForms } from '../malformed-forms.ts';

const PATH = '/v1/cloudevents';
const bearer = (key: string | null) => (key === null ? undefined : `Bearer ${key}`);
const base = { specversion: '1.0', source: '/shop', type: 'com.example.bought' };

const batched: SendFixture = {
  name: 'a batch',
  event: (id) => ({ ...base, id, userid: 'u', time: '2026-03-10T11:59:00Z', data: { price: 1 } }),
  badEvent: (id) => ({ event: { ...base, id, userid: [7] }, blamed: [7] }),
  eventsMax: 100,
  storedId: (id) => `/shop ${id}`,
  request: (events, key) =>
    requestTo(PATH, JSON.stringify(events), {
      'content-type': 'application/cloudevents-batch+json',
      authorization: bearer(key),
    }),
  malformed: (content, key) =>
    requestTo(PATH, content, { 'content-type': 'application/cloudevents-batch+json', authorization: bearer(key) }),
  isTaken: async (response) => typeof ((await response.json()) as { received?: number }).received === 'number',
};

const structured: SendFixture = {
  ...batched,
  name: 'a structured event',
  eventsMax: 1,
  request: ([event], key) =>
    requestTo(PATH, JSON.stringify(event), {
      'content-type': 'application/cloudevents+json; charset=utf-8',
      authorization: bearer(key),
    }),
};

const binary: SendFixture = {
  ...batched,
  name: 'a binary event',
  badEvent: (id) => ({ event: { ...base, id, time: 'soon' }, blamed: 'soon' }),
  eventsMax: 1,
  request: ([event], key) => {
    const { data, ...attributes } = event as Record<string, unknown>;
    const headers = Object.entries(attributes).map(([name, value]) => [`ce-${name}`, String(value)]);
    return requestTo(PATH, JSON.stringify(data ?? {}), {
      ...Object.fromEntries(headers),
      'content-type': 'application/json',
      authorization: bearer(key),
    });
  },
  malformed: (content, key) =>
    requestTo(PATH, content, {
      'content-type': 'application/json',
      'ce-id': '1',
      'ce-source': 's',
      'ce-type': 't',
      'ce-specversion': '1.0',
      authorization: bearer(key),
    }),
};

const refusalCode = async (response: Response) => {
  const document = (await response.clone().json()) as { errors?: readonly { readonly code: string }[] };
  return document.errors?.[0]?.code ?? (await problemOf(response))[1];
};

describeProtocol('CloudEvents', {
  protocol: cloudEventsProtocol,
  refusalCode,
  sends: [batched, structured, binary],
});

describe('CloudEvents', () => {
  const start = async () => {
    const { app, key, shards } = await testApp(testTenant(), [cloudEventsProtocol]);
    const writeKey = await key('write');
    return { send: (request: (key: string) => Request) => app.fetch(request(writeKey)), shards };
  };

  it('are taken as the specification writes them', async () => {
    const { send, shards } = await start();
    const example = {
      specversion: '1.0',
      type: 'com.github.pull_request.opened',
      source: 'https://github.com/cloudevents/spec/pull',
      subject: '123',
      id: 'A234-1234-1234',
      time: '2018-04-05T17:31:00Z',
      comexampleextension1: 'value',
      comexampleothervalue: 5,
      datacontenttype: 'text/xml',
      data: '<much wow="xml"/>',
    };
    const response = await send((key) => structured.request([example], key));
    expect(await response.json()).toMatchObject({ received: 1, accepted: 1 });
    expect(shards.rows('id', 'event', 'properties', 'source')).toEqual([
      [
        'https://github.com/cloudevents/spec/pull A234-1234-1234',
        'com.github.pull_request.opened',
        '{"data":"<much wow=\\"xml\\"/>","subject":"123","comexampleextension1":"value","comexampleothervalue":5}',
        'cloudevents',
      ],
    ]);
  });

  it('say people, groups, sessions and kinds in extensions', async () => {
    const { send, shards } = await start();
    const event = { ...base, userid: 'u', anonymousid: 'd' };
    await send((key) =>
      batched.request(
        [
          { ...event, id: '1', tmtype: 'identify', data: { plan: 'pro' } },
          { ...event, id: '2', tmtype: 'group', groupid: 'g', data: { size: 3 } },
          { ...base, id: '3', tmtype: 'alias', userid: 'u', previousid: 'old' },
          { ...event, id: '4', tmtype: 'page', data: { url: 'https://a.example/x' } },
          { ...event, id: '5', sessionid: 's', data_base64: Buffer.from('{"n":1}').toString('base64') },
        ],
        key,
      ),
    );
    expect(shards.rows('type', 'event', 'user_id', 'anonymous_id', 'group_id', 'session_id', 'properties')).toEqual([
      ['identify', 'com.example.bought', 'u', 'd', null, null, '{"plan":"pro"}'],
      ['group', 'com.example.bought', 'u', 'd', 'g', null, '{"size":3}'],
      ['alias', 'com.example.bought', 'u', null, null, null, '{"previousId":"old"}'],
      ['page', 'page', 'u', 'd', null, null, '{"url":"https://a.example/x"}'],
      ['track', 'com.example.bought', 'u', 'd', null, 's', '{"n":1}'],
    ]);
  });

  it('of two sources may have one id', async () => {
    const { send } = await start();
    const events = [
      { ...base, id: '1' },
      { ...base, id: '1', source: '/other' },
      { ...base, id: '1' },
    ];
    expect(await (await send((key) => batched.request(events, key))).json()).toMatchObject({
      accepted: 2,
      duplicate: 1,
    });
  });

  it('in headers are unescaped, and need no body', async () => {
    const { send, shards } = await start();
    const headers = {
      'ce-id': '1',
      'ce-source': 's',
      'ce-type': 'Caf%C3%A9',
      'ce-specversion': '1.0',
      'ce-userid': 'u%25',
    };
    const response = await send(
      (key) =>
        new Request(`http://tidemark.test${PATH}`, {
          method: 'POST',
          headers: { ...headers, authorization: `Bearer ${key}` },
        }),
    );
    expect(response.status).toBe(200);
    expect(shards.rows('event', 'user_id')).toEqual([['Café', 'u%']]);
  });

  it('that are all refused are no success', async () => {
    const { send } = await start();
    const response = await send((key) => structured.request([{ id: '1' }], key));
    expect([response.status, await refusalCode(response)]).toEqual([400, 'type-unknown']);
  });
});

const event = (parts: object) => ({ ...base, id: 'x', ...parts });

describeMalformedForms('CloudEvents', {
  protocol: cloudEventsProtocol,
  send: batched,
  refusalCode,
  events: [
    ['no event', null, 'event-not-object', ''],
    ['a text', 'x', 'event-not-object', ''],
    ['a list', [], 'event-not-object', ''],
    ['no version', { id: '1', source: 's', type: 't' }, 'type-unknown', '/specversion'],
    ['an old version', event({ specversion: '0.3' }), 'type-unknown', '/specversion'],
    ['a version that is a number', event({ specversion: 1 }), 'type-unknown', '/specversion'],
    ['no id', event({ id: undefined }), 'id-invalid', '/id'],
    ['an empty id', event({ id: '' }), 'id-invalid', '/id'],
    ['an id that is a number', event({ id: 5 }), 'id-invalid', '/id'],
    ['a long id', event({ id: 'i'.repeat(300) }), 'id-invalid', '/id'],
    ['no source', event({ source: null }), 'id-invalid', '/source'],
    ['no type', event({ type: undefined }), 'name-missing', '/type'],
    ['a type that is an object', event({ type: {} }), 'name-invalid', '/type'],
    ['a long type', event({ type: 't'.repeat(201) }), 'name-too-long', '/type'],
    ['a time in words', event({ time: 'soon' }), 'timestamp-invalid', '/time'],
    ['a time without a zone', event({ time: '2026-03-10T12:00:00' }), 'timestamp-invalid', '/time'],
    ['an unknown kind', event({ tmtype: 'purchase' }), 'type-unknown', '/tmtype'],
    ['a person that is a list', event({ userid: [1] }), 'person-id-invalid', '/userid'],
    ['a group that is an object', event({ groupid: {} }), 'group-id-invalid', '/groupid'],
    [
      'a deep nest',
      event({ data: { a: JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`) } }),
      'properties-too-deep',
      '/data/a/0/0/0/0/0/0/0',
    ],
    [
      'a deep nest under a name with a slash',
      event({ 'a/b~': JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`) }),
      'properties-too-deep',
      '/a~1b~0/0/0/0/0/0/0/0',
    ],
    ['large data', event({ data: { text: 'x'.repeat(40_000) } }), 'event-too-large'],
    ['a long source', event({ source: `/${'s'.repeat(300)}` }), null],
    ['base64 that is none', event({ data_base64: '%%%' }), null],
    ['a number beyond 2^53', event({ data: { n: 1e300 } }), null],
    ['data that is a text', event({ data: 'hello' }), null],
    ['an empty variable for a person', event({ userid: 'null' }), null],
  ],
  bodies: [
    ['nothing', bytesOf(''), 'json-invalid'],
    ['a text', bytesOf('"x"'), 'batch-invalid'],
    ['no UTF-8', Uint8Array.of(0xff, 0xfe), 'utf8-invalid'],
    ['no events', bytesOf('[]'), 0],
  ],
});
