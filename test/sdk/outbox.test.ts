// The outbox against a server and a network that fail by a seed: whatever is lost on the way, every event is taken once.

import { describe, expect, it } from 'vitest';
import type { Refused, SdkEvent } from '../../src/sdk/event.ts';
import { type Answer, makeOutbox, type Outbox } from '../../src/sdk/outbox.ts';
import { memoryStore, type Store } from '../../src/sdk/store.ts';
import { randomFrom } from '../lake/generate.ts';

const OK: Answer = { status: 200, retryAfterMs: 0, text: '{"errors":[]}' };

/** A clock whose timers run when the test moves it. */
class Clock {
  nowMs = 1_700_000_000_000;
  #timers: { atMs: number; run: () => void }[] = [];

  readonly later = (run: () => void, delayMs: number): void => {
    this.#timers.push({ atMs: this.nowMs + delayMs, run });
  };

  async pass(ms: number): Promise<void> {
    const endMs = this.nowMs + ms;
    for (;;) {
      await settled();
      const [next] = this.#timers.filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.run();
    }
    this.nowMs = endMs;
  }

  /** Ends the timers of a page that is closed. */
  close(): void {
    this.#timers = [];
  }
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Takes each id once, as the shards do. */
class Server {
  readonly taken = new Map<string, SdkEvent>();
  copies = 0;
  requests = 0;

  take(body: string): Answer {
    this.requests++;
    const { batch } = JSON.parse(body) as { batch: SdkEvent[] };
    for (const event of batch) {
      if (this.taken.has(event.id)) this.copies++;
      this.taken.set(event.id, event);
    }
    return OK;
  }
}

interface Page {
  readonly outbox: Outbox;
  readonly refused: Refused[];
  isOpen: boolean;
}

function openPage(clock: Clock, store: Store, post: (body: string) => Promise<Answer>, eventsMax?: number): Page {
  const refused: Refused[] = [];
  const page: Page = {
    refused,
    isOpen: true,
    outbox: makeOutbox({
      store: () => store,
      isOpen: () => page.isOpen,
      post,
      alone: (work) => work().then(() => true),
      now: () => clock.nowMs,
      random: () => 0.5,
      later: clock.later,
      envelope: () => ({ writeKey: 'key' }),
      onRefused: (event) => refused.push(event),
      ...(eventsMax !== undefined && { eventsMax }),
    }),
  };
  return page;
}

let made = 0;
const eventOf = (clock: Clock, more: Partial<SdkEvent> = {}): SdkEvent => ({
  id: `${clock.nowMs.toString(36)}${String(made++).padStart(6, '0')}`,
  type: 'track',
  event: 'Clicked',
  timestamp: new Date(clock.nowMs).toISOString(),
  ...more,
});

describe('an outbox', () => {
  it.each(Array.from({ length: 200 }, (_, seed) => seed + 1))('loses and doubles nothing, seed %i', async (seed) => {
    const random = randomFrom(seed);
    const clock = new Clock();
    const server = new Server();
    const store = memoryStore();
    let hasFaults = true;
    const post = async (body: string): Promise<Answer> => {
      const draw = hasFaults ? random() : 1;
      if (draw < 0.15) return { status: 0, retryAfterMs: 0, text: '' };
      if (draw < 0.25) return { status: 429, retryAfterMs: 5_000, text: '' };
      if (draw < 0.35) return { status: 503, retryAfterMs: 0, text: '' };
      if (draw < 0.4) return { status: 401, retryAfterMs: 0, text: 'key' };
      const answer = server.take(body);
      // The answer is lost after the effect; or comes when the page has moved on.
      if (draw < 0.55) return { status: 0, retryAfterMs: 0, text: '' };
      await settled();
      return answer;
    };
    // Two tabs share a store; each is closed and opened again at times.
    const tabs = [openPage(clock, store, post), openPage(clock, store, post)];
    const sent: string[] = [];
    for (let step = 0; step < 60; step++) {
      const tab = Math.floor(random() * 2);
      for (let count = Math.floor(random() * 4); count > 0; count--) {
        const event = eventOf(clock);
        sent.push(event.id);
        tabs[tab]!.outbox.add(event);
      }
      if (random() < 0.1) {
        tabs[tab]!.outbox.flushAtEnd();
        tabs[tab] = openPage(clock, store, post);
        tabs[tab].outbox.flush();
      }
      await clock.pass(Math.floor(random() * 3_000));
    }
    hasFaults = false;
    await clock.pass(600_000);
    await tabs[0]!.outbox.flush();
    expect(new Set(server.taken.keys())).toEqual(new Set(sent));
    expect([...store.names()]).toEqual([]);
  });

  it('keeps to Retry-After and to growing pauses, whatever is added meanwhile', async () => {
    const clock = new Clock();
    const tries: number[] = [];
    const startMs = clock.nowMs;
    const { outbox } = openPage(clock, memoryStore(), async () => {
      tries.push(clock.nowMs - startMs);
      return { status: 429, retryAfterMs: tries.length === 1 ? 30_000 : 0, text: '' };
    });
    outbox.add(eventOf(clock));
    for (let second = 0; second < 60; second++) {
      await clock.pass(1_000);
      outbox.add(eventOf(clock));
    }
    // Gathered for 250 ms; 30 s by the server; then 0.75 of 2, 4, 8 and 16 s.
    expect(tries).toEqual([250, 30_250, 31_750, 34_750, 40_750, 52_750]);
  });

  it('tells an event that was refused, and sends it no more', async () => {
    const clock = new Clock();
    const error = { id: 'x', code: 'event-too-large', path: '/properties', message: 'It is too large.' };
    let requests = 0;
    const { outbox, refused } = openPage(clock, memoryStore(), async () => {
      requests++;
      return { ...OK, text: JSON.stringify({ errors: [error] }) };
    });
    outbox.add(eventOf(clock));
    outbox.add(eventOf(clock));
    await clock.pass(600_000);
    expect(refused).toEqual([error]);
    expect(requests).toBe(1);
  });

  it('divides a request that is too large, and drops an event that alone is', async () => {
    const clock = new Clock();
    const server = new Server();
    const post = async (body: string) =>
      body.includes('huge') ? { status: 413, retryAfterMs: 0, text: '' } : server.take(body);
    const { outbox, refused } = openPage(clock, memoryStore(), post);
    const events = ['a', 'b', 'huge', 'c', 'd'].map((event) => eventOf(clock, { event }));
    for (const event of events) outbox.add(event);
    await clock.pass(60_000);
    expect([...server.taken.values()].map(({ event }) => event)).toEqual(['a', 'b', 'c', 'd']);
    expect(refused).toMatchObject([{ id: events[2]!.id, code: 'body-too-large' }]);
  });

  it('keeps its events through a wrong key, tells of it, and tries again each minute at most', async () => {
    const clock = new Clock();
    const server = new Server();
    let isKeyRight = false;
    let requests = 0;
    const { outbox, refused } = openPage(clock, memoryStore(), async (body) => {
      requests++;
      return isKeyRight ? server.take(body) : { status: 401, retryAfterMs: 0, text: 'The key is unknown.' };
    });
    outbox.add(eventOf(clock));
    await clock.pass(40_000);
    expect(requests).toBe(1);
    expect(refused).toEqual([{ id: null, code: 'status-401', path: '', message: 'The key is unknown.' }]);
    isKeyRight = true;
    await clock.pass(60_000);
    expect(server.taken.size).toBe(1);
  });

  it('drops the oldest of more than 1,000 events, and tells each', async () => {
    const clock = new Clock();
    const { outbox, refused } = openPage(clock, memoryStore(), async () => ({ status: 0, retryAfterMs: 0, text: '' }));
    const events = Array.from({ length: 1_003 }, () => eventOf(clock));
    for (const event of events) outbox.add(event);
    expect(refused.map(({ id, code }) => [id, code])).toEqual(events.slice(0, 3).map(({ id }) => [id, 'queue-full']));
  });

  it('holds a burst of a server, whose bound is wider', async () => {
    const clock = new Clock();
    const server = new Server();
    const { outbox, refused } = openPage(clock, memoryStore(), async (body) => server.take(body), 100_000);
    for (let count = 0; count < 20_000; count++) outbox.add(eventOf(clock));
    await clock.pass(1_000);
    await outbox.flush();
    expect([server.taken.size, server.copies, refused]).toEqual([20_000, 0, []]);
  });

  it('sends nothing while it is closed, and no request of more than 64 KiB', async () => {
    const clock = new Clock();
    const bodies: string[] = [];
    const server = new Server();
    const page = openPage(clock, memoryStore(), async (body) => {
      bodies.push(body);
      return server.take(body);
    });
    page.isOpen = false;
    for (let count = 0; count < 40; count++)
      page.outbox.add(eventOf(clock, { properties: { text: 'x'.repeat(5_000) } }));
    await clock.pass(10_000);
    page.outbox.flushAtEnd();
    expect(bodies).toEqual([]);
    page.isOpen = true;
    page.outbox.flushAtEnd();
    expect(server.taken.size).toBe(40);
    expect(Math.max(...bodies.map(({ length }) => length))).toBeLessThan(65_536);
  });
});
