import { describe, expect, it } from 'vitest';
import { ACCEPTED } from '../../../src/core/block/disposition.ts';
import { LATE_BEYOND, LATE_CORRECTION } from '../../../src/core/event/columns.ts';
import { DAY_MS, HOUR_MS, LIMITS, MINUTE_MS } from '../../../src/core/limits.ts';
import { admit } from '../../../src/core/shard/window.ts';

const NOW_MS = 20_000 * DAY_MS;
const ALL = { watermarkMs: null, horizonMs: Number.NEGATIVE_INFINITY };

describe('an event', () => {
  it('is beyond once it is older than the allowed lateness', () => {
    expect(admit(NOW_MS - LIMITS.allowedLatenessMs, NOW_MS, ALL)).toBe(ACCEPTED);
    expect(admit(NOW_MS - LIMITS.allowedLatenessMs - 1, NOW_MS, ALL)).toBe(ACCEPTED | LATE_BEYOND);
    const watermarkMs = NOW_MS - HOUR_MS;
    expect(admit(NOW_MS - 2 * HOUR_MS, NOW_MS, { ...ALL, watermarkMs })).toBe(ACCEPTED | LATE_CORRECTION);
  });

  it('is beyond when it may be a copy of one that was forgotten', () => {
    const horizonMs = NOW_MS - DAY_MS;
    expect(admit(horizonMs + LIMITS.dedupeMarginMs, NOW_MS, { ...ALL, horizonMs })).toBe(ACCEPTED);
    expect(admit(horizonMs + LIMITS.dedupeMarginMs - 1, NOW_MS, { ...ALL, horizonMs })).toBe(ACCEPTED | LATE_BEYOND);
  });

  it('of now is counted, however little is remembered', () => {
    for (const horizonMs of [NOW_MS, NOW_MS - MINUTE_MS, NOW_MS - 20 * MINUTE_MS]) {
      expect(admit(NOW_MS, NOW_MS, { ...ALL, horizonMs })).toBe(ACCEPTED);
    }
  });
});
