import { DDSketch } from '@datadog/sketches-js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QUANTILE_RELATIVE_ACCURACY, Quantiles } from '../../../src/core/rollup/quantile.ts';
import { ByteReader, ByteWriter } from '../../../src/core/std/bytes.ts';

const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ noNaN: true, min: -1e6, max: 1e6 }),
  fc.integer({ min: -100, max: 100 }),
);
const numbers = fc.array(number, { minLength: 1, maxLength: 60 });
const rank = fc.double({ noNaN: true, min: 0, max: 1 });

function sketchOf(values: readonly number[]): Quantiles {
  const quantiles = new Quantiles();
  for (const value of values) quantiles.add(value);
  return quantiles;
}

function bytesOf(quantiles: Quantiles): number[] {
  const writer = new ByteWriter();
  quantiles.encode(writer);
  return [...writer.finish()];
}

function merged(...sketches: readonly Quantiles[]): Quantiles {
  const all = new Quantiles();
  for (const sketch of sketches) all.merge(sketch);
  return all;
}

describe('Quantiles', () => {
  it('finds the number at a rank within half a percent, negative, zero or positive', () => {
    const held = fc.double({ noNaN: true, min: 1e-5, max: 1e12 });
    const signed = fc.oneof(
      held,
      held.map((value) => -value),
      fc.constant(0),
    );
    fc.assert(
      fc.property(fc.array(signed, { minLength: 1, maxLength: 80 }), rank, (values, q) => {
        const wanted = [...values].sort((a, b) => a - b)[Math.floor(q * (values.length - 1))]!;
        const found = sketchOf(values).quantile(q);
        expect(Math.abs(found - wanted)).toBeLessThanOrEqual(Math.abs(wanted) * QUANTILE_RELATIVE_ACCURACY * 1.0001);
      }),
    );
  });

  it('agrees with the library on positive numbers', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, min: 0.001, max: 1e6 }), { minLength: 1 }), rank, (values, q) => {
        const theirs = new DDSketch({ relativeAccuracy: QUANTILE_RELATIVE_ACCURACY });
        for (const value of values) theirs.accept(value);
        expect(sketchOf(values).quantile(q)).toBe(theirs.getValueAtQuantile(q));
      }),
    );
  });

  it('merges to the sketch of the union, in any order and grouping', () => {
    fc.assert(
      fc.property(numbers, numbers, numbers, (a, b, c) => {
        const whole = bytesOf(sketchOf([...c, ...a, ...b]));
        const [sketchA, sketchB, sketchC] = [sketchOf(a), sketchOf(b), sketchOf(c)];
        expect(bytesOf(merged(merged(sketchA, sketchB), sketchC))).toEqual(whole);
        expect(bytesOf(merged(sketchC, merged(sketchB, sketchA)))).toEqual(whole);
        expect(bytesOf(sketchA)).toEqual(bytesOf(sketchOf(a)));
      }),
    );
  });

  it('survives storage', () => {
    fc.assert(
      fc.property(numbers, rank, (values, q) => {
        const sketch = sketchOf(values);
        const read = Quantiles.decode(new ByteReader(Uint8Array.from(bytesOf(sketch))));
        expect(bytesOf(read)).toEqual(bytesOf(sketch));
        expect(read.quantile(q)).toBe(sketch.quantile(q));
      }),
    );
  });

  it('stays bounded whatever the numbers', () => {
    const values = Array.from({ length: 600 }, (_, at) => 10 ** (at - 300)).filter(Number.isFinite);
    const many = sketchOf(values.flatMap((value) => [value, -value]));
    expect(bytesOf(many).length).toBeLessThan(600);
    expect(many.quantile(0.5)).toBe(0);
  });

  it('has no quantile of nothing, and stores nothing in three bytes', () => {
    expect(new Quantiles().quantile(0.5)).toBeNaN();
    expect(bytesOf(new Quantiles())).toEqual([0, 0, 0]);
  });
});
