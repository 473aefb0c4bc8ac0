// A table of pairs is a map, however its pairs came, and does not change when another is made of it.

import { describe, expect, it } from 'vitest';
import { PairTable } from '../../../src/core/people/pair-table.ts';
import { NOT_FOUND } from '../../../src/core/std/hash-index.ts';

/** Evenly spread words, the same in every run. */
function randomWords(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return (state ^ (state >>> 13)) >>> 0;
  };
}

type Words = [high: number, low: number];

describe('a table of pairs', () => {
  it('is a map of its keys, in any order and number', () => {
    const next = randomWords(7);
    const expected = new Map<string, Words>();
    const keys: Words[] = [];
    let table = PairTable.EMPTY;
    const earlier: { table: PairTable; size: number }[] = [];
    for (const count of [1, 3, 700, 2, 2_000, 40, 5_000]) {
      const pairs: number[] = [];
      for (let i = 0; i < count; i++) {
        // Every third pair gives a known key another value; some keys share their high word.
        const key: Words = i % 3 === 2 ? keys[next() % keys.length]! : [i % 5 === 0 ? 77 : next(), next()];
        const value: Words = [next(), next()];
        keys.push(key);
        expected.set(key.join(), value);
        pairs.push(...key, ...value);
      }
      earlier.push({ table, size: table.size });
      table = table.with(pairs);
      expect(table.size).toBe(expected.size);
    }
    for (const key of keys) {
      const place = table.find(...key);
      expect([table.high(place), table.low(place)]).toEqual(expected.get(key.join()));
    }
    for (let i = 0; i < 2_000; i++) expect(table.find(next(), next())).toBe(NOT_FOUND);
    for (const { table: old, size } of earlier) expect(old.size).toBe(size);
  });

  it('that is a set has each pair once', () => {
    let set = PairTable.EMPTY_SET.with([1, 2, 3, 4, 1, 2, 3, 5]);
    set = set.with([1, 2, 3, 4, 1, 2, 9, 9, 0, 1, 3, 4]);
    expect(set.blocks.map((block) => [...block])).toEqual([[0, 1, 3, 4, 1, 2, 3, 4, 1, 2, 3, 5, 1, 2, 9, 9]]);
  });
});
