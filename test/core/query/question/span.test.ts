import { describe, expect, it } from 'vitest';
import { before, lastOf, parseSpan } from '../../../../src/core/query/question/span.ts';

const iso = (atMs: number) => new Date(atMs).toISOString();
const back = (at: string, span: string, zone = 'UTC') => iso(before(Date.parse(at), parseSpan(span)!, zone));

describe('a span', () => {
  it.each(['0 days', '1000 days', '1 fortnight', 'week', '1week', '-1 day', '1.5 days', ''])('is not %j', (text) =>
    expect(parseSpan(text)).toBeNull(),
  );

  it('goes back by the local calendar, whatever the clocks did', () => {
    expect(back('2026-04-05T22:00:00Z', '2 weeks', 'Europe/Berlin')).toBe('2026-03-22T23:00:00.000Z');
    expect(back('2026-03-30T10:00:00Z', '1 day', 'Europe/Berlin')).toBe('2026-03-29T10:00:00.000Z');
    expect(back('2026-03-29T22:00:00Z', '24 hours', 'Europe/Berlin')).toBe('2026-03-28T22:00:00.000Z');
    expect(back('2026-03-31T00:00:00Z', '1 month')).toBe('2026-02-28T00:00:00.000Z');
    expect(back('2028-02-29T00:00:00Z', '1 year')).toBe('2027-02-28T00:00:00.000Z');
    expect(back('2026-01-15T00:00:00Z', '2 months')).toBe('2025-11-15T00:00:00.000Z');
    // 02:30 does not exist on 29 March, so the instant is that of the change.
    expect(back('2026-03-30T00:30:00Z', '1 day', 'Europe/Berlin')).toBe('2026-03-29T01:00:00.000Z');
  });

  it.each([
    ['3 days', '2026-03-27T23:00:00.000Z', '2026-03-30T22:00:00.000Z'],
    ['1 week', '2026-03-29T22:00:00.000Z', '2026-04-05T22:00:00.000Z'],
    ['2 months', '2026-01-31T23:00:00.000Z', '2026-03-31T22:00:00.000Z'],
    ['1 year', '2025-12-31T23:00:00.000Z', '2026-12-31T23:00:00.000Z'],
    ['2 hours', '2026-03-30T13:00:00.000Z', '2026-03-30T15:00:00.000Z'],
  ])('ends with the %s that now is in', (text, from, to) => {
    const { startMs, endMs } = lastOf(parseSpan(text)!, Date.parse('2026-03-30T14:20:00Z'), 'Europe/Berlin');
    expect([iso(startMs), iso(endMs)]).toEqual([from, to]);
  });
});
