import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import { Directory, directoryOf } from '../../durable-objects/directory.ts';
import type { Env } from '../../src/index.ts';
import { isMissingMethod } from '../../src/sinks/standing.ts';

/** A directory on a disk that refuses writes on demand; `disk.data` is what a later instance would read. */
function setUp() {
  const disk = { refuses: false, data: {} as Record<string, unknown> };
  const storage = {
    get: async () => disk.data,
    async put(_key: string, data: Record<string, unknown>) {
      if (disk.refuses) throw new Error('the disk refused a write');
      disk.data = structuredClone(data);
    },
    async deleteAll() {
      if (disk.refuses) throw new Error('the disk refused a write');
      disk.data = {};
    },
  };
  return { disk, directory: new Directory({ storage }) };
}

const shard = (index: number) => ({ region: 'weur', index, incarnation: `i${index}`, registeredAtMs: 1_000 });
const epochs = [{ epoch: 0, shardCount: 1, startMs: 0 }];

test('a change that could not be stored is not told to any caller', async () => {
  const { disk, directory } = setUp();
  await directory.register(shard(0));
  const before = { shards: directory.list(), map: directory.map() };

  disk.refuses = true;
  await expect(directory.register(shard(1))).rejects.toThrow('refused');
  await expect(directory.keep({ epochs, split: null })).rejects.toThrow('refused');
  await expect(directory.wipe([shard(0)])).rejects.toThrow('refused');
  expect({ shards: directory.list(), map: directory.map() }).toEqual(before);

  disk.refuses = false;
  await directory.keep({ epochs, split: null });
  expect(directory.map()).toEqual({ epochs, split: null });
  expect(disk.data).toEqual({ shards: expect.anything(), epochs, split: null });
});

test('a call of a later release is told from every other failure', async () => {
  const { DIRECTORY } = env as unknown as Env;
  const later = directoryOf(DIRECTORY)('later') as unknown as { ofLaterRelease(): Promise<unknown> };
  const cause = await later.ofLaterRelease().catch((error: unknown) => error);
  expect(isMissingMethod(cause, 'ofLaterRelease')).toBe(true);
  expect(isMissingMethod(cause, 'ofLater')).toBe(false);
  expect(isMissingMethod(new Error('standing failed'), 'standing')).toBe(false);
});
