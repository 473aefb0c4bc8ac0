// Sections: a reader fetches one of a file, and the list of their ends once; nothing that another invocation left undone holds it up.

import { expect, it } from 'vitest';
import type { ReadBucket } from '../../../src/lake/segment/source.ts';
import { putSections, readSection } from '../../../src/lake/spread/sections.ts';
import { FakeBucket } from '../../support/fake-bucket.ts';

const FILE = [[Uint8Array.of(1, 2)], [], [Uint8Array.of(3), Uint8Array.of(4, 5)]];
const read = (bucket: ReadBucket, index: number) => readSection(bucket, 'file', { index, count: FILE.length });

it('are read one by one, and the list of their ends once', async () => {
  const bucket = new FakeBucket();
  await putSections(bucket.binding, 'file', FILE);
  const found: number[][] = [];
  for (const index of FILE.keys()) found.push([...(await read(bucket.binding, index))]);
  expect(found).toEqual([[1, 2], [], [3, 4, 5]]);
  expect(bucket.count('get')).toBe(3);
});

it('are read while an invocation that was killed has begun to read the same list', async () => {
  const bucket = new FakeBucket();
  await putSections(bucket.binding, 'file', FILE);
  let isKilled = true;
  const lake = {
    get: (...args: Parameters<R2Bucket['get']>) => (isKilled ? new Promise(() => {}) : bucket.binding.get(...args)),
  } as unknown as ReadBucket;
  void read(lake, 0);
  isKilled = false;
  expect([...(await read(lake, 2))]).toEqual([3, 4, 5]);
});
