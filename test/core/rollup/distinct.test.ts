import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DISTINCT_EXACT_BELOW, Distinct } from '../../../src/core/rollup/distinct.ts';
import { ByteReader, ByteWriter } from '../../../src/core/std/bytes.ts';
import { Hasher } from '../../../src/core/std/hash.ts';

/** Adds the hashes of `count` different texts. */
function addPeople(distinct: Distinct, seed: number, count: number, from = 0): Distinct {
  const hasher = new Hasher([seed, 1, 2, 3]);
  for (let at = from; at < from + count; at++) {
    hasher.hash(`person ${at}`);
    distinct.add(hasher.high, hasher.low);
  }
  return distinct;
}

function people(seed: number, count: number, from = 0): Distinct {
  return addPeople(new Distinct(), seed, count, from);
}

function bytesOf(distinct: Distinct): number[] {
  const writer = new ByteWriter();
  distinct.encode(writer);
  return [...writer.finish()];
}

function merged(...parts: readonly Distinct[]): Distinct {
  const all = new Distinct();
  for (const part of parts) all.merge(part);
  return all;
}

describe('Distinct', () => {
  it('is exact below 1,000, in each of its forms', () => {
    for (const count of [0, 1, 2, 7, 8, 9, 15, 16, 17, 33, 100, 511, 512, 513, 998, 999]) {
      const distinct = addPeople(people(5, count), 5, count);
      expect(distinct.count()).toBe(count);
      expect(distinct.isExact).toBe(true);
    }
    expect(people(5, DISTINCT_EXACT_BELOW).isExact).toBe(false);
  });

  it('estimates within its bounds over sizes and seeds', () => {
    const sizes = [1_000, 1_500, 2_500, 4_000, 7_000, 10_000, 12_000, 20_000, 60_000, 200_000];
    const seeds = 24;
    const sigma = 1.04 / 64;
    for (const size of sizes) {
      const errors = Array.from({ length: seeds }, (_, seed) => people(seed, size).count() / size - 1);
      const rms = Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / seeds);
      const mean = errors.reduce((sum, error) => sum + error, 0) / seeds;
      // Over 24 draws the root mean square stays within 1.5 sigma, and the mean within 4 standard errors: no bias.
      expect(rms, `rms error at ${size}`).toBeLessThan(1.5 * sigma);
      expect(Math.abs(mean), `bias at ${size}`).toBeLessThan((4 * sigma) / Math.sqrt(seeds));
      for (const error of errors) expect(Math.abs(error), `error at ${size}`).toBeLessThan(4.5 * sigma);
    }
  });

  it('ends in the same bytes whatever the order, the repetitions and the grouping', () => {
    const size = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 1_500 }));
    fc.assert(
      fc.property(size, size, size, (a, b, c) => {
        const total = a + b + c;
        const whole = bytesOf(people(1, total));
        const [first, second, third] = [people(1, a), people(1, b, a), people(1, c, a + b)];
        expect(bytesOf(merged(merged(first, second), third))).toEqual(whole);
        expect(bytesOf(merged(third, merged(second, first, first)))).toEqual(whole);
        expect(bytesOf(addPeople(people(1, c, a + b), 1, a + b))).toEqual(whole);
        expect(bytesOf(first)).toEqual(bytesOf(people(1, a)));
      }),
      { numRuns: 40 },
    );
  });

  it('counts the union when what is merged overlaps', () => {
    expect(merged(people(1, 600), people(1, 600, 300)).count()).toBe(900);
    expect(bytesOf(merged(people(1, 3_000), people(1, 3_000, 1_000)))).toEqual(bytesOf(people(1, 4_000)));
    expect(bytesOf(merged(people(1, 10), people(1, 2_000)))).toEqual(bytesOf(people(1, 2_000)));
  });

  it('survives storage', () => {
    for (const count of [0, 1, 5, 8, 9, 300, 999, 1_000, 50_000]) {
      const distinct = people(3, count);
      const read = Distinct.decode(new ByteReader(Uint8Array.from(bytesOf(distinct))));
      expect(bytesOf(read)).toEqual(bytesOf(distinct));
      expect(read.count()).toBe(distinct.count());
    }
  });

  it('is small at rest: 1 byte empty, 9 for one person, 3,074 at most by estimate', () => {
    expect(bytesOf(new Distinct()).length).toBe(1);
    expect(bytesOf(people(1, 1)).length).toBe(9);
    expect(bytesOf(people(1, 100_000)).length).toBe(3_074);
  });

  it('ignores the hash that means no person, in each of its forms', () => {
    for (const count of [0, 5, 500, 5_000]) {
      const distinct = people(1, count);
      distinct.add(0, 0);
      expect(bytesOf(distinct)).toEqual(bytesOf(people(1, count)));
    }
  });

  it('keeps hashes apart that differ in one word, and takes signed words as unsigned', () => {
    const distinct = new Distinct();
    for (let at = 1; at <= 200; at++) {
      distinct.add(0, at);
      distinct.add(at, 0);
      distinct.add(-at, -at);
      distinct.add(-at >>> 0, -at >>> 0);
    }
    expect(distinct.count()).toBe(600);
  });

  it('never estimates less than it counted', () => {
    for (let seed = 0; seed < 20; seed++) expect(people(seed, 1_000).count()).toBeGreaterThanOrEqual(1_000);
  });

  it('refuses bytes that are none of its forms', () => {
    expect(() => Distinct.decode(new ByteReader(Uint8Array.of(0xff, 0x7f)))).toThrow('16383');
  });
});
