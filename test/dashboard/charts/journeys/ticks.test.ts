import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { niceTicks } from '../../../../src/dashboard/charts/journeys/ticks.ts';

describe('ticks', () => {
  it('are round', () => {
    expect(niceTicks(0, 87, 4)).toEqual([0, 25, 50, 75, 100]);
    expect(niceTicks(-30, 120, 4)).toEqual([-50, 0, 50, 100, 150]);
    expect(niceTicks(0, 0.31, 4)).toEqual([0, 0.1, 0.2, 0.3, 0.4]);
    expect(niceTicks(5, 5, 4)).toEqual([5]);
  });

  it('cover both bounds, evenly, with zero where the bounds lie around it', () => {
    const amount = fc.double({ min: 0.001, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(amount, amount, fc.integer({ min: 2, max: 8 }), (down, up, count) => {
        const ticks = niceTicks(-down, up, count);
        expect(ticks.length).toBeLessThanOrEqual(count + 2);
        const noise = (down + up) * 1e-6;
        expect(ticks[0]!).toBeLessThanOrEqual(-down + noise);
        expect(ticks.at(-1)!).toBeGreaterThanOrEqual(up - noise);
        expect(ticks).toContain(0);
      }),
    );
  });
});
