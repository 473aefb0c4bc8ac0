import { describe, expect, it } from 'vitest';
import { type AfterFunnel, afterFunnelWords, parseAfterFunnel } from '../../../src/dashboard/journeys/after-funnel.ts';

const steps = [
  { event: 'Added', name: 'Added' },
  { event: 'Bought', name: 'Bought' },
];
const after: AfterFunnel = { steps, windowSeconds: 60, step: 2, outcome: 'dropped' };

describe('the funnel after which paths begin', () => {
  it('is read from the URL as it was written', () => {
    expect(parseAfterFunnel(JSON.stringify(after))).toEqual(after);
  });

  it.each([
    null,
    '',
    'x',
    '7',
    'null',
    '{}',
    '{"steps":[]}',
    '{"steps":[{}],"step":2,"outcome":"dropped"}',
    '{"steps":[{}],"step":1}',
  ])('is none in %j', (text) => expect(parseAfterFunnel(text)).toBeNull());

  it('says who its people are', () => {
    expect(afterFunnelWords(after)).toBe('did Added and left before Bought');
    expect(afterFunnelWords({ ...after, outcome: 'reached' })).toBe('reached Bought');
  });
});
