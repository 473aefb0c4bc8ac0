import { describe, expect, it } from 'vitest';
import { measureOfDistinct, measureOfNumber, measureSchema } from '../../../src/core/event/measure.ts';

describe('measureSchema', () => {
  it('takes count, users, and one statistic of a property', () => {
    for (const measure of ['count', 'users', { distinct: 'sku' }, { sum: 'price' }, { p99: 'context.duration' }]) {
      expect(measureSchema.parse(measure)).toEqual(measure);
    }
  });

  it('refuses anything else', () => {
    for (const measure of ['sum', {}, { sum: '' }, { sum: 'a', avg: 'a' }, { median: 'a' }, null, { p50: 5 }]) {
      expect(measureSchema.safeParse(measure).success).toBe(false);
    }
  });
});

describe('measureOfNumber', () => {
  it('takes a measure apart', () => {
    expect(measureOfNumber({ p95: 'ms' })).toEqual({ statistic: 'p95', property: 'ms' });
    expect(measureOfNumber('users')).toBeNull();
    expect(measureOfNumber({ distinct: 'sku' })).toBeNull();
    expect(measureOfDistinct({ distinct: 'sku' })).toBe('sku');
    expect(measureOfDistinct({ sum: 'sku' })).toBeNull();
    expect(measureOfDistinct('count')).toBeNull();
  });
});
