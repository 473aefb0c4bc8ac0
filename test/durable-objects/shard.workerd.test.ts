import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it, vi } from 'vitest';
import { directoryOf } from '../../durable-objects/directory.ts';
import { isAccepted } from '../../src/core/block/disposition.ts';
import { DAY_MS, LIMITS, MINUTE_MS } from '../../src/core/limits.ts';
import { decodeRollupCells } from '../../src/core/rollup/cell-codec.ts';
import { DEFAULT_ROLLUPS } from '../../src/core/rollup/rollup.ts';
import type { ShardRpc } from '../../src/core/shard/rpc.ts';
import { type ShardAddress, shardName } from '../../src/core/shard/shard-map.ts';
import { dayOf } from '../../src/core/std/day.ts';
import type { Env } from '../../src/index.ts';
import { firstPage, pullFlush } from '../../src/sinks/pull.ts';
import { block, record } from '../support/events.ts';

const { SHARD, DIRECTORY } = env as unknown as Env;
const EVENTS = DEFAULT_ROLLUPS.find((rollup) => rollup.name === 'events')?.id ?? '';
const ALL_TIME = { startMs: 0, endMs: Number.MAX_SAFE_INTEGER };
let tenants = 0;

/** A shard of a new tenant; each call takes a new stub, as in the product. */
function newShard() {
  const address: ShardAddress = { uid: `tenant${tenants++}`, region: 'weur', index: 0 };
  const stub = () => SHARD.get(SHARD.idFromName(shardName(address)));
  const shard = () => stub() as unknown as ShardRpc;
  return {
    address,
    stub,
    shard,
    async append(...ids: string[]): Promise<boolean[]> {
      const now = Date.now();
      const records = ids.map((id) => record({ id, user_id: `user ${id}`, atMs: now, receivedAtMs: now }));
      const reply = await shard().append({ address, epoch: 0, blocks: [block(records, { receivedAtMs: now })] });
      if (reply.status !== 'stored') throw new Error(reply.status);
      return reply.dispositions.flatMap((each) => [...each].map(isAccepted));
    },
    async count(): Promise<number> {
      const live = await shard().live({ address, rollupId: EVENTS, ...ALL_TIME });
      let sum = 0;
      for (const bytes of live.cells ?? []) {
        for (const window of decodeRollupCells(bytes).windows.values())
          for (const cell of window.values()) sum += cell.count;
      }
      return sum;
    },
  };
}

describe('Shard', () => {
  it('acknowledges an event once and answers for it at once', async () => {
    const { append, count } = newShard();
    expect(await append('a', 'b', 'a')).toEqual([true, true, false]);
    expect(await append('b')).toEqual([false]);
    expect(await count()).toBe(2);
  });

  it('tells the events of a slice of a minute from its log, of flushes cut and open', async () => {
    const { append, shard, address } = newShard();
    const ask = async (slices: { startMs: number; endMs: number }[]) => {
      const { sliceCells } = await shard().live({ address, rollupId: EVENTS, ...ALL_TIME, slices });
      return sliceCells!.flatMap((bytes) =>
        [...decodeRollupCells(bytes).windows].map(([startMs, cells]) => [
          startMs,
          [...cells.values()].reduce((sum, { count }) => sum + count, 0),
        ]),
      );
    };
    const beforeMs = Date.now();
    await append('a', 'b');
    await shard().cut({ address });
    await append('c');
    const startMs = Math.max(beforeMs, Math.floor(Date.now() / 60_000) * 60_000);
    expect(await ask([{ startMs, endMs: startMs + 10_000 }])).toEqual([[startMs, 3]]);
    expect(await ask([{ startMs: startMs - 120_000, endMs: startMs - 119_000 }])).toEqual([]);
    expect((await shard().live({ address, rollupId: EVENTS, ...ALL_TIME })).sliceCells).toBe(undefined);
  });

  it('gives each of many simultaneous requests its own verdicts, in fewer rows than requests', async () => {
    const { append, count, shard, address } = newShard();
    await append('first');
    const before = (await shard().status({ address })).rowsWritten;
    const replies = await Promise.all(Array.from({ length: 50 }, (_, i) => append(`e${i}`, `shared`)));
    expect(replies.filter(([own]) => own)).toHaveLength(50);
    expect(replies.filter(([, shared]) => shared)).toHaveLength(1);
    expect(await count()).toBe(52);
    expect((await shard().status({ address })).rowsWritten - before).toBeLessThan(50);
  });

  it('registers in the directory before its first ack, and only once', async () => {
    const { append, shard, address } = newShard();
    const directory = directoryOf(DIRECTORY)(address.uid);
    expect(await directory.list()).toEqual([]);
    await append('a');
    const { incarnation } = await shard().live({ address, ...ALL_TIME });
    expect(await directory.list()).toMatchObject([{ region: 'weur', index: 0, incarnation }]);
  });

  it('comes back from an eviction and from an abort with its ids, counts, flushes and watermark', async () => {
    const { append, count, shard, stub, address } = newShard();
    await append('a', 'b');
    await shard().cut({ address });
    await append('c');
    const before = await shard().live({ address, rollupId: EVENTS, ...ALL_TIME });
    const flush = await shard().readFlush({ address });
    for (const end of [() => evictDurableObject(stub()), () => abortAllDurableObjects()]) {
      await end();
      const after = await shard().live({ address, rollupId: EVENTS, ...ALL_TIME });
      expect(after).toEqual({ ...before, headSeq: after.headSeq });
      expect(await shard().readFlush({ address })).toEqual(flush);
      expect(await append('a', 'c')).toEqual([false, false]);
      expect(await count()).toBe(3);
    }
  });

  it('hands out its oldest flush until that very one is confirmed, then answers for the rest only', async () => {
    const { append, count, shard, address } = newShard();
    await append('a');
    await shard().cut({ address });
    await append('b');
    await shard().cut({ address });
    const first = await shard().readFlush({ address });
    if (first.status !== 'ok') throw new Error(first.status);
    expect(first.flush).toMatchObject({ seqFrom: 0, seqTo: 1 });
    expect(first.parts.map((part) => part.rollupId)).toContain(EVENTS);
    await shard().confirm({ address, flush: { ...first.flush, incarnation: 'of another life' } });
    expect(await count()).toBe(2);
    await shard().confirm({ address, flush: first.flush });
    await shard().confirm({ address, flush: first.flush });
    expect(await count()).toBe(1);
    expect(await shard().readFlush({ address, flush: first.flush, seqFrom: 0 })).toEqual({ status: 'gone' });
    expect(await shard().readTail({ address, seqFrom: 0 })).toEqual({ status: 'gone' });
    const tail = await shard().readTail({ address });
    expect(tail.status === 'ok' && tail.blocks).toHaveLength(1);
    expect(await append('a', 'b')).toEqual([false, false]);
  });

  it('reuses the slots of stored rows and keeps the rest readable', async () => {
    const { append, shard, stub, address } = newShard();
    for (let i = 0; i < 6; i++) await append(`a${i}`);
    await shard().cut({ address });
    const flush = await shard().readFlush({ address });
    if (flush.status !== 'ok') throw new Error(flush.status);
    await append('kept');
    await shard().confirm({ address, flush: flush.flush });
    for (let i = 0; i < 6; i++) await append(`b${i}`);
    const slots = await runInDurableObject(stub(), (_, state) =>
      state.storage.sql.exec<{ n: number }>('SELECT COUNT(*) AS n FROM log').one(),
    );
    expect(slots.n).toBe(7);
    await evictDurableObject(stub());
    const tail = await shard().readTail({ address });
    expect(tail.status === 'ok' && tail.blocks.map((each) => each.seq)).toEqual([6, 7, 8, 9, 10, 11, 12]);
  });

  it('gives the blocks that may link ids alone, when these are wanted, also after a restart', async () => {
    const { append, shard, stub, address } = newShard();
    const identify = async (id: string) => {
      const now = Date.now();
      const events = [record({ id, type: 'identify', event: 'identify', user_id: id, atMs: now, receivedAtMs: now })];
      await shard().append({ address, epoch: 0, blocks: [block(events, { receivedAtMs: now })] });
    };
    const linkSeqs = async () => {
      const tail = await shard().readTail({ address, only: 'links' });
      return tail.status === 'ok' && tail.blocks.map(({ seq }) => seq);
    };
    await append('a');
    expect(await linkSeqs()).toEqual([]);
    await identify('b');
    await append('c');
    await identify('d');
    expect(await linkSeqs()).toEqual([1, 3]);
    await evictDurableObject(stub());
    expect(await linkSeqs()).toEqual([1, 3]);
    const rest = await shard().readTail({ address, only: 'links', seqFrom: 2 });
    expect(rest).toMatchObject({ status: 'ok', nextSeq: null, blocks: [{ seq: 3 }] });
  });

  it('sets one alarm, and by it cuts what is old enough', async () => {
    const { append, shard, stub, address } = newShard();
    await append('a');
    const alarm = await runInDurableObject(stub(), (_, state) => state.storage.getAlarm());
    expect(alarm).toBeGreaterThan(Date.now() + LIMITS.flushFewAgeMsMax - 60_000);
    expect(await runDurableObjectAlarm(stub())).toBe(true);
    expect((await shard().status({ address })).waitingFlushes).toBe(0);
    await append('b');
    expect(await runInDurableObject(stub(), (_, state) => state.storage.getAlarm())).not.toBeNull();
  });

  it('moves the alarm to an earlier time once its flush has many events', async () => {
    const { append, stub } = newShard();
    const alarm = () => runInDurableObject(stub(), (_, state) => state.storage.getAlarm());
    const ids = Array.from({ length: LIMITS.flushFewEventsMax }, (_, i) => `e${i}`);
    await append('first');
    expect(await alarm()).toBeGreaterThan(Date.now() + LIMITS.flushAgeMsMax);
    await append(...ids);
    expect(await alarm()).toBeLessThanOrEqual(Date.now() + LIMITS.flushAgeMsMax);
  });

  it('tells the sink of a waiting flush again when it is asked to cut, and of none when nothing waits', async () => {
    const { address, stub, shard, append } = newShard();
    const told: unknown[] = [];
    await append('a');
    await runInDurableObject(stub(), (instance) => {
      const queue = { send: async (message: unknown) => void told.push(message) };
      const { env: own } = instance as unknown as { env: Env };
      Object.defineProperty(instance, 'env', { value: { ...own, FLUSH_QUEUE: queue } });
    });
    for (let cuts = 0; cuts < 3; cuts++) await shard().cut({ address });
    expect(told).toEqual([{ address }, { address }, { address }]);
    const { flush } = (await firstPage(shard(), address))!;
    await shard().confirm({ address, flush });
    await shard().cut({ address });
    expect(told).toHaveLength(3);
  });

  it('tells the sink once of a flush that the alarm cuts, and again when the next alarm finds it waiting', async () => {
    const { address, stub, append } = newShard();
    const told: unknown[] = [];
    await append('a');
    await runInDurableObject(stub(), (instance) => {
      const queue = { send: async (message: unknown) => void told.push(message) };
      const { env: own } = instance as unknown as { env: Env };
      Object.defineProperty(instance, 'env', { value: { ...own, FLUSH_QUEUE: queue } });
    });
    const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + LIMITS.flushFewAgeMsMax);
    try {
      for (const messages of [1, 2]) {
        await runDurableObjectAlarm(stub());
        expect(told).toEqual(Array(messages).fill({ address }));
      }
    } finally {
      clock.mockRestore();
    }
  });

  it('refuses a damaged row loudly instead of answering without it', async () => {
    const { append, stub, address } = newShard();
    await append('a');
    await runInDurableObject(stub(), (_, state) => {
      state.storage.sql.exec('UPDATE log SET checksum = checksum + 1');
    });
    await runInDurableObject(stub(), async (instance) => {
      await expect((instance as unknown as ShardRpc).readTail({ address })).rejects.toThrow(/damaged/);
    });
  });

  it('keeps the ids of small flushes in one row, and knows all of them after a restart', async () => {
    const { append, shard, stub, address } = newShard();
    for (const id of ['a', 'b', 'c']) {
      await append(id);
      await shard().cut({ address });
    }
    const runs = await runInDurableObject(stub(), (_, state) =>
      state.storage.sql.exec<{ size: number }>('SELECT length(ids) AS size FROM dedupe_run').toArray(),
    );
    expect(runs).toEqual([{ size: 3 * 8 }]);
    await evictDurableObject(stub());
    expect(await append('a', 'b', 'c', 'd')).toEqual([false, false, false, true]);
  });

  it('forgets the ids of flushes beyond the horizon, at a restart and at its next cut', async () => {
    const { append, shard, stub, address } = newShard();
    await append('a');
    await shard().cut({ address });
    const old = Math.floor((Date.now() - LIMITS.dedupeHorizonMs) / DAY_MS) - 1;
    await runInDurableObject(stub(), (_, state) => {
      const ids = new Uint32Array([1, 2, 3, 4]).buffer;
      state.storage.sql.exec(
        'INSERT INTO dedupe_run (day, merged, ids) VALUES (?, 0, ?), (?, 1, ?)',
        old,
        ids,
        old,
        ids,
      );
    });
    await evictDurableObject(stub());
    expect((await shard().status({ address })).rememberedIds).toBe(1);
    await append('b');
    await shard().cut({ address });
    const days = await runInDurableObject(stub(), (_, state) =>
      state.storage.sql.exec<{ day: number }>('SELECT DISTINCT day FROM dedupe_run').toArray(),
    );
    expect(days).toEqual([{ day: Math.floor(Date.now() / DAY_MS) }]);
  });

  it('divides one large request into as many flushes as its bytes need, each within the bound', async () => {
    const { shard, address } = newShard();
    const now = Date.now();
    const blocks = Array.from({ length: 12 }, (_, i) => {
      const records = Array.from({ length: 32 }, (_, j) => {
        const properties = { text: `${i} ${j} ${'x'.repeat(30_000)}` };
        return record({ id: `${i} ${j}`, user_id: 'ann', atMs: now, receivedAtMs: now, properties });
      });
      return block(records, { receivedAtMs: now });
    });
    expect(await shard().append({ address, epoch: 0, blocks })).toMatchObject({ status: 'stored' });
    await shard().cut({ address });
    const sizes: number[] = [];
    let events = 0;
    for (let page = await firstPage(shard(), address); page !== null; page = await firstPage(shard(), address)) {
      const pulled = await pullFlush(shard(), address, page);
      if (pulled === 'gone') throw new Error(pulled);
      const { properties } = pulled.columns.strings;
      sizes.push(properties!.reduce((sum, text) => sum + text!.length, 0));
      events += pulled.columns.rowCount;
      await shard().confirm({ address, flush: pulled.flush });
    }
    expect(sizes.length).toBeGreaterThan(1);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(LIMITS.flushSizeBytesMax);
    expect(events).toBe(12 * 32);
  });

  it('hands out the parts of a flush page by page, each once, however large its cells are', async () => {
    const { shard, address } = newShard();
    const now = Date.now();
    const rollups = DEFAULT_ROLLUPS.filter(({ name }) => name === 'traffic' || name === 'pages');
    const filler = 'y'.repeat(200);
    for (let batch = 0; batch < 4; batch++) {
      const records = Array.from({ length: 2_400 }, (_, i) =>
        record({
          id: `${batch} ${i}`,
          type: 'page',
          path: `/${filler}${batch} ${i}`,
          referrer_domain: `${filler}${batch} ${i}`,
          utm_source: `${filler}${filler}`.slice(0, 256),
          atMs: now - Math.floor((batch * 2_400 + i) / 900) * MINUTE_MS,
          receivedAtMs: now,
        }),
      );
      const half = records.length / 2;
      const blocks = [records.slice(0, half), records.slice(half)].map((of) =>
        block(of, { receivedAtMs: now, rollups }),
      );
      expect(await shard().append({ address, epoch: 0, blocks })).toMatchObject({ status: 'stored' });
    }
    await shard().cut({ address });
    const first = await firstPage(shard(), address);
    const pulled = await pullFlush(shard(), address, first!);
    if (pulled === 'gone') throw new Error(pulled);
    const { parts } = pulled;
    expect(first!.parts.length).toBeLessThan(parts.length);
    // A sink of an earlier release names no part and gets all parts with the first page.
    const whole = await shard().readFlush({ address });
    expect(whole).toMatchObject({ status: 'ok', parts });
    expect(whole).not.toHaveProperty('nextPart');
    expect(parts.reduce((sum, { cells }) => sum + cells.byteLength, 0)).toBeGreaterThan(LIMITS.rpcPageSizeBytesMax);
    expect(
      new Set(parts.map(({ rollupId, kind, startMsMin, chunk }) => `${rollupId} ${kind} ${dayOf(startMsMin)} ${chunk}`))
        .size,
    ).toBe(parts.length);
    const events = { counts: 0, people: 0, all: 0 };
    for (const { kind, cells } of parts) {
      for (const window of decodeRollupCells(cells).windows.values())
        for (const cell of window.values()) events[kind!] += cell.count;
    }
    const sent = 4 * 2_400 * rollups.length;
    expect(events).toEqual({ counts: sent, people: sent, all: 0 });
  });
});
