// The sink over fakes: a slow, dead or poison flush leaves the other flushes of its batch alone, and is reported.

import { describe, expect, it, vi } from 'vitest';
import { HOUR_MS } from '../../src/core/limits.ts';
import type { FlushMessage, ShardRpc } from '../../src/core/shard/rpc.ts';
import type { ShardAddress } from '../../src/core/shard/shard-map.ts';
import { claim } from '../../src/lake/manifest/leases.ts';
import { addUsage } from '../../src/lake/manifest/usage.ts';
import { consumeFlushes } from '../../src/sinks/consume.ts';
import { FAILURES_REPORTED } from '../../src/sinks/flush-failures.ts';
import { lakeSink } from '../../src/sinks/lake-sink.ts';
import { sweepShards } from '../../src/sinks/sweep.ts';
import { TestShard } from '../query/support/world.ts';
import { block, record } from '../support/events.ts';
import { expectLog, takeLog } from '../support/expect-log.ts';
import { fakeApp, ROOT_KEY, START_MS } from '../support/fake-services.ts';

/** A tenant with three shards, each with a flush that waits. */
async function start() {
  const shards = [0, 1, 2].map((index) => new TestShard(index));
  const stack = fakeApp({ shardOf: ({ index }) => shards[index] as unknown as ShardRpc });
  const { uid, keys } = await stack.createTenant('shop', { shards: 3 });
  const addressOf = (index: number): ShardAddress => ({ uid, region: 'weur', index });
  const fill = (index: number, id: string) => {
    shards[index]!.append(block([record({ id, atMs: START_MS, receivedAtMs: START_MS })], { receivedAtMs: START_MS }));
    shards[index]!.engine.cut();
  };
  for (const index of [0, 1, 2]) fill(index, `e${index}`);
  const poked: ShardAddress[] = [];
  const grown: string[] = [];
  const deps = {
    ...stack.services,
    sink: lakeSink(stack.services),
    poke: async (address: ShardAddress) => poked.push(address),
    grow: async (uid: string) => grown.push(uid),
    isTenant: async (uid: string) => (await stack.services.tenants.byUid(uid)) !== null,
    merge: async () => {},
  };
  /** Hands the messages over as one batch; returns the outcome of each. */
  const consume = async (messages: readonly FlushMessage[], attempts = 1): Promise<string[]> => {
    const outcomes = messages.map(() => 'none');
    const batch = messages.map((body, i) => ({
      body,
      attempts,
      ack: () => (outcomes[i] = 'ack'),
      retry: () => (outcomes[i] = 'retry'),
    }));
    await consumeFlushes({ queue: 'tidemark-flush', messages: batch } as never, deps);
    return outcomes;
  };
  const waiting = () => shards.map(({ engine }) => engine.outbox.length);
  const messages = [0, 1, 2].map((index) => ({ address: addressOf(index) }));
  const status = async () => (await stack.call('GET', '/v1/status', { key: keys.read })).body;
  /** Makes D1 refuse the rows of this shard, which come without a checksum; null ends that. */
  const poison = (index: number | null) => {
    shards.forEach((shard, i) => {
      const readFlush = TestShard.prototype.readFlush;
      shard.readFlush = async (request: { seqFrom?: number }) => {
        const reply = await readFlush.call(shard, request);
        if (i === index && reply.status === 'ok') return { ...reply, checksum: null as never };
        return reply;
      };
    });
  };
  return { ...stack, uid, keys, shards, fill, consume, messages, waiting, poked, grown, status, poison, deps };
}

describe('a batch of the flush queue', () => {
  it('of a deleted tenant leaves its shards alone, for to be asked would make them anew', async () => {
    const { call, consume, messages, waiting, shards } = await start();
    const called: number[] = [];
    shards.forEach((shard, index) => {
      shard.readFlush = async () => {
        called.push(index);
        return { status: 'stored' };
      };
    });
    await call('DELETE', '/v1/tenants/shop', { key: ROOT_KEY });
    expect(await consume(messages)).toEqual(['ack', 'ack', 'ack']);
    expect([called, waiting()]).toEqual([[], [1, 1, 1]]);
  });
  it('stores every shard once, however often it is named', async () => {
    const { consume, messages, waiting } = await start();
    expect(await consume([...messages, ...messages])).toEqual(Array(6).fill('ack'));
    expect(waiting()).toEqual([0, 0, 0]);
  });

  it('asks a shard no further that says at the confirmation that nothing waits', async () => {
    const { consume, messages, waiting, shards, fill } = await start();
    fill(0, 'more');
    let reads = 0;
    const { readFlush } = TestShard.prototype;
    shards[0]!.readFlush = (request) => {
      if (request.seqFrom === undefined) reads++;
      return readFlush.call(shards[0]!, request);
    };
    expect(await consume([messages[0]!])).toEqual(['ack']);
    expect([waiting()[0], reads]).toEqual([0, 2]);
  });

  it('goes on past a shard that does not answer, and past one that never does', async () => {
    const { consume, messages, waiting, shards } = await start();
    shards[0]!.readFlush = async () => {
      throw new Error('gone');
    };
    vi.useFakeTimers();
    shards[1]!.readFlush = () => new Promise(() => {});
    const outcomes = consume(messages);
    await vi.advanceTimersByTimeAsync(60_000);
    vi.useRealTimers();
    expect(await outcomes).toEqual(['retry', 'retry', 'ack']);
    expect(waiting()).toEqual([1, 1, 0]);
    expect(takeLog('sinks.consume').map(({ message }) => message)).toEqual([
      'Error: gone',
      'Error: storing the flushes of a shard took longer than 60000 ms',
    ]);
  });

  it('decodes and stores two flushes at a time, however many shards have one', async () => {
    const { consume, messages, waiting, deps } = await start();
    const put = deps.lake.put.bind(deps.lake);
    let atOnce = 0;
    let atOnceMax = 0;
    vi.spyOn(deps.lake, 'put').mockImplementation((async (...args: Parameters<typeof put>) => {
      atOnceMax = Math.max(atOnceMax, ++atOnce);
      await new Promise((resolve) => setTimeout(resolve, 20));
      atOnce--;
      return put(...args);
    }) as typeof put);
    expect(await consume(messages)).toEqual(['ack', 'ack', 'ack']);
    expect([waiting(), atOnceMax]).toEqual([[0, 0, 0], 2]);
  });

  it('leaves a long backlog to a message of its own, behind what else waits', async () => {
    const { consume, messages, waiting, fill, poked } = await start();
    for (let i = 0; i < 30; i++) fill(0, `more ${i}`);
    expect(await consume([messages[0]!])).toEqual(['ack']);
    expect([waiting()[0], poked]).toEqual([11, [messages[0]!.address]]);
  });

  it('grows the map of a tenant with a hot shard, and stores nothing for that', async () => {
    const { consume, messages, waiting, grown, uid } = await start();
    expect(await consume([{ ...messages[0]!, isHot: true }])).toEqual(['ack']);
    expect([grown, waiting()]).toEqual([[uid], [1, 1, 1]]);
  });
});

describe('a poison flush', () => {
  it('holds up its own shard alone, is reported once, and is stored when it can be', async () => {
    const { consume, messages, waiting, poison, status, services } = await start();
    const letters = async () =>
      (await services.db.prepare('SELECT body FROM dead_letters').all<{ body: string }>()).results;
    poison(1);
    for (let attempt = 1; attempt < FAILURES_REPORTED; attempt++) {
      expect(await consume(messages, attempt)).toEqual(['ack', 'retry', 'ack']);
    }
    expect([waiting(), await letters()]).toEqual([[0, 1, 0], []]);
    // From now on the flush is left to the shard's reminders.
    expect(await consume(messages)).toEqual(['ack', 'ack', 'ack']);
    expect(await consume(messages)).toEqual(['ack', 'ack', 'ack']);
    const [letter, ...others] = await letters();
    expect(others).toEqual([]);
    expect(JSON.parse(letter!.body)).toMatchObject({ address: messages[1]!.address, flush: { seqFrom: 0, seqTo: 1 } });
    const { stored } = await status();
    expect(stored.failing).toMatchObject([
      {
        region: 'weur',
        index: 1,
        seqFrom: 0,
        attempts: FAILURES_REPORTED + 1,
        since: new Date(START_MS).toISOString(),
      },
    ]);
    expect(stored.failing[0].error).not.toBe('');

    poison(null);
    expect(await consume(messages)).toEqual(['ack', 'ack', 'ack']);
    expect([waiting(), (await status()).stored.failing]).toEqual([[0, 0, 0], []]);
    expectLog('sinks.consume.store', { address: messages[1]!.address, flush: { seqFrom: 0, seqTo: 1 } });
  });

  it('is retried when not even that can be noted', async () => {
    const { consume, messages, fake, waiting } = await start();
    fake.hook = () => {
      throw new Error('D1 is gone');
    };
    expect(await consume(messages, 9)).toEqual(['retry', 'retry', 'retry']);
    fake.hook = null;
    expect(await consume(messages)).toEqual(['ack', 'ack', 'ack']);
    expect(waiting()).toEqual([0, 0, 0]);
    expectLog('sinks.consume', { message: 'Error: D1 is gone', attempt: 9 });
  });
});

describe('the sweep', () => {
  async function swept() {
    const stack = await start();
    const directory = stack.services.directoryOf(stack.uid);
    const rests = [false, true, true];
    const called: number[] = [];
    stack.shards.forEach((shard, index) => {
      (shard as unknown as ShardRpc).rest = async () => {
        called.push(index);
        if (shard.isDown) throw new Error('down');
        return { isResting: rests[index]!, storedSeq: rests[index] ? 1 : 0, headSeq: 1, watermarkMs: 0 };
      };
    });
    for (const index of [0, 1, 2]) {
      await directory.register({ region: 'weur', index, incarnation: `i${index}`, registeredAtMs: START_MS });
    }
    const resumed: string[] = [];
    const sweep = () => sweepShards({ ...stack.deps, resumeSplit: async (uid) => resumed.push(uid) });
    return { ...stack, directory, rests, called, sweep, resumed };
  }

  it('pokes what holds something, and wakes no shard again that rests', async () => {
    const { sweep, called, poked, messages } = await swept();
    expect(await sweep()).toEqual({ asked: 3, poked: 1, resting: 2, failed: 0 });
    expect(await sweep()).toEqual({ asked: 1, poked: 1, resting: 2, failed: 0 });
    expect([called, poked]).toEqual([
      [0, 1, 2, 0],
      [messages[0]!.address, messages[0]!.address],
    ]);
  });

  it('asks a tenant whose shards all rest once an hour, and each time again once something is stored for it', async () => {
    const { deps, shards, directory, services, uid, fake } = await swept();
    let nowMs = services.now();
    let asked = 0;
    const { standing } = directory;
    Object.assign(directory, {
      standing: () => {
        asked++;
        return standing.call(directory);
      },
    });
    const rest = async () => ({ isResting: true, storedSeq: 1, cutSeq: 1, headSeq: 1, watermarkMs: 0 });
    for (const shard of shards) (shard as unknown as ShardRpc).rest = rest;
    const minutes = async (count: number) => {
      asked = 0;
      for (let i = 0; i < count; i += 10) {
        await sweepShards({ ...deps, resumeSplit: async () => {}, now: () => nowMs });
        nowMs += 600_000;
      }
      return asked;
    };
    // The first hour's sum found shards awake.
    expect(await minutes(60)).toBe(6);
    expect(await minutes(120)).toBe(2);
    expect(await minutes(10)).toBe(1);
    await addUsage(services.db, uid, 1).run();
    expect(await minutes(50)).toBe(5);
    expect(await minutes(60)).toBe(1);
    expect(fake.select('SELECT count(*) AS n FROM tenant_usage', [])).toEqual([{ n: 1 }]);
  });

  it('pokes no shard whose events are in no flush yet', async () => {
    const { sweep, shards, poked } = await swept();
    const ask = async () => ({ isResting: false, storedSeq: 1, cutSeq: 1, headSeq: 2, watermarkMs: 0 });
    for (const shard of shards) (shard as unknown as ShardRpc).rest = ask;
    expect([await sweep(), poked]).toEqual([{ asked: 3, poked: 0, resting: 0, failed: 0 }, []]);
  });

  it('asks a shard again that has registered since, even while it was being asked', async () => {
    const { sweep, called, directory, shards } = await swept();
    const rest = (shards[1] as unknown as ShardRpc).rest;
    const again = { region: 'weur', index: 1, incarnation: 'i1', registeredAtMs: START_MS };
    (shards[1] as unknown as ShardRpc).rest = async (request) => {
      const reply = await rest(request);
      await directory.register(again);
      return reply;
    };
    expect((await sweep()).resting).toBe(1);
    (shards[1] as unknown as ShardRpc).rest = rest;
    await sweep();
    expect(called.filter((index) => index === 1)).toHaveLength(2);
    await directory.register(again);
    await sweep();
    expect(called.filter((index) => index === 1)).toHaveLength(3);
  });

  it('goes on past a shard and a tenant that fail', async () => {
    const { sweep, shards, createTenant, services } = await swept();
    shards[0]!.isDown = true;
    const other = await createTenant('aaa');
    Object.assign(services.directoryOf(other.uid), {
      standing: async () => {
        throw new Error('gone');
      },
    });
    expect(await sweep()).toEqual({ asked: 3, poked: 0, resting: 2, failed: 2 });
    expect(takeLog('sinks.sweep')).toHaveLength(2);
  });

  it('asks a directory of the release before for its list and its map', async () => {
    const { sweep, directory, resumed, uid } = await swept();
    const standing = async () => {
      throw new Error('Durable Object does not contain method standing()');
    };
    const map = async () => ({ epochs: [{} as never, {} as never], split: null });
    Object.assign(directory, { standing, map });
    expect(await sweep()).toEqual({ asked: 3, poked: 1, resting: 2, failed: 0 });
    expect(resumed).toEqual([uid]);
  });

  it('of more tenants than one run may ask goes on where the last run stopped, and then begins anew', async () => {
    const { deps, services, createTenant } = await swept();
    const small = await createTenant('small');
    const wide = await createTenant('wide', { shards: 64, regions: ['weur', 'enam', 'apac', 'oc'] });
    await services.db
      .prepare(
        `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 2499)
         INSERT INTO tenants (uid, id, name, regions, timezone, hash_key, shard_count, origins, created_at_ms)
         SELECT printf('zz%014d', i), printf('t%d', i), '', regions, timezone, hash_key, 1, origins, created_at_ms
         FROM n, tenants WHERE uid = ?1`,
      )
      .bind(small.uid)
      .run();
    const { results } = await services.db.prepare('SELECT uid FROM tenants ORDER BY uid').all<{ uid: string }>();
    const all = results.map(({ uid }) => uid);
    let called: string[] = [];
    let calls = 0;
    // Each round is in an hour of its own: these tenants rest, and are asked once an hour.
    let round = 0;
    const now = () => services.now() + round * 2 * HOUR_MS;
    const directoryOf = ((uid: string) => ({
      standing: async () => {
        called.push(uid);
        calls++;
        return { shards: [], epochs: [], split: null };
      },
    })) as never;
    const run = async (beginsRound: boolean) => {
      called = [];
      calls = 0;
      await sweepShards({ ...deps, directoryOf, resumeSplit: async () => {}, now, beginsRound });
      // The sweep may call each shard of the wide tenant three times.
      const reserved = called.includes(wide.uid) ? 3 * 256 : 0;
      expect(calls + 3 * called.length + reserved).toBeLessThan(5_100);
      return called;
    };
    expect(await run(false)).toEqual([]);
    for (; round < 2; round++) {
      const visited: string[] = [];
      for (let i = 0; visited.length < all.length; i++) {
        // Another duty claims a lease meanwhile, which deletes the expired ones.
        await claim(services.db, ['x'], services.now() + i * 7_200_000, 1);
        const slice = await run(i === 0 || i === 1);
        expect(slice.length).toBeGreaterThan(100);
        visited.push(...slice);
      }
      expect(visited.sort()).toEqual(all);
      expect(await run(false)).toEqual([]);
    }
    const [first, second] = await Promise.all([run(true), run(true)]);
    expect(new Set([...first, ...second]).size).toBe(first.length);
  });

  it('resumes a split that was begun, and writes a map that D1 does not have', async () => {
    const { sweep, directory, resumed, uid } = await swept();
    await sweep();
    expect(resumed).toEqual([]);
    const known = [{ epoch: 0, startMs: 0, shardCount: 3 }] as const;
    const { split } = await directory.beginSplit({ known, shardCount: 4, nowMs: START_MS });
    await sweep();
    await directory.publishSplit(split!);
    await sweep();
    expect(resumed).toEqual([uid, uid]);
  });
});
