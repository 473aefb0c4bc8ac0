// The caches of an isolate share one budget: what was used least recently goes first, whichever cache holds it.

import { describe, expect, it } from 'vitest';
import { Budget } from '../../../src/lake/std/isolate-budget.ts';
import { SizedCache } from '../../../src/lake/std/sized-cache.ts';

describe('the budget of an isolate', () => {
  it('drops the least recently used value of all caches', () => {
    const budget = new Budget(10);
    const columns = new SizedCache<string, string>(8, budget);
    const cells = new SizedCache<string, string>(8, budget);
    columns.set('a', 'A', 4);
    cells.set('b', 'B', 4);
    columns.get('a');
    cells.set('c', 'C', 4);
    expect([columns.has('a'), cells.has('b'), cells.has('c')]).toEqual([true, false, true]);
    columns.set('d', 'D', 4);
    expect([columns.has('a'), columns.has('d'), cells.has('c')]).toEqual([false, true, true]);
    expect(columns.sizeBytes + cells.sizeBytes).toBe(8);
  });

  it('keeps the newest value, even when it is larger than the budget', () => {
    const budget = new Budget(10);
    const columns = new SizedCache<string, string>(100, budget);
    const cells = new SizedCache<string, string>(100, budget);
    cells.set('b', 'B', 4);
    columns.set('large', 'L', 11);
    expect([cells.has('b'), columns.has('large')]).toEqual([false, true]);
    cells.set('b', 'B', 4);
    expect([cells.has('b'), columns.has('large')]).toEqual([true, false]);
  });

  it('holds whatever the order and size of what is kept', () => {
    const budget = new Budget(1_000);
    const caches = [300, 700, 5_000].map((sizeBytesMax) => new SizedCache<number, object>(sizeBytesMax, budget));
    let state = 7;
    for (let step = 0; step < 5_000; step++) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      const cache = caches[state % caches.length]!;
      const sizeBytes = 1 + ((state >>> 8) % 400);
      if (((state >>> 20) & 3) === 0) cache.get((state >>> 4) % 50);
      else cache.set((state >>> 4) % 50, {}, sizeBytes);
      const sizes = caches.map((each) => each.sizeBytes);
      expect(sizes.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(1_000);
    }
  });
});
