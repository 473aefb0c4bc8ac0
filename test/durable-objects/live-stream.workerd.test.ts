// The stream of a hub: what watchers get of what shards take, over evictions and kills.

import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { WatchRpc } from '../../durable-objects/live.ts';
import { Shard } from '../../durable-objects/shard.ts';
import { LIMITS } from '../../src/core/limits.ts';
import type { RefusalReport } from '../../src/core/live/refusal.ts';
import { type LiveFilter, WATCH_HEADER, type WatchSpec } from '../../src/core/live/watch.ts';
import type { ShardRpc } from '../../src/core/shard/rpc.ts';
import { type ShardAddress, shardName } from '../../src/core/shard/shard-map.ts';
import type { Env } from '../../src/index.ts';
import { type LiveMessage, liveMessageSchema } from '../../src/wire/live.ts';
import { block, record } from '../support/events.ts';

const { LIVE, SHARD } = env as unknown as Env;
let tenants = 0;

type Body = Exclude<LiveMessage, { type: 'beat' }>;

/** A connection and all that came over it; every message is checked against its schema. */
class Watcher {
  readonly socket: WebSocket;
  readonly messages: LiveMessage[] = [];
  closedWith: number | null = null;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.accept();
    socket.addEventListener('message', ({ data }) => {
      if (data === 'pong') return;
      const message = liveMessageSchema.parse(JSON.parse(data as string));
      this.messages.push(message);
      socket.send(`ack:${message.seq}`);
    });
    socket.addEventListener('close', ({ code }) => {
      this.closedWith = code;
    });
  }

  get bodies(): Body[] {
    return this.messages.filter((message): message is Body => message.type !== 'beat');
  }

  get seq(): number {
    return this.bodies.at(-1)?.seq ?? 0;
  }

  /** Names of all events of the feed, in the order of their messages. */
  get events(): string[] {
    return this.bodies.flatMap(({ events }) => events.map(({ event }) => event).reverse());
  }

  get accepted(): number {
    return this.bodies.flatMap(({ seconds }) => seconds).reduce((sum, { accepted }) => sum + accepted, 0);
  }

  async until(condition: (watcher: this) => boolean): Promise<void> {
    await vi.waitFor(() => expect(condition(this)).toBe(true), { timeout: 8_000, interval: 20 });
  }
}

const opened: WebSocket[] = [];
afterEach(async () => {
  for (const socket of opened.splice(0)) {
    try {
      socket.close();
    } catch {
      // It is closed already.
    }
  }
  vi.restoreAllMocks();
});

function newTenant() {
  const uid = `live${tenants++}`;
  const stub = () => LIVE.get(LIVE.idFromName(uid));
  const hub = () => stub() as unknown as WatchRpc;
  const shard = (index: number) => {
    const address: ShardAddress = { uid, region: 'weur', index };
    return { address, stub: SHARD.get(SHARD.idFromName(shardName(address))) };
  };
  let events = 0;
  const send = async (name: string, parts: Record<string, unknown> = {}, index = 0) => {
    const now = Date.now();
    const id = `${name}-${events++}`;
    const records = [record({ id, event: name, user_id: 'ann', atMs: now, receivedAtMs: now, ...parts })];
    const { address, stub: target } = shard(index);
    const sent = { address, epoch: 0, blocks: [block(records, { receivedAtMs: now })] };
    const reply = await (target as unknown as ShardRpc).append(sent);
    if (reply.status !== 'stored') throw new Error(reply.status);
  };
  const fetchOf = (parts: Partial<WatchSpec>, headers: Record<string, string>) => {
    const spec: WatchSpec = { uid, keyId: 'key', filter: {}, after: null, ticket: null, ...parts };
    const own = { ...headers, [WATCH_HEADER]: encodeURIComponent(JSON.stringify(spec)) };
    return hub().fetch(new Request('https://tidemark.test/v1/live', { headers: own }));
  };
  const watch = async (parts: Partial<WatchSpec> = {}): Promise<Watcher> => {
    const response = await fetchOf(parts, { upgrade: 'websocket' });
    if (response.webSocket === null) throw new Error(`status ${response.status}`);
    opened.push(response.webSocket);
    const watcher = new Watcher(response.webSocket);
    await watcher.until(({ messages }) => messages.length > 0);
    return watcher;
  };
  return { uid, stub, hub, shard, send, watch, fetchOf };
}

function report(id: string): RefusalReport {
  const item = { code: 'name-missing', reason: 'No name.', pointer: '/event', index: 0, id, event: null, type: null };
  const sender = { keyClass: 'server', keyHint: '0123abcd', userAgent: null } as const;
  const items = [{ ...item, body: '{}', bodyTruncated: false }];
  return { receivedAtMs: Date.now(), source: 'native', path: '/v1/events', ...sender, items, more: 0 };
}

/** Expects the messages to be numbered without a gap. */
function expectConsecutive(seqs: readonly number[]): void {
  expect(seqs).toEqual(seqs.map((_, i) => seqs[0]! + i));
}

describe('a watcher', () => {
  it('is told of the last minutes first, and then of each event within a second', async () => {
    const { send, watch } = newTenant();
    await send('before');
    const watcher = await watch();
    await watcher.until(({ events }) => events.includes('before'));
    const delaysMs: number[] = [];
    for (let i = 0; i < 20; i++) {
      const startedMs = Date.now();
      await send(`event ${i}`);
      await watcher.until(({ events }) => events.includes(`event ${i}`));
      delaysMs.push(Date.now() - startedMs);
    }
    delaysMs.sort((a, b) => a - b);
    expect(delaysMs[18]).toBeLessThanOrEqual(1_000);
    expect(watcher.accepted).toBe(21);
    expect(watcher.events).toHaveLength(21);
    const late = await watch();
    expect([late.bodies[0]?.type, late.events.length, late.accepted]).toEqual(['hello', 21, 21]);
    expect(late.bodies[0]).toMatchObject({ people: 1, top: { event: expect.arrayContaining([['before', 1]]) } });
  });

  it('gets every event once over the eviction and the kill of the hub, and over its own absence', async () => {
    const { send, watch, stub } = newTenant();
    const names = Array.from({ length: 60 }, (_, i) => `event ${i}`);
    const seen: string[] = [];
    const seqs: number[] = [];
    let watcher = await watch();
    const note = () => {
      expect(watcher.bodies.every(({ gap }) => !gap)).toBe(true);
      seen.push(...watcher.events);
      seqs.push(...watcher.bodies.filter(({ type }) => type === 'tick').map(({ seq }) => seq));
    };
    const comeBack = async () => {
      const after = watcher.seq;
      note();
      watcher = await watch({ after });
      expect(watcher.bodies[0]).toMatchObject({ type: 'hello', resumed: true, gap: false, events: [] });
    };
    for (const [i, name] of names.entries()) {
      await send(name, {}, i % 2);
      if (i === 15) {
        watcher.socket.close();
        await comeBack();
      }
      if (i === 30) {
        await abortAllDurableObjects();
        await comeBack();
      }
      if (i === 45) {
        watcher.socket.close();
        await vi.waitFor(() => evictDurableObject(stub()), { timeout: 8_000 });
        await comeBack();
      }
      if (i % 7 === 0) await scheduler.wait(120);
    }
    await watcher.until(({ events }) => seen.length + events.length >= names.length);
    note();
    expect(seen.toSorted()).toEqual(names.toSorted());
    expectConsecutive(seqs);
  });

  it('is told honestly when what it has missed is no longer kept', async () => {
    const { watch, send } = newTenant();
    const first = await watch();
    await send('a');
    await first.until(({ events }) => events.length === 1);
    const stranger = await watch({ after: first.seq - 100 });
    expect(stranger.bodies[0]).toMatchObject({ type: 'hello', resumed: false, gap: true });
    const ahead = await watch({ after: first.seq + 100 });
    expect(ahead.bodies[0]).toMatchObject({ resumed: false, gap: true });
  });

  it('gets what fits its filter, and knows that the rest is left out', async () => {
    const { send, watch } = newTenant();
    const filter: LiveFilter = { country: ['DE', 'FR'], event: ['Bought'] };
    const watcher = await watch({ filter });
    await send('Bought', { country: 'DE' });
    await send('Bought', { country: 'FR' });
    await send('Bought', { country: 'US' });
    await send('Viewed', { country: 'DE' });
    await watcher.until(({ accepted }) => accepted === 2);
    await scheduler.wait(LIMITS.livePollMs);
    expect(watcher.events).toEqual(['Bought', 'Bought']);
    expect(watcher.bodies.at(-1)).toMatchObject({ people: null, sampled: false });
    expect((await watch({ filter })).bodies[0]).toMatchObject({
      omitted: 0,
      top: {
        country: [
          ['DE', 1],
          ['FR', 1],
        ],
      },
    });
  });

  it('is told of refusals and duplicates', async () => {
    const { send, watch, hub } = newTenant();
    const watcher = await watch();
    await hub().note(report('bad'), 0);
    await watcher.until(({ bodies }) => bodies.some(({ refused }) => refused.length > 0));
    const [told] = watcher.bodies.flatMap(({ refused }) => refused);
    expect(told).toMatchObject({ verdict: 'refused', id: 'bad', code: 'name-missing', whole: false });
    expect(watcher.bodies.flatMap(({ seconds }) => seconds).some(({ refused }) => refused === 1)).toBe(true);
    await send('a', { id: 'same' });
    await send('a', { id: 'same' });
    await watcher.until(({ bodies }) =>
      bodies.flatMap(({ seconds }) => seconds).some(({ duplicate }) => duplicate === 1),
    );
    expect(watcher.events).toEqual(['a']);
  });

  it('sees nothing of another tenant', async () => {
    const one = newTenant();
    const other = newTenant();
    const [mine, theirs] = [await one.watch(), await other.watch()];
    await one.send('mine');
    await mine.until(({ events }) => events.length === 1);
    expect(theirs.events).toEqual([]);
  });

  it('gets a beat when nothing happens', async () => {
    const { watch, send } = newTenant();
    await send('a');
    const watcher = await watch();
    await watcher.until(({ messages }) => messages.some(({ type }) => type === 'beat'));
    const beat = watcher.messages.find(({ type }) => type === 'beat');
    expect(beat).toMatchObject({ shards: { asked: 1, answered: 1 } });
  });

  it('is let go when its key is revoked, and when the tenant is erased', async () => {
    const { watch, hub } = newTenant();
    const [revoked, other] = [await watch({ keyId: 'revoked' }), await watch({ keyId: 'other' })];
    await hub().endKeys(['revoked']);
    await revoked.until(({ closedWith }) => closedWith === 4_011);
    expect(other.closedWith).toBeNull();
    await hub().wipe();
    await other.until(({ closedWith }) => closedWith === 4_011);
  });

  it('comes in with a ticket once', async () => {
    const { fetchOf, watch, stub } = newTenant();
    const ticket = { name: 'random', expiresAtMs: Date.now() + 30_000 };
    const first = await watch({ ticket });
    expect((await fetchOf({ ticket }, { upgrade: 'websocket' })).status).toBe(401);
    first.socket.close();
    await vi.waitFor(() => evictDurableObject(stub()), { timeout: 8_000 });
    expect((await fetchOf({ ticket }, { upgrade: 'websocket' })).status).toBe(401);
  });
});

describe('a stream of server-sent events', () => {
  it('has the same messages as a WebSocket, numbered, and is dropped when its reader is gone', async () => {
    const { fetchOf, send, stub } = newTenant();
    await send('a');
    const response = await fetchOf({}, {});
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!/event: tick/.test(text)) text += (await reader.read()).value;
    const [, id, , data] = /id: (\d+)\n(event: tick)\ndata: (.*)\n\n/.exec(text) ?? [];
    const message = liveMessageSchema.parse(JSON.parse(data!));
    expect([message.type, String(message.seq)]).toEqual(['tick', id]);
    expect((message as Body).events.map(({ event }) => event)).toEqual(['a']);
    await reader.cancel();
    await vi.waitFor(async () => {
      const alarm = await runInDurableObject(stub(), (_, { storage }) => storage.getAlarm());
      expect(alarm).toBeGreaterThan(Date.now() + LIMITS.liveWindowMs / 2);
    }, 15_000);
  });
});

describe('the shards of a tenant', () => {
  it('are asked nothing while nobody watches, and no more for a thousand watchers than for one', async () => {
    const calls = vi.spyOn(Shard.prototype, 'recent');
    const { send, watch, fetchOf } = newTenant();
    await send('a');
    await scheduler.wait(1_000);
    expect(calls).toHaveBeenCalledTimes(0);
    const first = await watch();
    const callsIn = async (timeMs: number) => {
      calls.mockClear();
      await scheduler.wait(timeMs);
      return calls.mock.calls.length;
    };
    const one = await callsIn(3_000);
    const names = new Map<WebSocket, string>();
    for (let i = 0; i < 999; i++) {
      const { webSocket } = await fetchOf({}, { upgrade: 'websocket' });
      opened.push(webSocket!);
      webSocket!.accept();
      // Schemas are checked by the first one: a thousand times takes seconds.
      webSocket!.addEventListener('message', ({ data }) => {
        const { type, events = [] } = JSON.parse(data as string) as Partial<Body>;
        if (type === 'tick') names.set(webSocket!, events.map(({ event }) => event).join());
      });
    }
    const thousand = await callsIn(3_000);
    expect(one).toBeGreaterThan(0);
    expect(thousand).toBeLessThanOrEqual(one + 1);
    await send('b');
    await first.until(({ events }) => events.includes('b'));
    await vi.waitFor(() => expect([...names.values()]).toEqual(new Array(999).fill('b')), 8_000);
    for (const socket of opened) socket.close();
    await scheduler.wait(1_500);
    expect(await callsIn(1_500)).toBe(0);
  }, 60_000);
});
