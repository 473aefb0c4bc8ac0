import { describe, expect, it } from 'vitest';
import { sortWords } from '../../../src/core/std/sort-words.ts';

/** Words that follow from their place (an LCG), so that a failure can be looked at again. */
function wordsOf(count: number, spread: (word: number) => number): Uint32Array {
  let word = 1;
  return Uint32Array.from({ length: count }, () => {
    word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0;
    return spread(word);
  });
}

describe('sorting words', () => {
  it.each([
    ['of all bits', (word: number) => word],
    ['of the high bits alone', (word: number) => (word & 0xffe00000) >>> 0],
    ['of few values', (word: number) => (word >>> 16) % 5],
    ['that are equal', () => 2 ** 32 - 1],
    ['around the sign', (word: number) => (word % 2 === 0 ? 2 ** 31 : 2 ** 31 - 1)],
  ])('orders words %s like comparing them, few and many', (_, spread) => {
    for (const count of [0, 1, 2, 8_191, 8_192, 50_001]) {
      const words = wordsOf(count, spread);
      expect([...sortWords(words.slice())]).toEqual([...words].sort((a, b) => a - b));
    }
  });

  it('sorts in place', () => {
    const words = wordsOf(10_000, (word) => word);
    expect(sortWords(words)).toBe(words);
    expect(words[0]).toBeLessThan(words[9_999]!);
  });
});
