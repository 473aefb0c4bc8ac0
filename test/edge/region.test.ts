import { describe, expect, it } from 'vitest';
import { nearestRegion } from '../../src/edge/region.ts';

const regions = ['weur', 'enam', 'apac-ne', 'oc'] as const;

describe('the nearest region', () => {
  it('is the home region when there is no other', () => {
    expect(nearestRegion({ regions: ['weur'] }, { continent: 'NA', latitude: '40', longitude: '-75' })).toBe('weur');
  });

  it.each([
    ['New York', { latitude: '40.7', longitude: '-74.0' }, 'enam'],
    ['Tokyo', { latitude: '35.7', longitude: '139.7', continent: 'AS' }, 'apac-ne'],
    ['Auckland, across the date line', { latitude: '-36.8', longitude: '174.8' }, 'oc'],
    ['Honolulu', { latitude: '21.3', longitude: '-157.9' }, 'apac-ne'],
    ['somewhere in Europe', { continent: 'EU' }, 'weur'],
    ['somewhere in North America', { continent: 'NA' }, 'enam'],
  ])('of %s', (_where, place, region) => {
    expect(nearestRegion({ regions }, place)).toBe(region);
  });

  it('is the home region when nothing is known', () => {
    expect(nearestRegion({ regions }, undefined)).toBe('weur');
    expect(nearestRegion({ regions }, {})).toBe('weur');
    expect(nearestRegion({ regions }, { continent: 'T1', latitude: 'x' })).toBe('weur');
  });
});
