import { describe, expect, it } from 'vitest';
import { dropsByPoint } from '../../../src/dashboard/charts/chart-data.ts';

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 5, 1);
const startsMs = [0, 1, 2].map((hour) => START_MS + hour * HOUR_MS);

describe('requests refused by the points of a chart', () => {
  it('are added up within each interval, and those outside of the chart are left out', () => {
    const drops = [
      [-1, 50],
      [0, 1],
      [59 * 60_000, 2],
      [2 * HOUR_MS, 4],
      [3 * HOUR_MS - 1, 8],
      [3 * HOUR_MS, 70],
    ].map(([afterMs, requests]) => ({ atMs: START_MS + afterMs!, requests: requests! }));
    expect(dropsByPoint({ startsMs, interval: 'hour', drops })).toEqual([3, 0, 12]);
  });

  it('are none in a chart without points, or without drops', () => {
    expect(dropsByPoint({ startsMs: [], interval: 'hour', drops: [{ atMs: START_MS, requests: 1 }] })).toEqual([]);
    expect(dropsByPoint({ startsMs, interval: 'hour' })).toEqual([0, 0, 0]);
  });
});
