import { describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { LIMITS } from '../../src/core/limits.ts';
import { KeyRing } from '../../src/http/keys.ts';
import { makeTicket, verifyTicket } from '../../src/live/ticket.ts';
import { expectLog } from '../support/expect-log.ts';
import { clientOf, fakeApp, ROOT_KEY, START_MS } from '../support/fake-services.ts';

async function start() {
  const stack = fakeApp();
  const { uid, keys } = await stack.createTenant('shop');
  const ticket = async (key = keys.read) => (await stack.call('POST', '/v1/live/ticket', { key })).body;
  const live = async (query: string, options = {}) => {
    const { status, body, headers } = await stack.call('GET', `/v1/live${query}`, options);
    return { status, code: body.code ?? null, type: headers.get('content-type') };
  };
  return { ...stack, uid, keys, ticket, live };
}

describe('a ticket', () => {
  it('opens the stream of its tenant for the key that it was made with', async () => {
    const { ticket, live, hubs, uid, keys, call } = await start();
    const made = await ticket();
    expect(made.expiresAt).toBe(new Date(START_MS + LIMITS.liveTicketMs).toISOString());
    expect(await live(`?ticket=${made.ticket}`)).toMatchObject({ status: 200, type: 'text/event-stream' });
    const listed = (await call('GET', '/v1/keys', { key: keys.admin })).body.keys;
    const readId = listed.find(({ scope }: { scope: string }) => scope === 'read').id;
    const [, , , , name] = made.ticket.split('_').slice(1);
    expect(hubs.watched).toEqual([
      {
        uid,
        keyId: readId,
        filter: {},
        after: null,
        ticket: { name: expect.stringMatching(/^[a-z2-7]{26}$/), expiresAtMs: START_MS + LIMITS.liveTicketMs },
      },
    ]);
    expect(made.ticket).toContain(name);
  });

  it('is refused when it was altered, has ended, is no ticket, or when its tenant is gone', async () => {
    const { ticket, live, clock, call } = await start();
    const { ticket: text } = await ticket();
    const invalid = { status: 401, code: 'ticket-invalid' };
    const other = text.endsWith('a') ? 'b' : 'a';
    expect(await live(`?ticket=${text.slice(0, -1)}${other}`)).toMatchObject(invalid);
    expect(await live('?ticket=')).toMatchObject(invalid);
    expect(await live('?ticket=nonsense')).toMatchObject(invalid);
    clock.nowMs += LIMITS.liveTicketMs + 1_000;
    expect(await live(`?ticket=${text}`)).toMatchObject(invalid);
    const fresh = (await ticket()).ticket;
    await call('DELETE', '/v1/tenants/shop', { key: ROOT_KEY });
    clock.nowMs += 1;
    expect(await live(`?ticket=${fresh}`)).toMatchObject(invalid);
  });

  it('is made for a key that reads, and is no key', async () => {
    const { ticket, keys, call } = await start();
    expect((await ticket(keys.browser)).code).toBe('key-scope');
    const { ticket: text } = await ticket(keys.admin);
    expect((await call('GET', '/v1/whoami', { key: text })).body.code).toBe('key-malformed');
  });

  it('is not a key of this platform made longer, nor signed by another', async () => {
    const random = (sizeBytes: number) => crypto.getRandomValues(new Uint8Array(sizeBytes));
    const ours = new KeyRing({ rootKey: ROOT_KEY }, random);
    const theirs = new KeyRing({ rootKey: `other ${ROOT_KEY}` }, random);
    const claims = { uid: 'a'.repeat(16), keyId: '0'.repeat(16), expiresAtMs: START_MS };
    const text = await makeTicket(ours, random, claims);
    expect(await verifyTicket(ours, text, START_MS)).toMatchObject(claims);
    expect(await verifyTicket(theirs, text, START_MS)).toBeNull();
    expect(await verifyTicket(ours, (await ours.make('read', claims.uid)).key, START_MS)).toBeNull();
    expect(await ours.verify(text)).toBeNull();
  });
});

describe('GET /v1/live', () => {
  it('takes a read key in its header, filters that repeat, and the place to go on from', async () => {
    const { live, hubs, keys, uid } = await start();
    const key = { key: keys.read };
    await live('?event=A&event=B&country=DE&after=17', key);
    await live('', { ...key, headers: { 'last-event-id': '18' } });
    expect(hubs.watched).toMatchObject([
      { uid, filter: { event: ['A', 'B'], country: ['DE'] }, after: 17, ticket: null },
      { uid, filter: {}, after: 18, ticket: null },
    ]);
    expect(await live('', { key: keys.server })).toMatchObject({ status: 403, code: 'key-scope' });
    expect(await live('')).toMatchObject({ status: 401, code: 'key-missing' });
    expect(await live('?colour=red', key)).toMatchObject({ status: 400, code: 'request-invalid' });
    expect(await live('?after=x', key)).toMatchObject({ status: 400, code: 'request-invalid' });
    const many = Array.from({ length: LIMITS.liveFilterValuesMax + 1 }, (_, i) => `path=/${i}`).join('&');
    expect(await live(`?${many}`, key)).toMatchObject({ status: 400, code: 'request-invalid' });
  });

  it('passes nothing on that a client says of itself to the hub', async () => {
    const { live, hubs, keys, uid } = await start();
    const forged = encodeURIComponent(JSON.stringify({ uid: 'another', keyId: 'x', filter: {}, after: null }));
    await live('', { key: keys.read, headers: { 'x-tidemark-watch': forged } });
    expect(hubs.watched).toMatchObject([{ uid }]);
  });

  it('says why the hub does not let a watcher in', async () => {
    const { live, hubs, keys } = await start();
    const answers: (readonly [status: number, expected: object])[] = [
      [401, { status: 401, code: 'ticket-invalid' }],
      [410, { status: 401, code: 'tenant-deleted' }],
      [429, { status: 429, code: 'live-full' }],
      [500, { status: 503, code: 'live-unavailable' }],
    ];
    for (const [status, expected] of answers) {
      hubs.answer = () => new Response(null, { status });
      expect(await live('', { key: keys.read })).toMatchObject(expected);
    }
    expectLog('http.problem', { code: 'live-unavailable' });
    hubs.fault = () => {
      throw new Error('down');
    };
    expect(await live('', { key: keys.read })).toMatchObject({ status: 503, code: 'live-unavailable' });
    expectLog('http.problem', { code: 'live-unavailable' });
  });
});

describe('a key that is revoked', () => {
  it('opens no stream where it is still taken for active, and neither does a ticket made with it', async () => {
    const { call, keys, hubs, otherIsolate } = await start();
    const { body: made } = await call('POST', '/v1/keys', { key: keys.admin, body: { scope: 'read' } });
    const elsewhere = clientOf(createApp(otherIsolate()));
    const { ticket } = (await elsewhere('POST', '/v1/live/ticket', { key: made.key })).body;
    await call('DELETE', `/v1/keys/${made.id}`, { key: keys.admin });
    expect((await elsewhere('GET', '/v1/whoami', { key: made.key })).status).toBe(200);
    const withKey = await elsewhere('GET', '/v1/live', { key: made.key });
    expect([withKey.status, withKey.body.code]).toEqual([401, 'key-revoked']);
    const withTicket = await elsewhere('GET', `/v1/live?ticket=${ticket}`);
    expect([withTicket.status, withTicket.body.code]).toEqual([401, 'ticket-invalid']);
    expect(hubs.watched).toEqual([]);
  });

  it('ends its connections, and a hub that fails keeps no key alive', async () => {
    const { call, keys, hubs } = await start();
    const { body: made } = await call('POST', '/v1/keys', { key: keys.admin, body: { scope: 'read' } });
    const { body: other } = await call('POST', '/v1/keys', { key: keys.admin, body: { scope: 'read' } });
    await call('DELETE', `/v1/keys/${made.id}`, { key: keys.admin });
    expect(hubs.ended).toEqual([made.id]);
    hubs.fault = () => {
      throw new Error('down');
    };
    expect((await call('DELETE', `/v1/keys/${other.id}`, { key: keys.admin })).status).toBe(200);
    expectLog('control.keys.connections', {});
  });
});
