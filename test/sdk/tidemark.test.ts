// The client: ids of device, person, group and session in its events, and consent.

import { describe, expect, it } from 'vitest';
import type { SdkEvent } from '../../src/sdk/event.ts';
import { memoryStore, type Store } from '../../src/sdk/store.ts';
import { type ClientDeps, makeClient, type Options } from '../../src/sdk/tidemark.ts';

function clientOf(options: Partial<Options> = {}, deps: Partial<ClientDeps> = {}) {
  const kept = deps.kept ?? memoryStore();
  const events: SdkEvent[] = [];
  const clock = { nowMs: 1_700_000_000_000 };
  let id = 0;
  let stored: () => Store = memoryStore;
  let mayDispatch: () => boolean = () => false;
  const client = makeClient(options, {
    kept,
    outboxOf: (store, isOpen) => {
      stored = store;
      mayDispatch = isOpen;
      return { add: (event) => events.push(event), flush: async () => {}, flushAtEnd: () => {} };
    },
    now: () => clock.nowMs,
    newId: () => `id-${++id}`,
    context: () => ({ page: { path: '/' } }),
    hasDevice: true,
    isOptedOut: false,
    ...deps,
  });
  return { client, events, clock, kept, store: () => stored(), isOpen: () => mayDispatch() };
}

describe('a client', () => {
  it('names the device in every event, the person and the group once they are known, and forgets them at a reset', () => {
    const { client, events } = clientOf();
    client.page();
    client.identify('ann', { plan: 'pro' });
    client.group('acme');
    client.track('Paid', { value: 3 });
    client.reset();
    client.track('Seen');
    expect(events.map(({ type, userId }) => [type, userId])).toEqual([
      ['page', undefined],
      ['identify', 'ann'],
      ['group', 'ann'],
      ['track', 'ann'],
      ['track', undefined],
    ]);
    expect(events[3]).toMatchObject({ properties: { value: 3 }, context: { page: { path: '/' }, groupId: 'acme' } });
    expect(new Set(events.slice(0, 4).map(({ anonymousId }) => anonymousId)).size).toBe(1);
    expect(events[4]!.anonymousId).not.toBe(events[0]!.anonymousId);
    expect(events[4]!.context).not.toHaveProperty('groupId');
  });

  it('aliases the device to the person unless another id is given', () => {
    const { client, events } = clientOf();
    client.track('Seen');
    client.alias('ann');
    client.alias('ann', 'old');
    expect(events[1]).toMatchObject({ userId: 'ann', previousId: events[0]!.anonymousId });
    expect(events[2]).toMatchObject({ userId: 'ann', previousId: 'old' });
  });

  it('begins a new session after half an hour of silence, in all tabs', () => {
    const kept = memoryStore();
    const one = clientOf({}, { kept });
    const two = clientOf({}, { kept });
    one.client.track('a');
    two.clock.nowMs += 29 * 60_000;
    two.client.track('b');
    one.clock.nowMs = two.clock.nowMs + 29 * 60_000;
    one.client.track('c');
    one.clock.nowMs += 31 * 60_000;
    one.client.track('d');
    const sessions = [...one.events.slice(0, 1), ...two.events, ...one.events.slice(1)].map(
      ({ context }) => context?.sessionId,
    );
    expect(new Set(sessions.slice(0, 3)).size).toBe(1);
    expect(sessions[3]).not.toBe(sessions[0]);
  });

  it('keeps events in memory until there is consent, and sends none', () => {
    const { client, kept, store, isOpen } = clientOf({ consent: 'pending' });
    client.track('Seen');
    expect(isOpen()).toBe(false);
    expect([...kept.names()]).toEqual([]);
    store().set('e1', '{}');
    client.setConsent('granted');
    expect(isOpen()).toBe(true);
    expect([...kept.names()].sort()).toEqual(['consent', 'device', 'e1', 'session']);
    expect(clientOf({ consent: 'pending' }, { kept }).isOpen()).toBe(true);
  });

  it.each([
    ['opted out', (): [Partial<Options>, Partial<ClientDeps>] => [{}, { isOptedOut: true }]],
    ['denied', (): [Partial<Options>, Partial<ClientDeps>] => [{ consent: 'denied' }, {}]],
  ])('makes no event of a person who has %s', (_name, given) => {
    const { client, events, kept } = clientOf(...given());
    expect(client.track('Seen')).toBeNull();
    expect(events).toEqual([]);
    expect([...kept.names()]).toEqual([]);
    client.optIn();
    expect(client.track('Seen')).not.toBeNull();
    client.optOut();
    expect(client.track('Seen')).toBeNull();
    expect([...kept.names()]).toEqual(['consent']);
  });

  it('sends no id and keeps nothing when it is cookieless', () => {
    const { client, events, kept } = clientOf({ cookieless: true });
    client.page();
    expect(events[0]).toMatchObject({ anonymousId: undefined, context: { cookieless: true } });
    expect(events[0]!.context).not.toHaveProperty('sessionId');
    expect([...kept.names()]).toEqual([]);
    client.optOut();
    expect([...kept.names()]).toEqual(['consent']);
  });

  it('is of no device on a server: each call names its own person', () => {
    const { client, events } = clientOf({}, { hasDevice: false });
    client.identify('ann', { plan: 'pro' });
    client.make('track', { event: 'Paid', userId: 'ben' });
    expect(events.map(({ userId, anonymousId }) => [userId, anonymousId])).toEqual([
      ['ann', undefined],
      ['ben', undefined],
    ]);
  });
});
