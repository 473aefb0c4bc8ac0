// Ledger: a tenant on the real runtime, driven through the Worker's own entry, with books of its acknowledged events:
// each of their ids must be counted exactly once, in the cells and in the events.

import { createExecutionContext, createMessageBatch, createScheduledController, getQueueResult } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect } from 'vitest';
import { DAY_MS } from '../../../src/core/limits.ts';
import type { ShardRpc } from '../../../src/core/shard/rpc.ts';
import { type ShardAddress, shardName } from '../../../src/core/shard/shard-map.ts';
import worker, { type Env } from '../../../src/index.ts';

export const ROOT_KEY = 'root-key-of-the-tests-0123456789abcdef';
export const bindings = env as unknown as Env;
const QUERY_DAYS = 20;
/** A browser of a person: questions leave bots out. */
const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const ACCEPTED_OR_REFUSED = [200, 201, 202, 429, 503];

export interface SentEvent {
  readonly id: string;
  readonly event: string;
  readonly anonymousId: string;
  readonly timestamp: string;
  readonly properties: { readonly mark: string; readonly amount: number };
}
interface WireAnswer {
  readonly series: readonly { readonly key: Readonly<Record<string, string>>; readonly total: number }[];
  readonly meta: { readonly pending: number; readonly sources: { readonly rollups: unknown; readonly lake: unknown } };
}
export interface Answered {
  readonly status: number;
  readonly retryAfter: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes
  readonly body: any;
}

let tenants = 0;
let queued = 0;

export async function call(
  method: string,
  path: string,
  key: string,
  body?: unknown,
  isolate = bindings,
): Promise<Answered> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'user-agent': BROWSER };
  const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
  const request = new Request(`http://tidemark.test${path}`, init);
  const response = await worker.fetch(request as never, isolate, createExecutionContext());
  const answered = { status: response.status, retryAfter: response.headers.get('retry-after') };
  return { ...answered, body: await response.json() };
}

/** Delivers one batch of a queue as the platform does; returns the number of acknowledged messages. */
export async function deliver(queue: string, bodies: readonly unknown[], isolate = bindings): Promise<number> {
  const messages = bodies.map((body) => ({ id: `m${++queued}`, timestamp: new Date(), attempts: 1, body }));
  const batch = createMessageBatch(queue, messages);
  const context = createExecutionContext();
  await worker.queue(batch as never, isolate);
  return (await getQueueResult(batch, context)).explicitAcks.length;
}

export async function cron(): Promise<void> {
  // The sweep is due every ten minutes.
  const scheduledTime = Math.ceil(Date.now() / 600_000) * 600_000;
  await worker.scheduled(createScheduledController({ scheduledTime }) as never, bindings);
}

/** A new tenant, one for each test. */
export async function newTenant(shards = 1) {
  const id = `ledger-${++tenants}`;
  const made = await call('POST', '/v1/tenants', ROOT_KEY, { id, name: id, shards });
  const uid = made.body.tenant.uid as string;
  const { keys } = made.body as { keys: { write: string; read: string } };
  const acknowledged = new Map<string, SentEvent>();
  let count = 0;

  const address = (index = 0): ShardAddress => ({ uid, region: made.body.tenant.region, index });
  const stub = (index = 0) => bindings.SHARD.get(bindings.SHARD.idFromName(shardName(address(index))));
  const shard = (index = 0) => stub(index) as unknown as ShardRpc;

  const events = (size: number, ageMs = 0): SentEvent[] =>
    Array.from({ length: size }, () => {
      const number = ++count;
      return {
        id: `${id}-${number}`,
        event: number % 3 === 0 ? 'Bought' : 'Viewed',
        anonymousId: `device-${number % 7}`,
        timestamp: new Date(Date.now() - ageMs).toISOString(),
        properties: { mark: `mark-${number}`, amount: (number % 50) / 4 },
      };
    });

  /** Sends a batch; its events enter the books when the answer is 200. */
  const send = async (batch: readonly SentEvent[]): Promise<Answered> => {
    const answered = await call('POST', '/v1/events', keys.write, batch);
    expect(ACCEPTED_OR_REFUSED).toContain(answered.status);
    if (answered.status === 200) for (const event of batch) acknowledged.set(event.id, event);
    return answered;
  };

  const ask = async (question: object, isolate = bindings): Promise<WireAnswer> => {
    // The range has whole days, for cells cannot answer others.
    const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    const range = { from: isoOf(today - QUERY_DAYS * DAY_MS), to: isoOf(today + 2 * DAY_MS) };
    const answered = await call('POST', '/v1/query', keys.read, { ...range, ...question }, isolate);
    expect(answered).toMatchObject({ status: 200 });
    return answered.body;
  };

  /** Checks that every acknowledged id, and no other, is counted once. */
  const checkBooks = async (): Promise<void> => {
    const booked = [...acknowledged.values()];
    const cells = await ask({ measure: 'count' });
    expect(cells.series[0]?.total ?? 0).toBe(booked.length);
    expect(cells.meta.sources).toMatchObject({ rollups: expect.anything(), lake: null });
    const marks = await ask({ measure: 'count', groupBy: ['mark'], top: 1_000 });
    const counted = Object.fromEntries(marks.series.map(({ key, total }) => [key.mark, total]));
    expect(marks.meta.sources.lake).not.toBeNull();
    expect(counted).toEqual(Object.fromEntries(booked.map(({ properties }) => [properties.mark, 1])));
    const people = await ask({ measure: 'users' });
    expect(people.series[0]?.total ?? 0).toBe(new Set(booked.map(({ anonymousId }) => anonymousId)).size);
    const sums = await ask({ measure: { sum: 'amount' } });
    expect(sums.series[0]?.total ?? 0).toBe(booked.reduce((sum, { properties }) => sum + properties.amount, 0));
  };

  /** Stores every waiting flush in R2 and D1. */
  const store = async (index = 0): Promise<number> => {
    await shard(index).cut({ address: address(index) });
    return deliver('tidemark-flush', [{ address: address(index) }]);
  };
  const seal = (dayMs: number): Promise<number> =>
    deliver('tidemark-seal', [{ uid, day: Math.floor(dayMs / DAY_MS), cause: 'command' }]);
  const sealedRevision = async (dayMs: number): Promise<number> => {
    const day = new Date(dayMs).toISOString().slice(0, 10);
    const { body } = await call('GET', `/v1/seals?from=${day}&to=${day}`, keys.read);
    return body.days[0]?.revision ?? 0;
  };

  return { id, uid, keys, address, stub, shard, events, send, ask, checkBooks, store, seal, sealedRevision };
}

/** A second isolate of the Worker; its next batch of D1 statements is held up on its way to D1 or back. */
export function slowIsolate() {
  let held: { readonly where: 'there' | 'back'; readonly arrived: () => void; readonly go: Promise<void> } | null =
    null;
  const { DB } = bindings;
  const batch = async (statements: D1PreparedStatement[]): Promise<unknown> => {
    const hold = held;
    held = null;
    const wait = async (where: string) => {
      if (hold?.where !== where) return;
      hold.arrived();
      await hold.go;
    };
    await wait('there');
    const results = await DB.batch(statements);
    await wait('back');
    return results;
  };
  const isolate = { ...bindings, DB: { prepare: (sql: string) => DB.prepare(sql), batch } as unknown as D1Database };
  const hold = (where: 'there' | 'back') => {
    const arrived = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    held = { where, arrived: arrived.resolve, go: go.promise };
    return { arrived: arrived.promise, release: go.resolve };
  };
  return { isolate, hold };
}

function isoOf(atMs: number): string {
  return new Date(atMs).toISOString();
}
