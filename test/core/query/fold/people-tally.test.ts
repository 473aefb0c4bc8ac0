import { describe, expect, it } from 'vitest';
import { PeopleNumbers } from '../../../../src/core/query/fold/people-numbers.ts';
import { PeopleTally } from '../../../../src/core/query/fold/people-tally.ts';

const ROWS = 2_000;
const PEOPLE = 700;

/** People as (low, high) pairs; every tenth row has none. */
function wordsOf(batch: number): Uint32Array {
  const words = new Uint32Array(2 * ROWS);
  for (let row = 0; row < ROWS; row++) {
    if (row % 10 === 9) continue;
    const person = (Math.floor(row / 4) * 11 + batch * 13) % PEOPLE;
    words[2 * row] = Math.imul(person + 1, 0x9e3779b1);
    words[2 * row + 1] = person + 1;
  }
  return words;
}

/** The slots of the rows of which each tally gets some: few slots, and as many as there are rows. */
const SLOTS = [() => 0, (row: number) => row % 5, (row: number) => row];

describe('people counted by slot', () => {
  it('are the same when the questions about the rows share their numbers', () => {
    const numbers = new PeopleNumbers();
    const sharing = SLOTS.map(() => new PeopleTally(numbers));
    const alone = SLOTS.map(() => new PeopleTally());
    for (let batch = 0; batch < 3; batch++) {
      const words = wordsOf(batch);
      for (const [index, slotOf] of SLOTS.entries()) {
        const rows = Uint32Array.from({ length: ROWS }, (_, row) => row).filter(
          (row) => row % (index + 2) > 0 || row % 4 === 0,
        );
        const slots = rows.map(slotOf);
        // The rows of a batch come in slices, each with a view of its own on the same people.
        for (const [from, to] of [
          [0, 500],
          [500, rows.length],
        ]) {
          const slice = [slots.subarray(from, to), rows.subarray(from, to)] as const;
          sharing[index]!.addRows(...slice, words.subarray());
          alone[index]!.addRows(...slice, words);
        }
      }
    }
    for (const [index, tally] of sharing.entries()) {
      const slots = [0, 1, 2, 3, 4].slice(0, index === 0 ? 1 : 5);
      expect(tally.size).toBe(alone[index]!.size);
      expect(tally.merged(slots)).toEqual(alone[index]!.merged(slots));
      for (const slot of slots) expect(tally.merged([slot])).toEqual(alone[index]!.merged([slot]));
    }
    // No person has two numbers, and nobody has none.
    expect(numbers.people.size).toBe(alone[0]!.size);
  });
});
