import { describe, expect, it } from 'vitest';
import { zigpollProtocol } from '../../../../src/edge/protocols/zigpoll/zigpoll.ts';
import { problemOf, testApp, testTenant } from '../../support/app.ts';
import { describeProtocol, requestTo, type SendFixture } from '../contract.ts';
import { bytesOf, describeMalformedForms } from '../malformed-forms.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const survey = (id: string | undefined, properties: object = {}) => ({
  type: 'track',
  event: 'Survey Completed',
  messageId: id,
  userId: 'participant-1',
  properties: { poll_id: 'poll-1', participant_id: 'participant-1', ...properties },
});

const batch: SendFixture = {
  name: 'a batch with the key in its path',
  event: (id) => survey(id),
  badEvent: (id) => ({ event: { ...survey(id), userId: [7] }, blamed: [7] }),
  eventsMax: 100,
  keyIsInUrl: true,
  request: (events, key) =>
    requestTo(`${key === null ? '' : `/k/${key}`}/v1/zigpoll`, JSON.stringify({ batch: events }), JSON_TYPE),
  malformed: (content, key) => requestTo(`/k/${key}/v1/zigpoll`, content, JSON_TYPE),
  isTaken: async (response) => 'received' in ((await response.json()) as object),
};

const refusalCode = async (response: Response) => {
  const document = (await response.clone().json()) as { readonly errors?: readonly { readonly code: string }[] };
  return document.errors?.[0]?.code ?? (await problemOf(response))[1];
};

describeProtocol("Zigpoll's protocol", {
  protocol: zigpollProtocol,
  refusalCode,
  sends: [
    batch,
    {
      ...batch,
      name: 'one event with the key in a header',
      eventsMax: 1,
      keyIsInUrl: false,
      request: ([event], key) =>
        requestTo('/v1/zigpoll', JSON.stringify(event), {
          ...JSON_TYPE,
          authorization: key === null ? undefined : `Basic ${btoa(`${key}:`)}`,
        }),
    },
  ],
});

describe("Zigpoll's events", () => {
  it('of one participant and one survey are one, also without an id', async () => {
    const { app, key, shards } = await testApp(testTenant(), [zigpollProtocol]);
    const browserKey = await key('browser');
    const metadata = { order_id: '1001', referrer: 'https://shop.example/' };
    const identify = {
      type: 'identify',
      messageId: 'i',
      userId: 'participant-1',
      traits: { email: 'ann@mail.example' },
    };
    const completed = survey(undefined, { email: 'ann@mail.example', metadata });
    await app.fetch(batch.request([identify, completed], browserKey));
    const again = await app.fetch(batch.request([identify, completed], browserKey));
    expect(await again.json()).toMatchObject({ received: 2, duplicate: 2 });
    expect(shards.rows('id', 'type', 'event', 'user_id', 'source').slice(0, 2)).toEqual([
      ['i', 'identify', 'identify', 'participant-1', 'zigpoll'],
      ['zigpoll poll-1 participant-1', 'track', 'Survey Completed', 'participant-1', 'zigpoll'],
    ]);
    expect(JSON.parse(shards.rows('properties')[1]![0]!)).toEqual(completed.properties);
  });
});

const event = (parts: object) => ({ ...survey('x'), ...parts });

describeMalformedForms("Zigpoll's protocol", {
  protocol: zigpollProtocol,
  send: batch,
  refusalCode,
  events: [
    ['no event', null, 'event-not-object', ''],
    ['a text', 'x', 'event-not-object', ''],
    ['a list', [], 'event-not-object', ''],
    ['no name', event({ event: undefined }), 'name-missing', '/event'],
    ['a name that is an object', event({ event: {} }), 'name-invalid', '/event'],
    ['a long name', event({ event: 'n'.repeat(201) }), 'name-too-long', '/event'],
    ['an unknown type', event({ type: 'survey' }), 'type-unknown', '/type'],
    ['an id that is a list', event({ messageId: [1] }), 'id-invalid', '/messageId'],
    ['a participant that is an object', event({ userId: {} }), 'person-id-invalid', '/userId'],
    ['a device that is a list', event({ anonymousId: [] }), 'person-id-invalid', '/anonymousId'],
    ['a group that is an object', event({ groupId: {} }), 'group-id-invalid', '/groupId'],
    ['a time in words', event({ timestamp: 'now' }), 'timestamp-invalid', '/timestamp'],
    ['a time before 1990', event({ timestamp: '1970-01-01T00:00:00Z' }), 'timestamp-too-old', '/timestamp'],
    ['properties that are a list', event({ properties: [1] }), 'properties-invalid', '/properties'],
    [
      'traits that are a text',
      { type: 'identify', messageId: 'x', userId: 'u', traits: 'a' },
      'properties-invalid',
      '/traits',
    ],
    ['a context that is a text', event({ context: 'web' }), 'context-invalid', '/context'],
    [
      'a deep nest',
      event({ properties: { a: JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`) } }),
      'properties-too-deep',
    ],
    ['large metadata', event({ properties: { metadata: 'x'.repeat(40_000) } }), 'event-too-large'],
    ['a poll that is a list', { ...survey(undefined), properties: { poll_id: [], participant_id: 'p' } }, null],
    ['an empty variable for a participant', event({ userId: 'undefined' }), null],
    ['a number beyond 2^53', event({ properties: { n: 1e300 } }), null],
  ],
  bodies: [
    ['nothing', bytesOf(''), 'body-empty'],
    ['no JSON', bytesOf('{"type":'), 'json-invalid'],
    ['a batch that is an object', bytesOf('{"batch":{}}'), 'batch-invalid'],
    ['no UTF-8', Uint8Array.of(0xff), 'utf8-invalid'],
  ],
});
