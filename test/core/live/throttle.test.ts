import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, LIMITS, MINUTE_MS } from '../../../src/core/limits.ts';
import {
  mergedCounts,
  type ThrottleHour,
  throttledSpans,
  throttleGrainMs,
  withThrottle,
} from '../../../src/core/live/throttle.ts';

const START_MINUTE = Date.UTC(2026, 0, 15, 12) / MINUTE_MS;

/** The hours that hold these counts. */
function hoursOf(counts: readonly { code: string; minute: number; requests: number }[]): ThrottleHour[] {
  const hours = new Map<string, ThrottleHour>();
  for (const count of counts) {
    const name = `${Math.floor((count.minute * MINUTE_MS) / HOUR_MS)} ${count.code}`;
    hours.set(name, withThrottle(hours.get(name), count));
  }
  return [...hours.values()];
}

const countsArbitrary = fc.array(
  fc.record({
    code: fc.constantFrom('quota-exceeded', 'overloaded'),
    minute: fc.integer({ min: START_MINUTE, max: START_MINUTE + 300 }),
    requests: fc.integer({ min: 1, max: 1_000 }),
  }),
  { maxLength: 40 },
);

describe('requests refused for now', () => {
  it('are told at each grain with the same sum, within the range alone', () => {
    fc.assert(
      fc.property(
        countsArbitrary,
        fc.constantFrom(MINUTE_MS, 15 * MINUTE_MS, HOUR_MS),
        fc.integer({ min: 0, max: 300 }),
        (counts, grainMs, cut) => {
          const startMs = (START_MINUTE + cut) * MINUTE_MS;
          const endMs = startMs + 2 * HOUR_MS;
          const spans = throttledSpans(hoursOf(counts), { startMs, endMs, grainMs });
          const within = counts.filter(({ minute }) => minute * MINUTE_MS >= startMs && minute * MINUTE_MS < endMs);
          for (const code of ['quota-exceeded', 'overloaded']) {
            const sum = (all: readonly { code: string; requests: number }[]) =>
              all.filter((one) => one.code === code).reduce((total, { requests }) => total + requests, 0);
            expect(sum(spans)).toBe(sum(within));
          }
          expect(spans.every(({ atMs, requests }) => atMs % grainMs === 0 && requests > 0)).toBe(true);
          expect(spans.map(({ atMs }) => atMs)).toEqual(spans.map(({ atMs }) => atMs).sort((a, b) => a - b));
        },
      ),
    );
  });

  it('are told by the minute, the quarter of an hour, or the hour, as the range is long', () => {
    expect([2, 2.1, 31, 32].map((days) => throttleGrainMs(0, days * DAY_MS) / MINUTE_MS)).toEqual([1, 15, 15, 60]);
  });

  it('are merged by minute and code, and the oldest are dropped beyond the limit', () => {
    const count = (minute: number, requests: number) => ({ code: 'overloaded', minute, requests });
    expect(mergedCounts([count(2, 1), count(1, 4), count(2, 5)])).toEqual([count(1, 4), count(2, 6)]);
    const many = Array.from({ length: LIMITS.throttleCountsMax + 7 }, (_, minute) => count(minute, 1));
    expect(mergedCounts(many)).toEqual(many.slice(7));
  });
});
