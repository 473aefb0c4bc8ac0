// Exactly once on the real runtime: the simulator's scenarios that depend on the runtime itself, such as crashes,
// evictions, alarms and redeliveries. Each ends with a check of the books: every acknowledged id is counted once (G1).

import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Directory, directoryOf } from '../../durable-objects/directory.ts';
import { Shard } from '../../durable-objects/shard.ts';
import { growShards } from '../../src/control/shards/grow.ts';
import { DAY_MS, LIMITS } from '../../src/core/limits.ts';
import type { AppendRequest, ConfirmRequest, ShardRpc } from '../../src/core/shard/rpc.ts';
import { shardName } from '../../src/core/shard/shard-map.ts';
import { expectLog, takeLog } from '../support/expect-log.ts';
import { bindings, cron, deliver, newTenant, slowIsolate } from './support/ledger.ts';

const { DB, SHARD, DIRECTORY } = bindings;

/** The part of an instance that is protected in the product and that a test reaches. */
interface Inside {
  readonly ctx: DurableObjectState;
}

/**
 * Reasons as the runtime gives them when an instance or a connection ends. workerd reports each failed call of an
 * object as uncaught; the pool that runs these tests drops reports with these reasons and prints all others.
 */
const CRASH = 'Instance dispose: crash of a test';
const LOST = 'disconnected: operation canceled';

const append = Shard.prototype.append;
const confirm = Shard.prototype.confirm;

/** Lets the next append end the instance: before its events are written, once they are, or once they are durable. */
function crashOnAppend(when: 'before' | 'written' | 'after'): void {
  vi.spyOn(Shard.prototype, 'append').mockImplementationOnce(async function (this: Shard, request: AppendRequest) {
    const { ctx } = this as unknown as Inside;
    if (when !== 'before') await append.call(this, request);
    if (when === 'after') await ctx.storage.sync();
    ctx.abort(CRASH);
    throw new Error('not reached');
  });
}

/** Lets D1 refuse the tenant's flushes until the returned function is called. */
async function holdSink(uid: string): Promise<() => Promise<unknown>> {
  const name = `held_${uid.replaceAll(/\W/g, '_')}`;
  await DB.prepare(
    `CREATE TRIGGER ${name} BEFORE INSERT ON flushes WHEN NEW.uid = '${uid}' BEGIN SELECT RAISE(ABORT, 'held'); END`,
  ).run();
  return () => DB.prepare(`DROP TRIGGER ${name}`).run();
}

function travelTo(nowMs: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: nowMs });
}

/** Takes the log of a request that a shard did not answer. */
const expectUnanswered = (reason: string) =>
  expectLog('http.problem', { code: 'shard-unavailable', cause: { cause: { message: reason } } });

const storedFlushes = async (uid: string) =>
  (await DB.prepare('SELECT seq_from, seq_to, accepted FROM flushes WHERE uid = ? ORDER BY seq_from').bind(uid).all())
    .results;

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe('a crash', () => {
  for (const when of ['before', 'after'] as const) {
    it(`of a shard ${when} the commit, without an answer: the resend is counted once`, async () => {
      const { events, send, checkBooks, store } = await newTenant();
      await send(events(10));
      const batch = events(20);
      crashOnAppend(when);
      expect(await send(batch)).toMatchObject({ status: 503, retryAfter: '1' });
      expectUnanswered(CRASH);
      const resent = await send(batch);
      expect(resent.body).toMatchObject(when === 'before' ? { accepted: 20 } : { accepted: 0, duplicate: 20 });
      await checkBooks();
      await store();
      expect((await send(batch)).body).toMatchObject({ duplicate: 20 });
      await checkBooks();
    });
  }

  it('of a shard between write and commit: the resend is counted once, whether or not the write survived', async () => {
    const { events, send, checkBooks } = await newTenant();
    const batch = events(20);
    crashOnAppend('written');
    expect(await send(batch)).toMatchObject({ status: 503 });
    expectUnanswered(CRASH);
    await checkBooksOfResend();
    await abortAllDurableObjects();
    await checkBooksOfResend();

    async function checkBooksOfResend(): Promise<void> {
      const { accepted, duplicate } = (await send(batch)).body;
      expect(accepted + duplicate).toBe(20);
      await checkBooks();
    }
  });

  it('of one shard of several leaves no event of the request out, and none twice', async () => {
    const { events, send, checkBooks } = await newTenant(3);
    const batch = events(40);
    crashOnAppend('after');
    expect((await send(batch)).status).toBe(503);
    expectUnanswered(CRASH);
    expect((await send(batch)).body).toMatchObject({ received: 40 });
    await checkBooks();
    await abortAllDurableObjects();
    await checkBooks();
  });

  it('of the sink between D1 and the confirm: the flush comes again and is one', async () => {
    const { uid, events, send, checkBooks, store, address, stub } = await newTenant();
    await send(events(15));
    vi.spyOn(Shard.prototype, 'confirm').mockRejectedValue(new Error(LOST));
    await store();
    expectLog('sinks.consume.store', { message: `Error: ${LOST}` });
    expect(await storedFlushes(uid)).toMatchObject([{ accepted: 15 }]);
    // The flush is stored and not confirmed, so the shard answers for it.
    await checkBooks();
    await evictDurableObject(stub());
    await send(events(5));
    await checkBooks();
    vi.restoreAllMocks();
    await deliver('tidemark-flush', [{ address: address() }]);
    expect(await storedFlushes(uid)).toMatchObject([{ accepted: 15 }]);
    await checkBooks();
  });
});

describe('an eviction', () => {
  it('between append and flush, and between flush and confirm, changes no answer', async () => {
    const { events, send, checkBooks, shard, address, stub } = await newTenant();
    await send(events(25));
    await evictDurableObject(stub());
    await checkBooks();
    await shard().cut({ address: address() });
    await send(events(5));
    await evictDurableObject(stub());
    await checkBooks();
    await deliver('tidemark-flush', [{ address: address() }]);
    await evictDurableObject(stub());
    await checkBooks();
  });

  it('with a full outbox: it goes on refusing, and the flushes go out whole once the sink is back', async () => {
    const { uid, events, send, checkBooks, shard, address, stub } = await newTenant();
    const release = await holdSink(uid);
    for (let i = 0; i < LIMITS.waitingFlushesMax; i++) {
      await send(events(3));
      await shard().cut({ address: address() });
    }
    const refused = events(10);
    expect((await send(refused)).status).toBe(429);
    await evictDurableObject(stub());
    const again = await send(refused);
    expect(again).toMatchObject({ status: 429, body: { code: 'overloaded' } });
    expect(Number(again.retryAfter)).toBeGreaterThan(0);
    await checkBooks();
    await release();
    // The queue may have delivered a message while the sink was held.
    for (const { message } of takeLog('sinks.consume.store')) expect(message).toContain('held');
    while ((await shard().status({ address: address() })).waitingFlushes > 0) {
      await deliver('tidemark-flush', [{ address: address() }]);
    }
    expect((await send(refused)).body).toMatchObject({ accepted: 10 });
    await checkBooks();
    const flushes = await storedFlushes(uid);
    expect(flushes.map(({ seq_from }) => seq_from)).toEqual([0, ...flushes.slice(0, -1).map(({ seq_to }) => seq_to)]);
  });
});

describe('an alarm', () => {
  it('that was lost is set again when the shard wakes, and the sweep wakes it', async () => {
    const { uid, events, send, checkBooks, stub } = await newTenant();
    await send(events(10));
    await runInDurableObject(stub(), (_, state) => state.storage.deleteAlarm());
    await evictDurableObject(stub());
    travelTo(Date.now() + LIMITS.flushFewAgeMsMax + 1_000);
    await cron();
    expect(await runDurableObjectAlarm(stub())).toBe(true);
    await deliverUntilStored(uid, stub());
    expect(await storedFlushes(uid)).toMatchObject([{ accepted: 10 }]);
    await checkBooks();
  });

  it('that comes twice, at once and after an eviction, cuts one flush', async () => {
    const { uid, events, send, checkBooks, stub } = await newTenant();
    await send(events(10));
    travelTo(Date.now() + LIMITS.flushFewAgeMsMax + 1_000);
    await runInDurableObject(stub(), async (instance) => {
      const shard = instance as unknown as Shard;
      await Promise.all([shard.alarm(), shard.alarm()]);
    });
    await evictDurableObject(stub());
    await runInDurableObject(stub(), (instance) => (instance as unknown as Shard).alarm());
    await deliverUntilStored(uid, stub());
    expect(await storedFlushes(uid)).toMatchObject([{ accepted: 10 }]);
    await checkBooks();
  });

  async function deliverUntilStored(uid: string, stub: DurableObjectStub): Promise<void> {
    const shard = stub as unknown as ShardRpc;
    const [listed] = await directoryOf(DIRECTORY)(uid).list();
    const address = { uid, region: listed!.region, index: listed!.index };
    await deliver('tidemark-flush', [{ address }]);
    expect(await shard.status({ address })).toMatchObject({ waitingFlushes: 0 });
  }
});

describe('a message', () => {
  it('delivered again after the confirm, twice in a batch and out of time, stores nothing anew', async () => {
    const { uid, events, send, checkBooks, store, address, stub } = await newTenant();
    await send(events(12));
    await store();
    await send(events(6));
    await store();
    const before = await storedFlushes(uid);
    const message = { address: address() };
    expect(await deliver('tidemark-flush', [message, message, message])).toBe(3);
    await evictDurableObject(stub());
    await Promise.all([deliver('tidemark-flush', [message]), deliver('tidemark-flush', [message])]);
    expect(await storedFlushes(uid)).toEqual(before);
    await checkBooks();
  });

  it('whose consumer stood still while the flush was stored, and the day sealed, counts nothing twice', async () => {
    const tenant = await newTenant();
    const { uid, events, send, checkBooks, store, seal, sealedRevision, shard, address } = tenant;
    const dayMs = Date.now() - DAY_MS;
    await send(events(12, DAY_MS));
    await shard().cut({ address: address() });
    const { isolate, hold } = slowIsolate();
    const { arrived, release } = hold('there');
    const zombie = deliver('tidemark-flush', [{ address: address() }], isolate);
    await arrived;
    await store();
    await send(events(4, DAY_MS));
    await store();
    await seal(dayMs);
    expect(await sealedRevision(dayMs)).toBe(1);
    await checkBooks();
    release();
    await zombie;
    await checkBooks();
    await seal(dayMs);
    await checkBooks();
    expect(await storedFlushes(uid)).toMatchObject([{ accepted: 12 }, { accepted: 4 }]);
  });

  it('handled by two consumers at once is one flush', async () => {
    const { uid, events, send, checkBooks, shard, address } = await newTenant();
    await send(events(12));
    await shard().cut({ address: address() });
    const message = { address: address() };
    await Promise.all([1, 2, 3].map(() => deliver('tidemark-flush', [message])));
    expect(await storedFlushes(uid)).toMatchObject([{ accepted: 12 }]);
    await checkBooks();
  });

  it('whose confirm comes twice, the second while the next flush waits, drops only its own', async () => {
    const { events, send, checkBooks, store, shard, address, stub } = await newTenant();
    const seen: ConfirmRequest[] = [];
    vi.spyOn(Shard.prototype, 'confirm').mockImplementation(function (this: Shard, request: ConfirmRequest) {
      seen.push(structuredClone(request));
      return confirm.call(this, request);
    });
    await send(events(12));
    await store();
    await send(events(8));
    await shard().cut({ address: address() });
    await shard().confirm(seen[0]!);
    await evictDurableObject(stub());
    await shard().confirm(seen[0]!);
    expect((await shard().status({ address: address() })).tailEvents).toBe(8);
    await checkBooks();
    await deliver('tidemark-flush', [{ address: address() }]);
    await shard().confirm(seen[0]!);
    await checkBooks();
  });
});

it('a map that is out of date is refused by the shard, and the edge routes again: each event is in one shard', async () => {
  const { uid, events, send, checkBooks, address, stub } = await newTenant();
  const before = events(20);
  await send(before);
  const shardOf = (at: Parameters<typeof shardName>[0]) =>
    SHARD.get(SHARD.idFromName(shardName(at))) as unknown as ShardRpc;
  const map = await growShards({ db: DB, directoryOf: directoryOf(DIRECTORY), shardOf, now: Date.now }, uid, 4);
  // D1 keeps the old map, as does an edge that loaded it before: only the shard's refusal reveals the new one.
  await DB.prepare('UPDATE tenants SET shard_map = NULL WHERE uid = ?').bind(uid).run();
  travelTo((map?.[1]?.startMs ?? 0) + 1_000);
  const replies = vi.spyOn(Shard.prototype, 'append');
  const after = events(30);
  expect((await send(after)).body).toMatchObject({ accepted: 30 });
  const statuses = (await Promise.all(replies.mock.results.map(({ value }) => value))).map(({ status }) => status);
  expect(statuses).toContain('stale-map');
  await evictDurableObject(stub());
  expect((await send([...before, ...after])).body).toMatchObject({ accepted: 0, duplicate: 50 });
  await checkBooks();
  const listed = await directoryOf(DIRECTORY)(uid).list();
  expect(listed.length).toBeGreaterThan(1);
  for (const { index } of listed) {
    const { tailEvents } = await shardOf(address(index)).status({ address: address(index) });
    expect(tailEvents).toBeGreaterThan(0);
  }
});

describe('a query', () => {
  for (const where of ['there', 'back'] as const) {
    it(`whose reading of D1 is slow on its way ${where}, while the flush is stored, counts each event once`, async () => {
      const { events, send, ask, checkBooks, store } = await newTenant();
      await send(events(9));
      await store();
      await send(events(11));
      const { isolate, hold } = slowIsolate();
      expect((await ask({ measure: 'count' }, isolate)).series[0]?.total).toBe(20);
      const { arrived, release } = hold(where);
      const answer = ask({ measure: 'count' }, isolate);
      await arrived;
      await store();
      await send(events(3));
      await store();
      release();
      // Events that came after the question began may be in the answer, once at most.
      expect([20, 23]).toContain((await answer).series[0]?.total);
      await checkBooks();
    });
  }
});

it('copies in one request, and in two that meet in one commit, are one event', async () => {
  const { events, send, checkBooks, store } = await newTenant();
  const batch = events(10);
  expect((await send([...batch, ...batch])).body).toMatchObject({ received: 20, accepted: 10, duplicate: 10 });
  const both = events(10);
  const answered = await Promise.all([send(both), send(both), send([...both].reverse())]);
  expect(answered.reduce((sum, { body }) => sum + body.accepted, 0)).toBe(10);
  await checkBooks();
  await store();
  await checkBooks();
});

it('a shard that the directory does not know acknowledges nothing', async () => {
  const { events, send, checkBooks } = await newTenant();
  const register = vi.spyOn(Directory.prototype, 'register').mockRejectedValue(new Error(LOST));
  const batch = events(10);
  expect((await send(batch)).status).toBe(503);
  expect(register).toHaveBeenCalled();
  expectUnanswered(LOST);
  register.mockRestore();
  expect((await send(batch)).body).toMatchObject({ accepted: 10 });
  await checkBooks();
});
