import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventTime } from '../../../src/core/event/event-time.ts';
import { LIMITS } from '../../../src/core/limits.ts';
import { parseInstant } from '../../../src/core/std/instant.ts';

const NOW = Date.UTC(2026, 2, 10, 12);
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

describe('event time', () => {
  it('is the receipt when the client says none', () => {
    expect(eventTime(null, NOW + DAY, NOW)).toEqual({ atMs: NOW, routingAtMs: NOW, clamped: false });
  });

  it('is the timestamp while no clock is provably fast', () => {
    expect(eventTime(NOW - 5, null, NOW).atMs).toBe(NOW - 5);
    expect(eventTime(NOW - 5, NOW + 30 * SECOND, NOW).atMs).toBe(NOW - 5);
  });

  it('is shifted by the difference when the clock is fast by more than 30 s', () => {
    const time = eventTime(NOW + DAY - MINUTE, NOW + DAY, NOW);
    expect(time).toEqual({ atMs: NOW - MINUTE, routingAtMs: NOW + LIMITS.futureClampMs, clamped: false });
  });

  it('is never shifted by lateness', () => {
    expect(eventTime(NOW - 3 * DAY, NOW - 2 * DAY, NOW).atMs).toBe(NOW - 3 * DAY);
  });

  it('is clamped to five minutes ahead, and flagged', () => {
    expect(eventTime(NOW + 5 * MINUTE, null, NOW)).toMatchObject({ atMs: NOW + 5 * MINUTE, clamped: false });
    expect(eventTime(NOW + 5 * MINUTE + 1, null, NOW)).toMatchObject({ atMs: NOW + 5 * MINUTE, clamped: true });
    expect(eventTime(Date.UTC(9999, 0), null, NOW)).toMatchObject({ atMs: NOW + 5 * MINUTE, clamped: true });
  });

  it('routes a retry like its first try, whatever sentAt it carries', () => {
    const instants = fc.integer({ min: NOW - 30 * DAY, max: NOW + LIMITS.futureClampMs });
    const retry = fc.record({
      timestampMs: instants,
      sentAtMs: fc.option(fc.integer({ min: NOW - DAY, max: NOW + 9 * DAY })),
      laterMs: fc.nat(DAY),
    });
    fc.assert(
      fc.property(retry, ({ timestampMs, sentAtMs, laterMs }) => {
        const first = eventTime(timestampMs, null, NOW);
        expect(eventTime(timestampMs, sentAtMs, NOW + laterMs).routingAtMs).toBe(first.routingAtMs);
      }),
    );
  });
});

describe('an instant', () => {
  it.each([
    ['2026-03-10T12:00:00Z', NOW],
    ['2026-03-10T12:00:00.000Z', NOW],
    ['2026-03-10T12:00Z', NOW],
    ['2026-03-10T13:30:00+01:30', NOW],
    ['2026-03-10T07:00:00-0500', NOW],
    ['2026-03-10T14:00:00+02', NOW],
    ['2026-03-10T12:00:00.5Z', NOW + 500],
    ['2026-03-10T12:00:00.123456789Z', NOW + 123],
    ['2026-03-10', Date.UTC(2026, 2, 10)],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    ['2016-12-31T23:59:60Z', Date.UTC(2016, 11, 31, 23, 59, 59)],
    [NOW, NOW],
    [NOW + 0.9, NOW],
    [NOW / 1_000, NOW],
    [NOW / 1_000 + 0.29, NOW + 290],
    [NOW * 1_000 + 999, NOW],
    [NOW * 1_000_000, NOW],
    [Date.UTC(1990, 0) / 1_000, Date.UTC(1990, 0)],
    [Date.UTC(1990, 0) * 1_000_000, Date.UTC(1990, 0)],
    [Date.UTC(2099, 11, 31) / 1_000, Date.UTC(2099, 11, 31)],
    [-1, -1],
  ])('is %s', (written, atMs) => {
    expect(parseInstant(written)).toBe(atMs);
  });

  it.each([
    '',
    'now',
    '1773144000000',
    '2026-03-10T12:00:00',
    '2026-03-10 12:00:00Z',
    '2026-02-29T00:00:00Z',
    '2026-13-01',
    '2026-00-10',
    '2026-04-31',
    '2026-03-10T24:00:00Z',
    '2026-03-10T12:60:00Z',
    '2026-03-10T12:00:61Z',
    '2026-03-10T12:00:00.Z',
    '2026-03-10T12:00:00Zulu',
    '2026-03-10T12:00:00+24:00',
    '2026-03-10T12:00:00+1',
    '10/03/2026',
    'Tue Mar 10 2026',
    1e16,
    Number.NaN,
    true,
    null,
    {},
  ])('is not %j', (written) => {
    expect(parseInstant(written)).toBeNaN();
  });

  it('reads back whatever toISOString writes', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('0100-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
        (date) => {
          expect(parseInstant(date.toISOString())).toBe(date.getTime());
        },
      ),
    );
  });
});
