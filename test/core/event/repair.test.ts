// Repair: the values of an event that are mended one by one.

import { describe, expect, it } from 'vitest';
import { repairEvent } from '../../../src/core/event/repair.ts';

describe('an event with numbers beyond 2^53', () => {
  it('is read again once, however many there are', () => {
    let reads = 0;
    const names = Array.from({ length: 1_000 }, (_, i) => `n${i}`);
    const exact = () => {
      reads++;
      return { properties: Object.fromEntries(names.map((name) => [name, '12345678901234567890'])) };
    };
    const wire = { properties: Object.fromEntries(names.map((name) => [name, 1e300])) };
    const { wire: repaired } = repairEvent(wire, exact);
    expect(new Set(Object.values(repaired.properties as object))).toEqual(new Set(['12345678901234567890']));
    expect(reads).toBe(1);
  });
});
