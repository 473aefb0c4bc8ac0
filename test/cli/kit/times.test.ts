import { describe, expect, it } from 'vitest';
import { parseTime, parseZone } from '../../../src/cli/kit/times.ts';

const nowMs = Date.parse('2026-03-29T13:30:00Z');
const inZone = (text: string, zone: string) => parseTime(text, 'from', nowMs, zone);

describe('a time on the command line', () => {
  it.each([
    ['today', 'UTC', '2026-03-29'],
    ['today', 'Pacific/Auckland', '2026-03-30'],
    ['yesterday', 'Pacific/Auckland', '2026-03-29'],
    ['tomorrow', 'America/Los_Angeles', '2026-03-30'],
    // The clocks of Berlin change on this day, which has 23 hours.
    ['yesterday', 'Europe/Berlin', '2026-03-28'],
    ['tomorrow', 'Europe/Berlin', '2026-03-30'],
    ['now', 'Pacific/Auckland', '2026-03-29T13:30:00.000Z'],
    ['2d', 'Pacific/Auckland', '2026-03-27T13:30:00.000Z'],
    ['1w', 'UTC', '2026-03-22T13:30:00.000Z'],
    ['2026-02-28', 'UTC', '2026-02-28'],
    ['2026-02-28T10:00+01:00', 'UTC', '2026-02-28T10:00+01:00'],
  ])('%s in %s', (text, zone, expected) => {
    expect(inZone(text, zone)).toBe(expected);
  });

  it.each([
    ['2026-02-30', 'there is no day 2026-02-30'],
    ['2026-13-01', 'there is no day 2026-13-01'],
    ['2026-02-30T10:00Z', 'there is no day 2026-02-30'],
    ['01.07.2026', 'a date such as 2026-07-01'],
    ['07/01/2026', 'a date such as 2026-07-01'],
    ['2026-07-01T10:00', 'an instant with its zone'],
    ['2026-07-01 10:00', 'an instant with its zone'],
    ['2026-07-01T25:00Z', 'an instant with its zone'],
    ['yesteday', 'did you mean "yesterday"?'],
    ['todya', 'did you mean "today"?'],
    ['7 days', 'such as 24h or 7d'],
    ['1', 'a date such as 2026-07-01'],
  ])('refuses %s', (text, reason) => {
    expect(() => inZone(text, 'UTC')).toThrow(reason);
  });

  it('refuses a zone that does not exist, with the nearest one', () => {
    expect(parseZone('Europe/Berlin')).toBe('Europe/Berlin');
    expect(() => parseZone('Europe/Berln')).toThrow('did you mean "Europe/Berlin"?');
  });
});
