import { describe, expect, it } from 'vitest';
import { costsOf, dollars, monthOf } from '../../../../src/dashboard/pages/pipeline/costs.ts';

describe('the costs of a month', () => {
  // The rows of docs/costs.md for requests of one device and one shard.
  it.each([
    [50, 0.033],
    [3, 0.497],
    [1, 1.53],
  ])('are those of the page of costs with %i events a request', (eventsPerRequest, documented) => {
    const costs = costsOf({ events: 1e6, eventsPerRequest, storedBytes: null, monthShare: 1 });
    expect(costs.requests).toBeCloseTo(1e6 / eventsPerRequest);
    expect(Math.abs(costs.total / documented - 1)).toBeLessThan(0.05);
  });

  it('have the part of the database for the days that have passed', () => {
    const costs = costsOf({ events: 0, eventsPerRequest: 1, storedBytes: 4e9, monthShare: 0.5 });
    expect(costs).toEqual({ requests: 0, receipt: 0, storing: 0, storage: 1.5, total: 1.5 });
  });

  it('are of the month in UTC', () => {
    const { startMs, share, name } = monthOf(Date.parse('2026-11-16T00:00:00.000Z'));
    expect(new Date(startMs).toISOString()).toBe('2026-11-01T00:00:00.000Z');
    expect([share, name]).toEqual([0.5, 'November']);
  });

  it('never read as nothing when they are something', () => {
    expect([0, 0.004, 0.01, 1234.5].map(dollars)).toEqual(['$0.00', 'under $0.01', '$0.01', '$1,234.50']);
  });
});
