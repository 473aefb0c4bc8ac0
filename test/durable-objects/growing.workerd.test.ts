// Growing, resting and back-pressure of shards on the real runtime.

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { directoryOf } from '../../durable-objects/directory.ts';
import { isAccepted } from '../../src/core/block/disposition.ts';
import { LIMITS } from '../../src/core/limits.ts';
import type { AppendReply, ShardRpc } from '../../src/core/shard/rpc.ts';
import { type ShardAddress, shardName } from '../../src/core/shard/shard-map.ts';
import type { Env } from '../../src/index.ts';
import { block, record } from '../support/events.ts';

const { SHARD, DIRECTORY } = env as unknown as Env;
const KNOWN = [{ epoch: 0, startMs: 0, shardCount: 1 }] as const;
let tenants = 0;

/** A shard of a new tenant. `append` returns the status of the request or, when it was stored, that of its event. */
function newShard(index = 0, uid = `growing${tenants++}`) {
  const address: ShardAddress = { uid, region: 'weur', index };
  const stub = () => SHARD.get(SHARD.idFromName(shardName(address)));
  const shard = () => stub() as unknown as ShardRpc;
  const append = async (id: string, at: { atMs?: number; epoch?: number } = {}): Promise<string> => {
    const { atMs = Date.now(), epoch = 0 } = at;
    const bytes = block([record({ id, atMs })], { receivedAtMs: Date.now() });
    const reply: AppendReply = await shard().append({ address, epoch, blocks: [bytes] });
    if (reply.status !== 'stored') return reply.status;
    return isAccepted(reply.dispositions[0]?.[0] ?? 0) ? 'accepted' : 'duplicate';
  };
  const storeAll = async () => {
    await shard().cut({ address });
    for (let reply = await shard().readFlush({ address }); reply.status === 'ok'; ) {
      await shard().confirm({ address, flush: reply.flush });
      reply = await shard().readFlush({ address });
    }
  };
  const alarmAtMs = () => runInDurableObject(stub(), (_, state) => state.storage.getAlarm());
  return { address, stub, shard, append, storeAll, alarmAtMs, directory: directoryOf(DIRECTORY)(uid) };
}

describe('a split', () => {
  it('is published, and then the old epoch’s events are refused from its start on, across restarts', async () => {
    const { append, shard, stub, address, directory } = newShard();
    expect(await append('a')).toBe('accepted');
    const { split } = await directory.beginSplit({ known: KNOWN, shardCount: 2, nowMs: Date.now() });
    const next = split!;
    expect(await shard().close({ address, next })).toEqual({ status: 'closed' });
    await directory.publishSplit(next);
    await evictDurableObject(stub());
    expect(await append('b', { atMs: next.startMs })).toBe('stale-map');
    await evictDurableObject(stub());
    expect(await append('b', { atMs: next.startMs })).toBe('stale-map');
    expect(await append('b', { atMs: next.startMs - 1 })).toBe('accepted');
    expect(await append('c', { atMs: next.startMs, epoch: 1 })).toBe('accepted');
    expect(await append('c', { atMs: next.startMs - 1 })).toBe('duplicate');
    expect(await directory.map()).toEqual({ epochs: [...KNOWN, next], split: null });
  });

  it('that was never published refuses nothing: its start moves up', async () => {
    const { append, shard, stub, address, directory } = newShard();
    await append('a');
    const { split } = await directory.beginSplit({ known: KNOWN, shardCount: 2, nowMs: Date.now() });
    await shard().close({ address, next: split! });
    await evictDurableObject(stub());
    expect(await append('b', { atMs: split!.startMs })).toBe('accepted');
    const moved = (await directory.map()).split!;
    expect(moved.startMs).toBeGreaterThan(split!.startMs);
    expect((await directory.publishSplit(split!)).split).toEqual(moved);
    expect(await shard().close({ address, next: split! })).toMatchObject({ status: 'seen' });
    expect(await shard().close({ address, next: moved })).toEqual({ status: 'closed' });
  });

  it('is told to a shard that registers during it', async () => {
    const first = newShard();
    await first.append('a');
    const { split } = await first.directory.beginSplit({ known: KNOWN, shardCount: 2, nowMs: Date.now() });
    const late = newShard(1, first.address.uid);
    expect(await late.append('b')).toBe('accepted');
    await late.directory.publishSplit(split!);
    expect(await late.append('c', { atMs: split!.startMs })).toBe('stale-map');
  });

  it('does not start before a time seen long ago, though its events are stored and the shard has slept', async () => {
    const { append, shard, stub, address, storeAll } = newShard();
    const atMs = Date.now() + LIMITS.futureClampMs;
    await append('a', { atMs });
    await storeAll();
    await evictDurableObject(stub());
    const next = { epoch: 1, startMs: atMs, shardCount: 2 };
    expect(await shard().close({ address, next })).toEqual({ status: 'seen', routingAtMsMax: atMs });
    expect(await shard().close({ address, next: { ...next, startMs: atMs + 1 } })).toEqual({ status: 'closed' });
  });
});

describe('a cold shard', () => {
  it('sets no alarm in an idle hour once everything is stored, and is left asleep', async () => {
    const { append, shard, stub, address, storeAll, alarmAtMs, directory } = newShard();
    await append('a');
    await storeAll();
    let alarms = 0;
    while (await runDurableObjectAlarm(stub())) alarms++;
    expect(alarms).toBeLessThanOrEqual(1);
    // Queries and the sweep wake the sleeping shard and leave no alarm behind.
    await evictDurableObject(stub());
    await shard().live({ address, startMs: 0, endMs: 1 });
    const { isResting, headSeq, ...state } = await shard().rest({ address });
    expect({ isResting, headSeq, ...state }).toMatchObject({ isResting: true, storedSeq: 1, headSeq: 1 });
    expect(await alarmAtMs()).toBeNull();
    const [registered] = await directory.list();
    expect(await directory.rest(registered!, { storedSeq: 1, watermarkMs: state.watermarkMs! })).toBe(true);
    expect(await directory.list()).toMatchObject([{ isResting: true, storedSeq: 1 }]);
    const [told] = await directory.list({ isAsked: true });
    expect(told!.watermarkMs).toBeGreaterThanOrEqual(state.watermarkMs!);

    expect(await append('b')).toBe('accepted');
    expect((await directory.list())[0]).not.toHaveProperty('isResting');
    expect(await directory.rest(registered!)).toBe(false);
    expect((await shard().live({ address, startMs: 0, endMs: 1 })).watermarkMs).toBeGreaterThanOrEqual(
      told!.watermarkMs!,
    );
    expect(await alarmAtMs()).not.toBeNull();
    expect(await append('a')).toBe('duplicate');
  });

  it('that holds an event, or was busy a minute ago, does not rest', async () => {
    const { append, shard, address, storeAll } = newShard();
    await append('a');
    expect(await shard().rest({ address })).toMatchObject({ isResting: false, storedSeq: 0, headSeq: 1 });
    await storeAll();
    expect((await shard().rest({ address })).isResting).toBe(false);
  });
});

describe('backpressure', () => {
  it('refuses beyond the bound of waiting flushes, with no effect, and ends by itself when one is stored', async () => {
    const { append, shard, address } = newShard();
    for (let i = 0; i < LIMITS.waitingFlushesMax; i++) {
      await append(`e${i}`);
      await shard().cut({ address });
    }
    const before = await shard().live({ address, startMs: 0, endMs: Number.MAX_SAFE_INTEGER });
    expect(before.headSeq - before.storedSeq).toBe(LIMITS.waitingFlushesMax);
    expect(await append('one more')).toBe('overloaded');
    expect(await shard().live({ address, startMs: 0, endMs: Number.MAX_SAFE_INTEGER })).toEqual(before);
    const reply = await shard().readFlush({ address });
    if (reply.status !== 'ok') throw new Error(reply.status);
    await shard().confirm({ address, flush: reply.flush });
    expect(await append('one more')).toBe('accepted');
  });
});
