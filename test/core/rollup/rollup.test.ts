import { describe, expect, it } from 'vitest';
import { DEFAULT_ROLLUPS, makeRollup, rollupId, rollupSchema } from '../../../src/core/rollup/rollup.ts';

describe('rollupId', () => {
  it('is of the definition, not of the name', () => {
    expect(makeRollup('a', { dimensions: ['event'] }).id).toBe(makeRollup('b', { dimensions: ['event'] }).id);
    expect(makeRollup('a', { dimensions: ['event'] }).id).not.toBe(makeRollup('a', { dimensions: ['path'] }).id);
  });

  it('depends on the order of dimensions, not on that of numbers or of the arms of the filter', () => {
    const id = (dimensions: string[], numbers: string[], countries: string[]) =>
      rollupId({ where: { property: 'country', op: 'in', value: countries }, dimensions, numbers });
    expect(id(['a', 'b'], ['x', 'y'], ['DE', 'AT'])).toBe(id(['a', 'b'], ['y', 'x', 'x'], ['AT', 'DE']));
    expect(id(['a', 'b'], [], ['DE'])).not.toBe(id(['b', 'a'], [], ['DE']));
    expect(id(['a', 'b'], [], ['DE'])).not.toBe(id(['a,b'], [], ['DE']));
    expect(id([], ['a'], ['DE'])).not.toBe(id(['a'], [], ['DE']));
  });
});

describe('rollupSchema', () => {
  it('makes a rollup of its wire form', () => {
    const { rollup, allowUnknown } = rollupSchema.parse({
      name: 'revenue',
      where: { property: 'event', op: 'eq', value: 'Order Completed' },
      dimensions: ['country'],
      measures: ['count', { sum: 'revenue' }, { p95: 'discount' }, { avg: 'revenue' }],
    });
    expect(rollup).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{16}$/),
      name: 'revenue',
      where: { property: 'event', op: 'eq', value: 'Order Completed' },
      dimensions: ['country'],
      numbers: ['discount', 'revenue'],
    });
    expect(rollup.id).toBe(rollupId(rollup));
    expect(allowUnknown).toBe(false);
  });

  it('needs no more than a name', () => {
    expect(rollupSchema.parse({ name: 'all' }).rollup).toMatchObject({ dimensions: [], numbers: [] });
  });

  it('names the place of a fault', () => {
    const pathOf = (input: unknown) => rollupSchema.safeParse(input).error?.issues[0]?.path.join('.');
    expect(pathOf({ name: '' })).toBe('name');
    expect(pathOf({ name: 'a', dimensions: ['a', 'b', 'c', 'd', 'e'] })).toBe('dimensions');
    expect(pathOf({ name: 'a', dimensions: ['a', 'a'] })).toBe('dimensions');
    expect(pathOf({ name: 'a', where: { and: [{ property: 'p', op: 'like', value: 'x' }] } })).toBe('where.and.0.op');
    expect(pathOf({ name: 'a', measures: [{ median: 'x' }] })).toBe('measures.0');
    expect(pathOf({ name: 'a', numbers: Array.from({ length: 9 }, (_, at) => `n${at}`) })).toBe('measures');
    expect(rollupSchema.safeParse({ name: 'a', dimension: ['x'] }).success).toBe(false);
  });
});

describe('the default rollups', () => {
  it('keep their names and ids: stored cells carry them', () => {
    expect(DEFAULT_ROLLUPS.map(({ id, name }) => `${name} ${id}`)).toEqual([
      'events 5e5cb1e5b54eb191',
      'pages f5956e84b1a2ac9e',
      'traffic 2d00b27fac1274d5',
      'places 3febb0799d9c83b4',
      'people 4c1a7b3c467ed3c3',
    ]);
  });
});
