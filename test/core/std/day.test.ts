import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../src/core/limits.ts';
import { dayOf, dayRange } from '../../../src/core/std/day.ts';

describe('a day', () => {
  it('begins at midnight UTC, before 1970 too', () => {
    expect([0, DAY_MS - 1, DAY_MS, -1, -DAY_MS].map(dayOf)).toEqual([0, 0, 1, -1, -1]);
  });

  it('is the last one of a range that ends within it, not of a range that ends where it begins', () => {
    expect(dayRange({ startMs: 5, endMs: 2 * DAY_MS })).toEqual({ dayFrom: 0, dayTo: 1 });
    expect(dayRange({ startMs: 5, endMs: 2 * DAY_MS + 1 })).toEqual({ dayFrom: 0, dayTo: 2 });
  });
});
