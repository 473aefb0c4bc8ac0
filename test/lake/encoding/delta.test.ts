import * as fc from 'fast-check';
import { deltaBinaryUnpack } from 'hyparquet/src/delta.js';
import { describe, expect, it } from 'vitest';
import { decodeDeltaTimes, decodeDeltaWords, encodeDelta } from '../../../src/lake/encoding/delta.ts';

function wordsOf(values: readonly bigint[]): Uint32Array {
  return new Uint32Array(BigInt64Array.from(values).buffer);
}

const anything = fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { minLength: 1, maxLength: 400 });
const near = fc
  .tuple(
    fc.bigInt({ min: -(2n ** 40n), max: 2n ** 40n }),
    fc.nat({ max: 52 }),
    fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 400 }),
  )
  .map(([start, bits, parts]) => parts.map((part) => start + BigInt(Math.floor(part * 2 ** bits))));

describe('delta-packed 64-bit integers', () => {
  it.each([
    ['any values', anything],
    ['values near each other', near],
    ['sorted values', anything.map((values) => [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)))],
  ])('come back: %s', (_, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, (values) => {
        const bytes = encodeDelta(wordsOf(values), values.length);
        expect([...new BigInt64Array(decodeDeltaWords(bytes, values.length).buffer)]).toEqual(values);
      }),
      { numRuns: 300 },
    );
  });

  it('are what another reader reads', () => {
    fc.assert(
      fc.property(fc.oneof(anything, near), (values) => {
        const bytes = encodeDelta(wordsOf(values), values.length);
        const padded = new Uint8Array(bytes.length + 8);
        padded.set(bytes);
        const output = new BigInt64Array(values.length);
        deltaBinaryUnpack({ view: new DataView(padded.buffer), offset: 0 }, values.length, output);
        expect([...output]).toEqual(values);
      }),
      { numRuns: 300 },
    );
  });

  it('come back as doubles where they are times', () => {
    fc.assert(
      fc.property(near, (values) => {
        const bytes = encodeDelta(wordsOf(values), values.length);
        expect([...decodeDeltaTimes(bytes, values.length)]).toEqual(values.map(Number));
      }),
      { numRuns: 300 },
    );
  });
});
