import { afterEach, describe, expect, it } from 'vitest';
import { at, duration } from '../../../src/dashboard/data/format.ts';
import { keptKeys, sharedTimezone, shownTenant } from '../../../src/dashboard/data/session.ts';

describe('an instant in words', () => {
  afterEach(() => {
    sharedTimezone.value = 'UTC';
    keptKeys.value = [];
    shownTenant.value = null;
  });

  /** The day of 2 June in Berlin begins on 1 June in UTC. */
  const startMs = Date.parse('2026-06-01T22:00:00Z');

  it('is in the zone of the tenant, also on a shared board, which has no session', () => {
    expect(at(startMs, 'date')).toBe('1 Jun');
    sharedTimezone.value = 'Europe/Berlin';
    expect(at(startMs, 'date')).toBe('2 Jun');
  });

  it('is in the zone of the session where there is one', () => {
    sharedTimezone.value = 'Europe/Berlin';
    keptKeys.value = [{ tenant: 'a', name: 'A', timezone: 'America/New_York', bots: null, scope: 'read', key: 'k' }];
    shownTenant.value = 'a';
    expect(at(startMs, 'time')).toBe('18:00');
  });
});

describe('a duration in words', () => {
  it.each([
    [0.25, '250 ms'],
    [0.9999, '1 s'],
    [59.4, '59 s'],
    [59.7, '1 m 0 s'],
    [119.6, '2 m 0 s'],
    [134, '2 m 14 s'],
    [3_599.8, '1 h 0 m'],
    [86_399.9, '1 d 0 h'],
  ])('of %d seconds is %s', (seconds, words) => {
    expect(duration(seconds)).toBe(words);
  });
});
