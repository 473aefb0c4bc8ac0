import { describe, expect, it } from 'vitest';
import { coverOf, isAstride } from '../../../src/core/rollup/part-cover.ts';

const part = (seqFrom: number, seqTo: number, name = '', incarnation = 'x', dayMin = 1) => ({
  incarnation,
  dayMin,
  seqFrom,
  seqTo,
  name,
});

describe('the cover of parts', () => {
  it('takes parts that follow each other, with all of their chunks', () => {
    const parts = [part(0, 3, 'a'), part(0, 3, 'b'), part(3, 5), part(9, 10)];
    expect(coverOf(parts)).toEqual(parts);
  });

  it('passes over what lies inside of a longer part, wherever it begins', () => {
    const longest = part(0, 9);
    expect(coverOf([part(0, 3), longest, part(3, 5), part(7, 9)])).toEqual([longest]);
    expect(coverOf([part(4, 9), part(0, 9), part(9, 12)])).toEqual([part(0, 9), part(9, 12)]);
  });

  it('tells parts that overlap without one holding the other', () => {
    expect(coverOf([part(0, 5), part(4, 9)])).toBeNull();
    expect(coverOf([part(0, 9), part(3, 5), part(8, 10)])).toBeNull();
  });

  it('compares parts of one incarnation and day only', () => {
    const parts = [part(0, 5, '', 'x'), part(4, 9, '', 'y')];
    expect(coverOf(parts)).toEqual(parts);
    const days = [part(0, 9, '', 'x', 1), part(3, 5, '', 'x', 2), part(5, 12, '', 'x', 2)];
    expect(coverOf([...days, part(3, 5)])).toEqual(days);
    expect(coverOf([])).toEqual([]);
  });
});

describe('a part', () => {
  it('lies astride a row when it has rows on both sides of it', () => {
    expect([2, 3, 4, 5, 6].map((seq) => isAstride(part(3, 5), seq))).toEqual([false, false, true, false, false]);
  });
});
