import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/core/limits.ts';
import { BASE_URL, problemOf, testApp, testTenant } from './support/app.ts';

const event = (i: number) => ({ id: `e${i}`, event: 'Clicked', anonymousId: `a${i % 7}`, properties: { i } });
const ndjson = { 'content-type': 'application/x-ndjson' };
const gzip = { 'content-encoding': 'gzip' };

describe('a key', () => {
  it('must be a known write key', async () => {
    const { send, key, revoke, shards } = await testApp();
    expect(await problemOf(await send(event(1), { key: null }))).toEqual([401, 'key-missing']);
    expect(await problemOf(await send(event(1), { key: 'secret' }))).toEqual([401, 'key-malformed']);
    expect(
      await problemOf(await send(event(1), { key: (await key('write')).replace(/.$/, 'a').replace(/..$/, 'bb') })),
    ).toEqual([401, 'key-unknown']);
    expect(await problemOf(await send(event(1), { key: await key('read') }))).toEqual([403, 'key-scope']);
    expect(await problemOf(await send(event(1), { key: await key('admin') }))).toEqual([403, 'key-scope']);
    const revoked = await key('write');
    await revoke(revoked);
    expect(await problemOf(await send(event(1), { key: revoked }))).toEqual([401, 'key-revoked']);
    expect(shards.requests).toEqual([]);
  });

  it('may travel as Basic user name, as x-write-key, or in the body', async () => {
    const { send, key } = await testApp();
    const write = await key('write');
    expect((await send(event(1), { key: null, headers: { authorization: `Basic ${btoa(`${write}:`)}` } })).status).toBe(
      200,
    );
    expect((await send(event(2), { key: null, headers: { 'x-write-key': write } })).status).toBe(200);
    expect(
      (await send({ batch: [event(3)], writeKey: write }, { key: null, headers: { 'content-type': 'text/plain' } }))
        .status,
    ).toBe(200);
    expect((await send({ ...event(4), writeKey: write }, { key: null })).status).toBe(200);
  });

  it('is asked for before a line is read', async () => {
    const { app } = await testApp();
    let pulls = 0;
    const body = new ReadableStream({
      pull(controller) {
        pulls++;
        if (pulls > 1_000) controller.close();
        else controller.enqueue(new TextEncoder().encode('{}\n'.repeat(1_000)));
      },
    });
    const request = new Request(`${BASE_URL}/v1/events`, {
      method: 'POST',
      body,
      headers: ndjson,
      duplex: 'half',
    } as RequestInit);
    expect(await problemOf(await app.fetch(request))).toEqual([401, 'key-missing']);
    expect(pulls).toBeLessThan(10);
  });

  it('in the body is looked for in a small one only', async () => {
    const { send, key, shards } = await testApp();
    const batch = (size: number) => [{ ...event(1), ignored: 'x'.repeat(size) }];
    const writeKey = await key('write');
    expect((await send({ batch: batch(500_000), writeKey }, { key: null })).status).toBe(200);
    const refused = await send({ batch: batch(LIMITS.keylessBodySizeBytesMax), writeKey }, { key: null });
    expect(await refused.clone().json()).toMatchObject({ limit: LIMITS.keylessBodySizeBytesMax });
    expect(await problemOf(refused)).toEqual([413, 'body-too-large']);
    const bomb = gzipSync(`[${'{},'.repeat(1_700_000)}{}]`);
    expect(await problemOf(await send(bomb, { key: null, headers: gzip }))).toEqual([413, 'body-too-large']);
    expect((await send({ batch: batch(LIMITS.keylessBodySizeBytesMax) })).status).toBe(200);
    expect(shards.requests).toHaveLength(2);
  });

  it('is not read from the URL', async () => {
    const { send, key } = await testApp();
    const path = `/v1/events?writeKey=${await key('write')}`;
    expect(await problemOf(await send(event(1), { key: null, path }))).toEqual([401, 'key-missing']);
  });
});

describe('pages of other origins', () => {
  const origin = { origin: 'https://shop.example' };

  it('are granted a preflight and an answer they can read', async () => {
    const { app, send } = await testApp();
    const preflight = await app.request(`${BASE_URL}/v1/events`, { method: 'OPTIONS', headers: origin });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    expect(preflight.headers.get('access-control-allow-methods')).toContain('POST');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
    expect((await send(event(1), { headers: origin })).headers.get('access-control-allow-origin')).toBe('*');
    const refused = await send('{', { headers: origin });
    expect(refused.headers.get('access-control-allow-origin')).toBe('*');
    expect(refused.headers.has('access-control-allow-credentials')).toBe(false);
  });

  it('are refused when the tenant lists others', async () => {
    const { send, shards } = await testApp(testTenant({ origins: ['https://other.example'] }));
    const refused = await send(event(1), { headers: origin });
    expect(refused.headers.has('access-control-allow-origin')).toBe(false);
    expect(await problemOf(refused)).toEqual([403, 'origin-not-allowed']);
    expect(shards.requests).toEqual([]);
    expect((await send(event(1), { headers: { origin: 'https://other.example' } })).status).toBe(200);
    expect((await send(event(2))).status).toBe(200);
  });
});
