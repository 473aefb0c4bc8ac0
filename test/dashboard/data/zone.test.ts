import { describe, expect, it } from 'vitest';
import { addDays, addMonths, dateIn, startOfDate } from '../../../src/dashboard/data/zone.ts';

const instant = (text: string) => Date.parse(text);

describe('a date of a zone', () => {
  it('is that of the place, not of UTC', () => {
    expect(dateIn('Pacific/Auckland', instant('2026-11-29T12:00:00Z'))).toBe('2026-11-30');
    expect(dateIn('America/Los_Angeles', instant('2026-11-29T07:59:59Z'))).toBe('2026-11-28');
  });

  it('begins at its first instant, also on the days when the clocks change', () => {
    expect(startOfDate('Europe/Berlin', '2026-03-29')).toBe(instant('2026-03-28T23:00:00Z'));
    expect(startOfDate('Europe/Berlin', '2026-03-30')).toBe(instant('2026-03-29T22:00:00Z'));
    expect(startOfDate('Europe/Berlin', '2026-10-26')).toBe(instant('2026-10-25T23:00:00Z'));
    expect(startOfDate('Asia/Kathmandu', '2026-01-01')).toBe(instant('2025-12-31T18:15:00Z'));
  });
});

describe('a date', () => {
  it('moves by days over the end of a month', () => {
    expect(addDays('2026-02-27', 3)).toBe('2026-03-02');
    expect(addDays('2026-01-01', -1)).toBe('2025-12-31');
  });

  it('moves by months to the last day where the month is shorter', () => {
    expect(addMonths('2026-03-31', -1)).toBe('2026-02-28');
    expect(addMonths('2026-11-29', 3)).toBe('2027-02-28');
  });
});
