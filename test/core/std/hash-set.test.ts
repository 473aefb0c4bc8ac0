import { expect, it } from 'vitest';
import { HashSet64 } from '../../../src/core/std/hash-set.ts';

it('holds after many at once what it holds after one at a time', () => {
  const pairs = Uint32Array.from({ length: 2 * 5_000 }, (_, i) => 1 + ((i * 2_654_435_761) >>> 7));
  const single = new HashSet64();
  for (let i = 0; i < pairs.length; i += 2) single.add(pairs[i + 1]!, pairs[i]!);
  const many = new HashSet64();
  many.addAll([pairs.subarray(0, 30)]);
  many.addAll([pairs.subarray(20, 9_000), pairs.subarray(9_000)]);
  expect(many.size).toBe(single.size);
  for (let i = 0; i < pairs.length; i += 2) expect(many.has(pairs[i + 1]!, pairs[i]!)).toBe(true);
  expect(many.has(pairs[0]!, 0)).toBe(false);
});
