import { expect, test } from 'vitest';
import { Directory } from '../../durable-objects/directory.ts';

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
