// Queue: a queue without order that loses, doubles and delays messages, and delivers some again long after they were
// handled. A batch that fails, or whose isolate dies, is delivered again.

import { clone } from './clone.ts';
import type { Caller } from './network.ts';
import { Sites } from './random.ts';
import type { World } from './world.ts';

const SECOND_MS = 1_000;
const RETRIES_MAX = 5;

interface Stored {
  readonly id: string;
  readonly body: unknown;
  attempts: number;
}

export interface QueueOptions {
  readonly name: string;
  readonly batchMax: number;
}

export class SimQueue {
  readonly name: string;
  readonly #world: World;
  readonly #batchMax: number;
  readonly #sites: Sites;
  readonly #ready: Stored[] = [];
  /** The handled messages, one for each body. */
  readonly #history = new Map<string, Stored>();
  #isPumping = false;
  #ids = 0;

  constructor(world: World, { name, batchMax }: QueueOptions) {
    this.#world = world;
    this.name = name;
    this.#batchMax = batchMax;
    this.#sites = new Sites(world.seed ^ 0x9e0e);
  }

  /** The binding of one caller. */
  binding(caller: Caller) {
    const put = (bodies: readonly unknown[]) =>
      this.#world.network.call({ caller, site: `queue ${this.name}`, detail: `x${bodies.length}` }, () => {
        for (const body of bodies) this.#take(clone(body));
      });
    return {
      send: (body: unknown) => put([clone(body)]),
      sendBatch: (messages: Iterable<{ body: unknown }>) => put([...messages].map(({ body }) => clone(body))),
    };
  }

  /** Drops all waiting messages, as a local queue does when it is killed. */
  wipe(): void {
    this.#ready.length = 0;
  }

  #take(body: unknown): void {
    const { faults } = this.#world;
    if (faults.strike('message-lost', this.name)) return;
    this.#schedule({ id: `${this.name}-${++this.#ids}`, body, attempts: 0 }, SECOND_MS * this.#sites.next('delay'));
    const again = faults.strike('message-twice', this.name);
    if (again) this.#schedule({ id: `${this.name}-${++this.#ids}`, body, attempts: 0 }, 30 * SECOND_MS * again.size);
  }

  #schedule(message: Stored, delayMs: number): void {
    const late = this.#world.faults.strike('message-late', this.name);
    const dueMs = delayMs + (late ? late.size * 900 * SECOND_MS : 0);
    this.#world.scheduler.after(dueMs, `message ${message.id}`, () => {
      this.#ready.push(message);
      this.#pumpSoon();
    });
  }

  #pumpSoon(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    this.#world.scheduler.after(SECOND_MS * this.#sites.next('pump'), `batch of ${this.name}`, () => {
      this.#isPumping = false;
      if (this.#ready.length > 0) void this.#deliver(this.#takeBatch());
      if (this.#ready.length > 0) this.#pumpSoon();
    });
  }

  /** Takes waiting messages in random order. */
  #takeBatch(): Stored[] {
    const batch: Stored[] = [];
    while (this.#ready.length > 0 && batch.length < this.#batchMax) {
      const [message] = this.#ready.splice(Math.floor(this.#sites.next('order') * this.#ready.length), 1);
      batch.push(message as Stored);
    }
    return batch;
  }

  async #deliver(batch: readonly Stored[]): Promise<void> {
    const verdicts = new Map<Stored, { readonly retryMs: number } | 'ack'>();
    const messages = batch.map((stored) => ({
      id: stored.id,
      body: clone(stored.body),
      attempts: ++stored.attempts,
      ack: () => void verdicts.set(stored, 'ack'),
      retry: ({ delaySeconds = 0 } = {}) => void verdicts.set(stored, { retryMs: delaySeconds * SECOND_MS }),
    }));
    const queueBatch = {
      queue: this.name,
      messages,
      ackAll: () => {
        for (const message of messages) message.ack();
      },
    };
    let failed = false;
    try {
      await this.#world.invoke(`consume ${this.name}`, (isolate) => isolate.consume(queueBatch));
    } catch (cause) {
      failed = true;
      this.#world.onRefused(`queue ${this.name}`, cause);
    }
    for (const stored of batch) {
      const verdict = verdicts.get(stored);
      if (verdict !== undefined && verdict !== 'ack') this.#retry(stored, verdict.retryMs);
      else if (failed && verdict === undefined) this.#retry(stored, SECOND_MS);
      else this.#handled(stored);
    }
  }

  #retry(stored: Stored, delayMs: number): void {
    if (stored.attempts > RETRIES_MAX) this.#world.reach('message-exhausted');
    else this.#schedule(stored, delayMs);
  }

  /** Delivers every handled message once more. */
  redeliverAll(): void {
    for (const message of this.#history.values()) this.#schedule({ ...message, attempts: 0 }, 0);
  }

  #handled(stored: Stored): void {
    this.#history.set(JSON.stringify(stored.body), stored);
    const zombie = this.#world.faults.strike('message-zombie', this.name);
    if (!zombie) return;
    this.#world.reach('zombie-message');
    this.#schedule({ ...stored, attempts: 0 }, 3_600 * SECOND_MS * 8 * zombie.size);
  }
}
