import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../../src/core/limits.ts';
import { bucketIndex, bucketStarts, type Interval, startOf } from '../../../../src/core/query/question/interval.ts';
import { isTimezone, startOfDate } from '../../../../src/core/query/question/zone.ts';

const at = (text: string) => Date.parse(text);
const starts = (interval: Interval, timezone: string, from: string, to: string) =>
  bucketStarts(interval, timezone, at(from), at(to)).map((startMs) => new Date(startMs).toISOString().slice(0, 16));

describe('buckets', () => {
  it('begin with the one the range begins in and end with the one it ends in', () => {
    expect(starts('hour', 'UTC', '2024-01-01T10:30Z', '2024-01-01T12:00Z')).toEqual([
      '2024-01-01T10:00',
      '2024-01-01T11:00',
    ]);
    expect(starts('hour', 'UTC', '2024-01-01T10:00Z', '2024-01-01T12:00:00.001Z')).toHaveLength(3);
    expect(starts('minute', 'UTC', '2024-01-01T10:00:59Z', '2024-01-01T10:02Z')).toEqual([
      '2024-01-01T10:00',
      '2024-01-01T10:01',
    ]);
  });

  it('of days begin at local midnight', () => {
    expect(starts('day', 'Asia/Kolkata', '2024-01-01T00:00Z', '2024-01-02T12:00Z')).toEqual([
      '2023-12-31T18:30',
      '2024-01-01T18:30',
    ]);
  });

  it('of weeks begin on Mondays, of months on the first', () => {
    expect(starts('week', 'UTC', '2024-01-03T00:00Z', '2024-01-15T00:00:01Z')).toEqual([
      '2024-01-01T00:00',
      '2024-01-08T00:00',
      '2024-01-15T00:00',
    ]);
    expect(starts('week', 'UTC', '2023-12-31T23:00Z', '2024-01-01T00:00Z')).toEqual(['2023-12-25T00:00']);
    expect(starts('month', 'Europe/London', '2024-02-10T00:00Z', '2024-05-01T00:00Z')).toEqual([
      '2024-02-01T00:00',
      '2024-03-01T00:00',
      '2024-03-31T23:00',
      '2024-04-30T23:00',
    ]);
  });

  it('of days are 23 and 25 hours long where clocks change', () => {
    const spring = bucketStarts('day', 'America/New_York', at('2024-03-09T05:00Z'), at('2024-03-12T04:00Z'));
    expect(
      spring.map((startMs, index) => ((spring[index + 1] ?? at('2024-03-12T04:00Z')) - startMs) / HOUR_MS),
    ).toEqual([24, 23, 24]);
    const autumn = bucketStarts('day', 'Europe/London', at('2024-10-25T23:00Z'), at('2024-10-29T00:00Z'));
    expect(
      autumn.map((startMs, index) => ((autumn[index + 1] ?? at('2024-10-29T00:00Z')) - startMs) / HOUR_MS),
    ).toEqual([24, 25, 24]);
  });

  it('of hours are the whole hours of the local clock, a repeated one twice', () => {
    expect(starts('hour', 'Asia/Kolkata', '2024-01-01T00:00Z', '2024-01-01T02:00Z')).toEqual([
      '2023-12-31T23:30',
      '2024-01-01T00:30',
      '2024-01-01T01:30',
    ]);
    expect(starts('hour', 'America/New_York', '2024-11-03T04:00Z', '2024-11-03T08:00Z')).toHaveLength(4);
    expect(starts('hour', 'America/New_York', '2024-03-10T05:00Z', '2024-03-10T09:00Z')).toHaveLength(4);
  });

  it('of hours follow a change of half an hour', () => {
    // Lord Howe: 02:00 (+11) becomes 01:30 (+10:30) on 7 April 2024, 15:00 UTC.
    expect(starts('hour', 'Australia/Lord_Howe', '2024-04-06T14:00Z', '2024-04-06T17:00Z')).toEqual([
      '2024-04-06T14:00',
      '2024-04-06T15:30',
      '2024-04-06T16:30',
    ]);
    // 02:00 (+10:30) becomes 02:30 (+11) on 6 October 2024, 15:30 UTC.
    expect(starts('hour', 'Australia/Lord_Howe', '2024-10-05T14:30Z', '2024-10-05T17:00Z')).toEqual([
      '2024-10-05T14:30',
      '2024-10-05T15:30',
      '2024-10-05T16:00',
    ]);
  });

  it('of days begin at the change where clocks skip midnight, and at the first midnight where they repeat it', () => {
    // Beirut skipped the first hour of 31 March 2024; Havana repeats that of 3 November 2024.
    expect(new Date(startOfDate('Asia/Beirut', 2024, 2, 31)).toISOString()).toBe('2024-03-30T22:00:00.000Z');
    expect(starts('day', 'America/Havana', '2024-11-03T03:00Z', '2024-11-04T06:00Z')).toEqual([
      '2024-11-02T04:00',
      '2024-11-03T04:00',
      '2024-11-04T05:00',
    ]);
  });

  it('leave out a day that a zone skipped', () => {
    // Samoa had no 30 December 2011.
    expect(starts('day', 'Pacific/Apia', '2011-12-29T12:00Z', '2011-12-31T12:00Z')).toEqual([
      '2011-12-29T10:00',
      '2011-12-30T10:00',
      '2011-12-31T10:00',
    ]);
  });

  it('ascend and hold the whole range, in every zone and interval', () => {
    const zones = [
      'UTC',
      'America/St_Johns',
      'Asia/Kathmandu',
      'Africa/Casablanca',
      'Pacific/Chatham',
      'Antarctica/Troll',
    ];
    for (const timezone of zones) {
      for (const interval of ['hour', 'day', 'week', 'month'] as const) {
        const startMs = at('2024-01-17T13:27:11Z');
        const endMs = startMs + 300 * DAY_MS;
        const list = bucketStarts(interval, timezone, startMs, endMs);
        expect(list[0]!).toBeLessThanOrEqual(startMs);
        expect(list[1]!).toBeGreaterThan(startMs);
        expect(list.at(-1)!).toBeLessThan(endMs);
        for (let index = 1; index < list.length; index++) expect(list[index]!).toBeGreaterThan(list[index - 1]!);
        for (const index of [1, 7, list.length - 1].filter((place) => place < list.length)) {
          expect(startOf(interval, timezone, list[index]!)).toBe(list[index]);
          expect(startOf(interval, timezone, list[index]! - 1)).toBe(list[index - 1]);
        }
      }
    }
  });

  it('are found again by halving', () => {
    const list = [10, 20, 30];
    expect([9, 10, 19, 20, 30, 99].map((atMs) => bucketIndex(list, atMs))).toEqual([-1, 0, 0, 1, 2, 2]);
  });

  it('of a year of minutes are made quickly', () => {
    const begunAtMs = performance.now();
    expect(
      bucketStarts('minute', 'America/New_York', at('2024-01-01T05:00Z'), at('2024-01-01T05:00Z') + 30 * DAY_MS),
    ).toHaveLength((30 * DAY_MS) / MINUTE_MS);
    expect(performance.now() - begunAtMs).toBeLessThan(500);
  });
});

describe('a zone', () => {
  it('is known by its IANA name', () => {
    expect(['UTC', 'Europe/Berlin', 'Asia/Kolkata'].every(isTimezone)).toBe(true);
    expect(['Mars/Olympus', '', 'Europe/Berlin; DROP'].some(isTimezone)).toBe(false);
  });
});
