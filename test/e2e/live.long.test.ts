// Live: what a watcher sees of a running stack, and what is kept of refusals, over a kill of the runtime.

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ArrivalsAnswer, type LiveMessage, type LiveTicket, liveMessageSchema } from '../../src/wire/live.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { answerOf, createTenant, ingest, percentile, send, type TestTenant } from './support/api.ts';

const EVENTS = 100;

let stack: Stack;
let tenant: TestTenant;

beforeAll(async () => {
  stack = await startStack();
  tenant = await createTenant(stack, 'watched');
});
afterAll(() => stack?.stop());

/** A client that comes back with its last number whenever its connection ends. */
class Client {
  /** Names of events, each as often as it was shown, with the time of the first. */
  readonly seenAtMs = new Map<string, number[]>();
  readonly tickSeqs: number[] = [];
  gaps = 0;
  resumed = 0;
  #after: number | null = null;
  #isDone = false;

  async run(): Promise<void> {
    while (!this.#isDone) {
      await this.#connect().catch(() => {});
      await sleep(200);
    }
  }

  stop(): void {
    this.#isDone = true;
  }

  async #connect(): Promise<void> {
    const { ticket } = await answerOf<LiveTicket>(send(`${tenant.url}/v1/live/ticket`, tenant.keys.read, undefined));
    const after = this.#after === null ? '' : `&after=${this.#after}`;
    const socket = new WebSocket(`${tenant.url.replace('http', 'ws')}/v1/live?ticket=${ticket}${after}`);
    await new Promise<void>((resolve) => {
      socket.addEventListener('message', ({ data }) => {
        const message = liveMessageSchema.parse(JSON.parse(String(data)));
        socket.send(`ack:${message.seq}`);
        if (message.type !== 'beat') this.#take(message);
        if (this.#isDone) socket.close();
      });
      socket.addEventListener('close', () => resolve());
    });
  }

  #take(message: Exclude<LiveMessage, { type: 'beat' }>): void {
    this.#after = message.seq;
    if (message.gap) this.gaps++;
    if (message.type === 'hello' && message.resumed) this.resumed++;
    if (message.type === 'tick') this.tickSeqs.push(message.seq);
    for (const { event } of message.events) this.seenAtMs.set(event, [...(this.seenAtMs.get(event) ?? []), Date.now()]);
  }
}

describe('a watcher of a running stack', () => {
  it('sees each event within a second, and each once though the runtime is killed', async () => {
    const client = new Client();
    const running = client.run();
    await sleep(1_500);
    const sentAtMs = new Map<string, number>();
    const name = (i: number) => `event ${i}`;
    for (let i = 0; i < EVENTS; i++) {
      sentAtMs.set(name(i), Date.now());
      await ingest(tenant, [{ id: name(i), event: name(i), userId: 'ann' }]);
      await sleep(40);
    }
    await vi.waitFor(() => expect(client.seenAtMs.size).toBe(EVENTS), { timeout: 10_000 });
    const delaysMs = [...sentAtMs].map(([event, atMs]) => client.seenAtMs.get(event)![0]! - atMs);
    expect(percentile(delaysMs, 0.95)).toBeLessThanOrEqual(1_000);

    await stack.kill('runtime');
    for (let i = EVENTS; i < 2 * EVENTS; i++) {
      const event = { id: name(i), event: name(i), userId: 'ann' };
      await vi.waitFor(() => ingest(tenant, [event]), { timeout: 30_000, interval: 200 });
      // A message lists the newest 50 events of its 400 ms, and counts the others.
      await sleep(40);
    }
    await vi.waitFor(() => expect(client.seenAtMs.size).toBe(2 * EVENTS), { timeout: 20_000 });
    client.stop();
    await running;
    expect([...client.seenAtMs.values()].filter((times) => times.length > 1)).toEqual([]);
    expect([client.gaps, client.resumed > 0]).toEqual([0, true]);
    expect(client.tickSeqs).toEqual(client.tickSeqs.map((_, i) => client.tickSeqs[0]! + i));
  });

  it('finds every refusal that was answered before a kill', async () => {
    const arrivals = () =>
      answerOf<ArrivalsAnswer>(send(`${tenant.url}/v1/arrivals?verdict=refused`, tenant.keys.read, undefined, 'GET'));
    for (let i = 0; i < 20; i++) await ingest(tenant, [{ id: `bad ${i}`, event: '' }]);
    await stack.kill('both');
    stack = await startStack({ port: stack.port, stateDir: stack.stateDir });
    const kept = (await arrivals()).arrivals.map((arrival) => arrival.verdict === 'refused' && arrival.id);
    expect(kept).toEqual(Array.from({ length: 20 }, (_, i) => `bad ${19 - i}`));
  });
});
