import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { directoryOf } from '../../durable-objects/directory.ts';
import { decodeRollupCells } from '../../src/core/cell-codec.ts';
import { isAccepted } from '../../src/core/disposition.ts';
import { LIMITS } from '../../src/core/limits.ts';
import { DEFAULT_ROLLUPS } from '../../src/core/rollup.ts';
import type { ShardRpc } from '../../src/core/rpc.ts';
import { type ShardAddress, shardName } from '../../src/core/shard-map.ts';
import type { Env } from '../../src/index.ts';
import { block, record } from '../support/events.ts';

const { SHARD, DIRECTORY } = env as unknown as Env;
const EVENTS = DEFAULT_ROLLUPS.find((rollup) => rollup.name === 'events')?.id ?? '';
const ALL_TIME = { startMs: 0, endMs: Number.MAX_SAFE_INTEGER };
let tenants = 0;

/** A shard of a tenant of its own, reached anew at each call as the product does. */
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

  it('sets one alarm, and by it cuts what is old enough', async () => {
    const { append, shard, stub, address } = newShard();
    await append('a');
    const alarm = await runInDurableObject(stub(), (_, state) => state.storage.getAlarm());
    expect(alarm).toBeGreaterThan(Date.now() + LIMITS.flushAgeMsMax - 60_000);
    expect(await runDurableObjectAlarm(stub())).toBe(true);
    expect((await shard().status({ address })).waitingFlushes).toBe(0);
    await append('b');
    expect(await runInDurableObject(stub(), (_, state) => state.storage.getAlarm())).not.toBeNull();
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
});
