import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { directoryOf } from '../../durable-objects/directory.ts';
import type { ShardRpc } from '../../src/core/shard/rpc.ts';
import { type ShardAddress, shardName } from '../../src/core/shard/shard-map.ts';
import type { Env } from '../../src/index.ts';
import { block, record } from '../support/events.ts';

const { SHARD, DIRECTORY } = env as unknown as Env;
const ALL_TIME = { startMs: 0, endMs: Number.MAX_SAFE_INTEGER };

function newShard(uid: string) {
  const address: ShardAddress = { uid, region: 'weur', index: 0 };
  const stub = () => SHARD.get(SHARD.idFromName(shardName(address)));
  const shard = () => stub() as unknown as ShardRpc;
  const append = (id: string) => {
    const nowMs = Date.now();
    const records = [record({ id, user_id: 'u', atMs: nowMs, receivedAtMs: nowMs })];
    return shard().append({ address, epoch: 0, blocks: [block(records, { receivedAtMs: nowMs })] });
  };
  /** The tables and the alarm in the shard's storage. */
  const stored = () =>
    runInDurableObject(stub(), async (_, { storage }) => ({
      tables: storage.sql
        .exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'")
        .toArray(),
      alarm: await storage.getAlarm(),
    }));
  return { address, stub, shard, append, stored };
}

it('a wiped shard has no tables and no alarm left, and a request under way makes none', async () => {
  const { address, shard, append, stored } = newShard('wipe1');
  await append('a');
  await shard().cut({ address });
  await append('b');
  const before = await stored();
  expect(before.tables.length).toBeGreaterThan(0);
  expect(before.alarm).not.toBeNull();
  const underWay = append('c').catch(() => 'failed');
  await shard().wipe({ address });
  await underWay;
  expect(await stored()).toEqual({ tables: [], alarm: null });
});

it('a wiped shard that is called again is a new one, which registers before its first ack', async () => {
  const { address, stub, shard, append, stored } = newShard('wipe2');
  const directory = directoryOf(DIRECTORY)(address.uid);
  await append('a');
  const { incarnation } = await shard().live({ address, ...ALL_TIME });
  const listed = await directory.list();
  await shard().wipe({ address });
  expect(await directory.wipe(listed)).toBe(true);
  expect((await append('b')).status).toBe('overloaded');
  await evictDurableObject(stub());
  expect((await append('b')).status).toBe('stored');
  const after = await shard().live({ address, ...ALL_TIME });
  expect([after.tailEvents, after.incarnation === incarnation]).toEqual([1, false]);
  const again = await directory.list();
  expect(again).toMatchObject([{ incarnation: after.incarnation }]);
  await shard().wipe({ address });
  expect(await directory.wipe(again)).toBe(true);
  expect((await stored()).tables).toEqual([]);
});

it('a directory is wiped when every shard it knows is gone, and not before', async () => {
  const stub = DIRECTORY.get(DIRECTORY.idFromName('wipe3'));
  const directory = directoryOf(DIRECTORY)('wipe3');
  const shard = { region: 'weur', index: 0, incarnation: 'a', registeredAtMs: 1 };
  await directory.register(shard);
  const listed = await directory.list();
  await directory.register({ ...shard, registeredAtMs: 2 });
  expect(await directory.wipe(listed)).toBe(false);
  expect(await directory.list()).toMatchObject([{ registeredAtMs: 2 }]);
  expect(await directory.wipe(await directory.list())).toBe(true);
  expect([await directory.list(), await directory.map()]).toEqual([[], { epochs: [], split: null }]);
  const keys = await runInDurableObject(stub, async (_, { storage }) => [...(await storage.list()).keys()]);
  expect(keys).toEqual([]);
});
