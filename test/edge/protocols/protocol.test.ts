// The width of the contract: a vendor made up for tests runs the suite, and further tests cover rules that the suite
// cannot ask of every vendor.

import { describe, expect, it } from 'vitest';
import { segmentProtocol } from '../../../src/edge/protocols/segment/segment.ts';
import { BASE_URL, NOW_MS, testApp, testTenant } from '../support/app.ts';
import { beaconProtocol } from '../support/beacon-protocol.ts';
import { describeProtocol, requestTo, type SendFixture } from './contract.ts';

const base64 = (content: Uint8Array | string) => Buffer.from(content).toString('base64');
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

interface BeaconEvent {
  readonly uid: string;
  readonly what?: unknown;
  readonly who?: string;
  readonly at?: number;
  readonly data?: unknown;
}

function pixelRequest(fields: Readonly<Record<string, string | undefined>>): Request {
  const given = Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return new Request(`${BASE_URL}/beacon/p.gif?${new URLSearchParams(given)}`);
}

const pixel: SendFixture = {
  name: 'the pixel',
  keyIsInUrl: true,
  event: (uid) => ({ uid, what: 'Seen', who: 'u', data: { n: 1 } }),
  badEvent: (uid) => ({ event: { uid, what: 'Seen', data: { n: [1e300] } }, blamed: 1e300 }),
  eventsMax: 1,
  request: ([event], key) => {
    const { uid, what, who, data } = event as BeaconEvent;
    return pixelRequest({ uid, what: String(what), who, data: base64(JSON.stringify(data)), k: key ?? undefined });
  },
  malformed: (content, k) => pixelRequest({ uid: 'x', what: 'Seen', data: base64(content), k }),
  isTaken: async (response) => {
    const bytes = new Uint8Array(await response.arrayBuffer());
    return response.headers.get('content-type') === 'image/gif' && new TextDecoder().decode(bytes).startsWith('GIF89a');
  },
};

const form: SendFixture = {
  name: 'the form',
  event: (uid) => ({ uid, what: 'Seen', who: 'u', at: NOW_MS / 1_000, data: { n: 1 } }),
  badEvent: (uid) => ({ event: { uid, what: { no: 'text' } }, blamed: { no: 'text' } }),
  eventsMax: 100,
  request: (events, key) => {
    const fields = { events: base64(JSON.stringify(events)), ...(key !== null && { token: key }) };
    return requestTo('/beacon/batch/', new URLSearchParams(fields).toString(), FORM);
  },
  malformed: (content) => requestTo('/beacon/batch', content, FORM),
  isTaken: async (response) => response.status === 202 && /^\d+$/.test(await response.text()),
};

describeProtocol('a vendor unlike ours', {
  protocol: beaconProtocol,
  refusalCode: async (response) => /^no: (.*)$/.exec(await response.text())?.[1] ?? 'not in the form of the vendor',
  sends: [pixel, form],
});

describe('a vendor unlike ours', () => {
  const start = () => testApp(testTenant(), [beaconProtocol]);

  it('names its events in its own words, times and source', async () => {
    const { app, shards, key } = await start();
    const response = await app.fetch(
      form.request([{ ...form.event('e'), at: NOW_MS / 1_000 - 60 }], await key('write')),
    );
    expect(response.headers.get('x-beacon-at')).toBe(String(NOW_MS));
    expect(shards.rows('id', 'event', 'user_id', 'properties', 'source')).toEqual([
      ['e', 'Seen', 'u', '{"n":1}', 'beacon-form'],
    ]);
  });

  it('is granted the headers and the credentials that its SDK asks for', async () => {
    const { app, key } = await start();
    const origin = 'https://shop.example';
    const { headers } = await app.request(`${BASE_URL}/beacon/batch`, { method: 'OPTIONS', headers: { origin } });
    expect(headers.get('access-control-allow-headers')).toContain('x-beacon-session');
    expect(headers.get('access-control-allow-origin')).toBe(origin);
    const request = form.request([form.event('e')], await key('write'));
    request.headers.set('origin', origin);
    const answer = await app.fetch(request);
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    expect(answer.headers.get('access-control-allow-credentials')).toBe('true');
    expect(answer.headers.get('vary')).toBe('origin');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('asks for settings with the key in the path, and is refused in its form', async () => {
    const { app, key } = await start();
    const answer = await app.request(`${BASE_URL}/beacon/${await key('browser')}/settings.js`);
    expect(answer.headers.get('content-type')).toBe('application/javascript');
    expect(await answer.text()).toBe(`beacon({"url":"${BASE_URL}/beacon"})`);
    const refused = await app.request(`${BASE_URL}/beacon/nobody/settings.js`);
    expect([refused.status, await refused.text()]).toEqual([401, 'no: key-malformed']);
  });

  it('may answer without a key and without a body', async () => {
    const { app } = await start();
    const bare = await app.request(`${BASE_URL}/beacon/ping`, { method: 'POST' });
    expect(await bare.text()).toBe('pong 0');
    expect(await (await app.fetch(requestTo('/beacon/ping', 'abc', { 'content-type': 'text/plain' }))).text()).toBe(
      'pong 3',
    );
  });
});

it('two protocols may not claim one call', async () => {
  await expect(testApp(testTenant(), [segmentProtocol, segmentProtocol])).rejects.toThrow('POST /v1/track');
});
