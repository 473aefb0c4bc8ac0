import { expect, it } from 'vitest';
import { brokenRoundTrips } from './zstd-cases.ts';

it('gives back what it compressed beyond the limit of the runtime', { timeout: 60_000 }, () => {
  expect(brokenRoundTrips()).toEqual([]);
});
