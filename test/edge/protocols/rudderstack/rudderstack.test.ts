// RudderStack: its events over Segment's paths, and its own calls.

import { describe, expect, it } from 'vitest';
import type { Protocol } from '../../../../src/edge/protocols/protocol.ts';
import { rudderstackProtocol } from '../../../../src/edge/protocols/rudderstack/rudderstack.ts';
import { segmentProtocol } from '../../../../src/edge/protocols/segment/segment.ts';
import type { VerdictDocument } from '../../../../src/wire/ingest.ts';
import { BASE_URL, NOW_MS, problemOf, testApp } from '../../support/app.ts';
import { describeProtocol, requestTo, type SendFixture } from '../contract.ts';
import { DEEP, describeMalformed, HUGE, MANY_KEYS } from '../malformed.ts';

const basic = (key: string | null) => (key === null ? undefined : `Basic ${btoa(`${key}:`)}`);
const SENT = new Date(NOW_MS).toISOString();

/** The calls of both protocols: RudderStack's SDKs use both. */
const protocol: Protocol = {
  source: 'rudderstack',
  calls: [...segmentProtocol.calls, ...rudderstackProtocol.calls],
};

const node: SendFixture = {
  name: 'the batch of its Node SDK',
  event: (id) => ({
    userId: 'u',
    event: 'Bought',
    type: 'track',
    channel: 'server',
    context: { library: { name: 'analytics-node', version: '3.0.13' } },
    originalTimestamp: SENT,
    messageId: id,
    sentAt: SENT,
  }),
  badEvent: (id) => ({
    event: { type: 'track', event: 'Bought', messageId: id, userId: 'u', originalTimestamp: 'then' },
    blamed: 'then',
  }),
  eventsMax: 100,
  request: (batch, key) =>
    requestTo('/v1/batch', JSON.stringify({ batch, timestamp: SENT, sentAt: SENT }), {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: basic(key),
    }),
  malformed: (content, key) =>
    requestTo('/v1/batch', content, {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: basic(key),
    }),
  isTaken: async (response) => {
    const { success, received, rejected } = (await response.json()) as Partial<VerdictDocument> & { success?: boolean };
    return received !== undefined && success === (rejected !== received);
  },
};

const browser: SendFixture = {
  ...node,
  name: 'the track call of its browser SDK',
  eventsMax: 1,
  request: ([event], key) =>
    requestTo('/v1/track', JSON.stringify(event), {
      'content-type': 'application/json;charset=UTF-8',
      authorization: basic(key),
      anonymousid: btoa('a'),
      sentat: SENT,
    }),
  malformed: (content, key) =>
    requestTo('/v1/track', content, { 'content-type': 'application/json;charset=UTF-8', authorization: basic(key) }),
};

const beacon: SendFixture = {
  ...node,
  name: 'the beacon',
  keyIsInUrl: true,
  request: (batch, key) =>
    requestTo(`/beacon/v1/batch${key === null ? '' : `?writeKey=${key}`}`, JSON.stringify({ batch, sentAt: SENT }), {
      'content-type': 'text/plain',
    }),
  malformed: (content, key) => requestTo(`/beacon/v1/batch?writeKey=${key}`, content, { 'content-type': 'text/plain' }),
  isTaken: async (response) => ((await response.json()) as { success?: boolean }).success === true,
};

describeProtocol("RudderStack's protocol", {
  protocol,
  refusalCode: async (response) => (await problemOf(response))[1],
  sends: [node, browser, beacon],
});

const track = (fields: object) => ({ ...node.event('bad'), ...fields });

describeMalformed("RudderStack's batch", {
  protocol,
  send: node,
  forms: [
    ['null', null, 'event-not-object'],
    ['a number', 7, 'event-not-object'],
    ['a text', 'Bought', 'event-not-object'],
    ['a list', [{}], 'event-not-object'],
    ['an empty object', {}, 'name-missing'],
    ['an unknown type', track({ type: 'merge' }), 'type-unknown'],
    ['no name', track({ event: undefined }), 'name-missing'],
    ['a name that is a list', track({ event: ['x'] }), 'name-invalid'],
    ['a long name', track({ event: 'x'.repeat(300) }), 'name-too-long'],
    ['an empty message id', track({ messageId: '' }), 'id-invalid'],
    ['a message id that is an object', track({ messageId: {} }), 'id-invalid'],
    ['a user id that is a list', track({ userId: ['u'] }), 'person-id-invalid'],
    ['a long user id', track({ userId: 'x'.repeat(300) }), 'person-id-invalid'],
    ['a broken time', track({ originalTimestamp: 'then' }), 'timestamp-invalid'],
    ['a time that is an object', track({ originalTimestamp: {} }), 'timestamp-invalid'],
    ['a time before 1990', track({ originalTimestamp: '1970-01-01T00:00:00Z' }), 'timestamp-out-of-range'],
    ['a broken clock', track({ sentAt: 'now' }), 'timestamp-invalid'],
    ['properties that are a text', track({ properties: 'x' }), 'properties-invalid'],
    ['context traits that are a list', track({ type: 'identify', context: { traits: [1] } }), 'properties-invalid'],
    ['a deep nest', track({ properties: { a: DEEP } }), 'properties-too-deep'],
    ['too many keys', track({ properties: MANY_KEYS }), 'properties-too-many-keys'],
    ['a huge text', track({ properties: { text: HUGE } }), 'event-too-large'],
    ['a context that is a text', track({ context: 'web' }), 'context-invalid'],
    ['no ids at all', track({ userId: '', anonymousId: '' }), 'taken'],
    ['a NUL in a text', track({ properties: { a: '\0' } }), 'taken'],
    ['an id that names nobody', track({ userId: 'null' }), 'taken'],
  ],
});

describe("RudderStack's events", () => {
  const clicked = {
    properties: { n: 1 },
    event: 'Clicked',
    type: 'track',
    channel: 'web',
    context: {
      traits: { plan: 'pro' },
      sessionId: 1795906645828,
      os: { name: '', version: '' },
      page: { path: '/a', referrer: '$direct', search: '', title: 'A', url: 'https://shop.example/a?utm_source=x' },
      campaign: {},
      userAgent:
        'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
    },
    originalTimestamp: new Date(NOW_MS - 60_000).toISOString(),
    messageId: 'm1',
    userId: '',
    anonymousId: 'a1',
    integrations: { All: true },
    sentAt: SENT,
  };

  it('have their own time, session, page and campaign', async () => {
    const { send, shards } = await testApp();
    expect((await send(clicked, { path: '/v1/track' })).status).toBe(200);
    expect(
      shards.rows('event', 'user_id', 'anonymous_id', 'session_id', 'path', 'utm_source', 'referrer_domain', 'source'),
    ).toEqual([['Clicked', null, 'a1', '1795906645828', '/a', 'x', null, 'rudderstack']]);
    expect(shards.times()).toEqual([NOW_MS - 60_000]);
  });

  it('identify with the traits of the context', async () => {
    const { send, shards } = await testApp();
    const {
      properties: _none,
      event: _no,
      ...identify
    } = { ...clicked, type: 'identify', userId: 'u', messageId: 'm2' };
    await send(identify, { path: '/v1/identify' });
    expect(shards.rows('type', 'user_id', 'anonymous_id', 'properties')).toEqual([
      ['identify', 'u', 'a1', '{"plan":"pro"}'],
    ]);
  });
});

describe("RudderStack's source configuration", () => {
  it('is given to a browser key alone', async () => {
    const { app, key } = await testApp();
    const ask = (shown: string) => app.request(`${BASE_URL}/sourceConfig/?p=npm&v=3.34.1&writeKey=${shown}`);
    const browserKey = await key('browser');
    const answer = await ask(browserKey);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(await answer.json()).toMatchObject({ source: { writeKey: browserKey, enabled: true, destinations: [] } });
    expect(await problemOf(await ask(await key('server')))).toEqual([403, 'key-scope']);
    const preflight = await app.request(`${BASE_URL}/sourceConfig/`, { method: 'OPTIONS' });
    expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
  });
});
