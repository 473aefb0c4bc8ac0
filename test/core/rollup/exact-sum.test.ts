import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExactSum } from '../../../src/core/rollup/exact-sum.ts';
import { ByteReader, ByteWriter } from '../../../src/core/std/bytes.ts';

function sumOf(values: readonly number[]): ExactSum {
  const sum = new ExactSum();
  for (const value of values) sum.add(value);
  return sum;
}

function bytesOf(sum: ExactSum): number[] {
  const writer = new ByteWriter();
  sum.encode(writer);
  return [...writer.finish()];
}

/** A number with at most six decimals, and its millionths, made without floating point. */
const decimal = fc
  .tuple(fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }), fc.integer({ min: 0, max: 6 }))
  .map(([digits, decimals]) => {
    const magnitude = String(digits < 0n ? -digits : digits).padStart(decimals + 1, '0');
    const split = magnitude.length - decimals;
    const value = Number(`${digits < 0n ? '-' : ''}${magnitude.slice(0, split)}.${magnitude.slice(split)}`);
    return { value, millionths: digits * 10n ** BigInt(6 - decimals) };
  });

describe('ExactSum', () => {
  it('is exact for decimals of up to six digits and fifteen in all', () => {
    fc.assert(
      fc.property(fc.array(decimal, { maxLength: 40 }), (decimals) => {
        const sum = sumOf(decimals.map(({ value }) => value));
        expect(sum.toMillionths()).toBe(decimals.reduce((total, { millionths }) => total + millionths, 0n));
        expect(sum.isExact).toBe(true);
      }),
    );
  });

  it('does not depend on the order or the grouping, not even for numbers it cannot hold', () => {
    const number = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(fc.array(number), fc.array(number), (a, b) => {
        const merged = sumOf(a);
        merged.merge(sumOf(b));
        expect(bytesOf(merged)).toEqual(bytesOf(sumOf([...b, ...a].reverse())));
      }),
    );
  });

  it('gives cents back to the cent', () => {
    expect(sumOf(Array.from({ length: 10 }, () => 0.1)).toNumber()).toBe(1);
    expect(sumOf([0.1, 0.2]).toNumber()).toBe(0.3);
    expect(sumOf(Array.from({ length: 3_000 }, () => 19.99)).toNumber()).toBe(59_970);
    expect(sumOf([12_345_678_901.12, 0.03]).toNumber()).toBe(12_345_678_901.15);
    expect(sumOf([1e15, 0.25, -1e15]).toNumber()).toBe(0.25);
    expect(sumOf([-0.01, -0.02]).toNumber()).toBe(-0.03);
  });

  it('does not overflow', () => {
    const max = Number.MAX_SAFE_INTEGER;
    const sum = sumOf(Array.from({ length: 10_000 }, () => max));
    expect(sum.toMillionths()).toBe(BigInt(max) * 10_000_000_000n);
    expect(sum.isExact).toBe(true);
    const negative = sumOf(Array.from({ length: 10_000 }, () => -max));
    sum.merge(negative);
    expect(sum.toNumber()).toBe(0);
  });

  it('says when a number has more digits than it holds', () => {
    expect(sumOf([0.0000001]).isExact).toBe(false);
    expect(sumOf([1 / 3]).isExact).toBe(false);
    expect(sumOf([1 / 3]).toNumber()).toBe(0.333333);
    expect(sumOf([2_000_000_000.1234567]).isExact).toBe(false);
    expect(sumOf([0.000001, 123456.654321, 5, -7.5, 0]).isExact).toBe(true);
  });

  it('says when a number is beyond its range, and takes the bound', () => {
    const sum = sumOf([1e300]);
    expect(sum.isExact).toBe(false);
    expect(sum.toNumber()).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('survives storage', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true })), (values) => {
        const bytes = bytesOf(sumOf(values));
        const read = ExactSum.decode(new ByteReader(Uint8Array.from(bytes)));
        expect(bytesOf(read)).toEqual(bytes);
        expect(read.toMillionths()).toBe(sumOf(values).toMillionths());
      }),
    );
  });
});
