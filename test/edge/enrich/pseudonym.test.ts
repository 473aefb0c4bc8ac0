// Events of senders that keep nothing on the device: their id lasts a day, and tells nothing of the address.

import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../src/core/limits.ts';
import { NOW_MS, type SendInit, testApp } from '../support/app.ts';

const headers = { 'cf-connecting-ip': '203.0.113.7', 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0' };
const event = (more: object = {}) => ({ event: 'Seen', context: { cookieless: true }, ...more });

async function devicesOf(sends: readonly (readonly [body: object, init?: SendInit])[]): Promise<(string | null)[]> {
  const { send, shards } = await testApp();
  for (const [body, init] of sends) expect((await send(body, { headers, ...init })).status).toBe(200);
  return shards.rows('anonymous_id').map(([id]) => id ?? null);
}

describe('a cookieless event', () => {
  it('has the same pseudonym all day, whether the request or the event asks for it', async () => {
    const [one, two, three] = await devicesOf([
      [event()],
      [event({ timestamp: new Date(NOW_MS - 1_000).toISOString() })],
      [{ context: { cookieless: true }, batch: [{ event: 'Seen' }] }],
    ]);
    expect(one).toMatch(/^day-[0-9a-f]{32}$/);
    expect([two, three]).toEqual([one, one]);
  });

  it('has another one the day before, under another address and in another browser', async () => {
    const ids = await devicesOf([
      [event()],
      [event({ timestamp: new Date(NOW_MS - DAY_MS).toISOString() })],
      [event(), { headers: { ...headers, 'cf-connecting-ip': '203.0.113.8' } }],
      [event(), { headers: { ...headers, 'user-agent': 'Mozilla/5.0 Chrome/140.0' } }],
    ]);
    expect(new Set(ids).size).toBe(4);
  });

  it('has none when its day has no salt anymore, and keeps an id that the sender gave', async () => {
    const ids = await devicesOf([
      [event({ timestamp: new Date(NOW_MS - 3 * DAY_MS).toISOString() })],
      [event({ anonymousId: 'own' })],
      [{ event: 'Seen' }],
      [{ event: 'Seen', context: { cookieless: 'yes' } }],
    ]);
    expect(ids).toEqual([null, 'own', null, null]);
  });
});
