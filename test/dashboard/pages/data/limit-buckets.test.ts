import { describe, expect, it } from 'vitest';
import { bucketsOf } from '../../../../src/dashboard/pages/data/limit-buckets.ts';

const codes = ['busy', 'overloaded'].map((code) => ({ code })) as never;
const point = (at: string, code: string, requests: number) => ({ at, code, kind: 'events' as const, requests });

describe('the buckets of refused requests', () => {
  it('are the days of the zone, also those on which the clock is changed', () => {
    const zone = 'Europe/Berlin';
    const startMs = Date.parse('2026-10-24T22:00:00Z');
    const endMs = Date.parse('2026-10-26T12:00:00Z');
    const points = [point('2026-10-25T22:45:00.000Z', 'busy', 3), point('2026-10-25T23:00:00.000Z', 'overloaded', 4)];
    const { startsMs, series } = bucketsOf({ codes, points }, { interval: 'day', zone, startMs, endMs });
    expect(startsMs.map((ms) => new Date(ms).toISOString())).toEqual([
      '2026-10-24T22:00:00.000Z',
      '2026-10-25T23:00:00.000Z',
    ]);
    expect(series).toEqual([
      { label: 'busy', values: [3, 0] },
      { label: 'overloaded', values: [0, 4] },
    ]);
  });

  it('are hours, and hold the sum of their spans', () => {
    const startMs = Date.parse('2026-06-01T00:00:00Z');
    const points = [
      point('2026-06-01T01:00:00.000Z', 'busy', 1),
      point('2026-06-01T01:59:00.000Z', 'busy', 2),
      point('2026-05-31T23:59:00.000Z', 'busy', 9),
    ];
    const buckets = { interval: 'hour', zone: 'UTC', startMs, endMs: startMs + 3 * 3_600_000 } as const;
    expect(bucketsOf({ codes, points }, buckets).series[0]).toEqual({ label: 'busy', values: [0, 3, 0] });
  });
});
