import { zstdDecompressSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { compress, decompress } from '../../../src/lake/encoding/zstd.ts';
import { brokenRoundTrips } from './zstd-cases.ts';

it('gives back what it compressed, also in several frames', { timeout: 30_000 }, () => {
  expect(brokenRoundTrips()).toEqual([]);
});

it('reads one frame of another compressor', () => {
  const bytes = new Uint8Array(100_000).fill(7);
  expect(zstdDecompressSync(compress(bytes)).length).toBeGreaterThan(0);
  expect(() => decompress(new Uint8Array([1, 2, 3, 4, 5, 6, 7]), 3)).toThrow('no frame');
});
