import { describe, expect, it } from 'vitest';
import { valueAt } from '../../../src/core/std/value-at.ts';
import { randomFrom } from '../../lake/generate.ts';

describe('the value at a place', () => {
  it('is that of the sorted numbers, whatever their order and however often they repeat', () => {
    const random = randomFrom(7);
    for (let round = 0; round < 400; round++) {
      const kinds = 1 + Math.floor(random() * 500);
      const values = Float64Array.from(
        { length: 1 + Math.floor(random() * 600) },
        () => Math.floor(random() * kinds) - kinds / 2,
      );
      if (round % 3 === 0) values.sort();
      if (round % 6 === 0) values.reverse();
      const sorted = values.slice().sort();
      const place = Math.floor(random() * values.length);
      expect(valueAt(values, place)).toBe(sorted[place]);
    }
  });

  it('is found in numbers that were chosen against the choice of pivots', () => {
    const count = 200_000;
    // Each round of these splits off two numbers only.
    const values = new Float64Array(count);
    const order = Uint32Array.from({ length: count }, (_, index) => index);
    for (let size = count, least = 0; size >= 2; size -= 2) {
      values[order[0]!] = least++;
      const middle = size >>> 1;
      values[order[middle]!] = least++;
      order[middle] = order[size - 1]!;
      order[0] = order[size - 2]!;
    }
    const sorted = values.slice().sort();
    const startedAtMs = performance.now();
    expect(valueAt(values, count - 1)).toBe(sorted[count - 1]);
    expect(performance.now() - startedAtMs).toBeLessThan(1_000);
  });
});
