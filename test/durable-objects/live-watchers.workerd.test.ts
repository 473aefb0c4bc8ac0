// Slow watchers: what they leave unread is bounded, for each and for all together.

import { describe, expect, it } from 'vitest';
import { CLOSE, LiveWatchers } from '../../durable-objects/live-watchers.ts';
import { LIMITS } from '../../src/core/limits.ts';
import type { LiveMessage } from '../../src/core/live/message.ts';
import type { WatchSpec } from '../../src/core/live/watch.ts';

const SPEC: WatchSpec = { uid: 'u', keyId: 'k', filter: {}, after: null, ticket: null };
const NOW_MS = 1_000_000;

/** Watchers over a host that accepts sockets; `accepted` are the server's ends. */
function newWatchers(accepted: WebSocket[] = []) {
  return new LiveWatchers({
    acceptWebSocket: (socket: WebSocket) => {
      socket.accept();
      accepted.push(socket);
    },
    getWebSockets: () => [],
    setWebSocketAutoResponse: () => {},
  });
}

/** A message of about this size. */
function message(seq: number, sizeBytes: number): LiveMessage {
  return { type: 'beat', seq, at: 'x'.repeat(sizeBytes), people: 0, shards: { asked: 0, answered: 0 } };
}

function open(watchers: LiveWatchers, nowMs = NOW_MS) {
  const client = watchers.acceptSocket(SPEC, [], nowMs).webSocket!;
  client.accept();
  const state = { closedWith: null as number | null, seqs: [] as number[] };
  client.addEventListener('message', ({ data }) => {
    state.seqs.push(JSON.parse(data as string).seq);
  });
  client.addEventListener('close', ({ code }) => {
    state.closedWith = code;
  });
  return state;
}

const settled = () => scheduler.wait(50);

describe('a watcher that acknowledges nothing', () => {
  it('is dropped at the limit, and not before', async () => {
    const watchers = newWatchers();
    const state = open(watchers);
    const size = LIMITS.liveUnackedSizeBytesMax / 8;
    let sent = 0;
    for (; watchers.count > 0 && sent < 100; sent++) watchers.send(() => message(sent, size));
    await settled();
    expect([sent, state.closedWith]).toEqual([8, CLOSE.slow]);
  });

  it('is dropped as a stream too, when its reader reads nothing', async () => {
    const watchers = newWatchers();
    const response = watchers.acceptStream(SPEC, [], NOW_MS);
    let sent = 0;
    for (; watchers.count > 0 && sent < 100; sent++) watchers.send(() => message(sent, 100_000));
    expect(sent).toBeLessThan(20);
    const text = await response.text();
    expect(text).toContain('event: close\ndata: {"code":4008,"reason":"slow"}');
  });
});

describe('all watchers together', () => {
  it('hold no more than the limit: the slowest are dropped first', () => {
    const accepted: WebSocket[] = [];
    const watchers = newWatchers(accepted);
    const count = 100;
    for (let i = 0; i < count; i++) open(watchers);
    const size = LIMITS.liveUnackedSizeBytesMax / 2;
    watchers.send(() => message(1, size));
    for (const socket of accepted.slice(0, 30)) watchers.acknowledge(socket, 'ack:1');
    watchers.send(() => message(2, size * 0.9));
    const left = LIMITS.liveUnackedSizeBytesAllMax / LIMITS.liveUnackedSizeBytesMax;
    expect(watchers.count).toBeGreaterThanOrEqual(left);
    expect(watchers.count).toBeLessThan(count);
    for (const socket of accepted.slice(0, 30)) watchers.acknowledge(socket, 'ack:2');
    const before = watchers.count;
    for (const socket of accepted.slice(0, 30)) watchers.forget(socket);
    expect(before - watchers.count).toBe(30);
  });

  it('are let go when they are old', async () => {
    const watchers = newWatchers();
    const [old, young] = [open(watchers, NOW_MS), open(watchers, NOW_MS + 10)];
    watchers.closeOpenedBefore(NOW_MS + 5);
    await settled();
    expect([old.closedWith, young.closedWith]).toEqual([CLOSE.renew, null]);
  });
});

describe('a watcher that acknowledges', () => {
  it('stays, however much it gets', async () => {
    const accepted: WebSocket[] = [];
    const watchers = newWatchers(accepted);
    open(watchers);
    const [server] = accepted as [WebSocket];
    for (let seq = 0; seq < 100; seq++) {
      watchers.send(() => message(seq, LIMITS.liveUnackedSizeBytesMax / 4));
      watchers.acknowledge(server, `ack:${seq}`);
    }
    expect(watchers.count).toBe(1);
    watchers.acknowledge(server, 'ack:nonsense');
    watchers.acknowledge(server, 'hello');
    expect(watchers.count).toBe(1);
  });
});
