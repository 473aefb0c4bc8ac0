import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { slicesOf } from '../../../../src/core/journeys/kit/sequence-slices.ts';
import type { Sequences } from '../../../../src/core/journeys/kit/sequences.ts';

type Grouped = 'event' | 'person' | 'none';

/** Sequences of people with so many events each; every event has a code and an instant of its own. */
function sequencesOf(counts: readonly number[], grouped: Grouped, hasMarks: boolean): Sequences {
  const offsets = Uint32Array.from([0, ...counts.map((_, i) => counts.slice(0, i + 1).reduce((a, b) => a + b, 0))]);
  const events = offsets.at(-1)!;
  const numbers = (length: number, from: number) => Uint32Array.from({ length }, (_, i) => from + i);
  return {
    personCount: counts.length,
    offsets,
    at: Float64Array.from(numbers(events, 1_000)),
    codes: numbers(events, 1),
    groups: numbers({ event: events, person: counts.length, none: 0 }[grouped], 50),
    marks: Float64Array.from(numbers(hasMarks ? events : 0, 7)),
    people: numbers(2 * counts.length, 90),
  };
}

/** What a journey may look at of each person. */
function seen({ personCount, offsets, at, codes, groups, marks, people }: Sequences, grouped: Grouped) {
  return Array.from({ length: personCount }, (_, person) => {
    const [from, to] = [offsets[person]!, offsets[person + 1]!];
    return {
      person: [people[2 * person], people[2 * person + 1]],
      at: [...at.subarray(from, to)],
      codes: [...codes.subarray(from, to)],
      marks: [...marks.subarray(from, to)],
      groups: grouped === 'person' ? groups[person] : [...groups.subarray(from, to)],
    };
  });
}

describe('slices of sequences', () => {
  it('have each person once, as it was, and no more events than asked for unless one person has them', () => {
    const counts = fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 12 });
    const grouped = fc.constantFrom<Grouped>('event', 'person', 'none');
    const property = fc.property(counts, grouped, fc.boolean(), (events, by, hasMarks) => {
      const sequences = sequencesOf(events, by, hasMarks);
      const slices = [...slicesOf(sequences, 7)];
      expect(slices.flatMap((slice) => seen(slice, by))).toEqual(seen(sequences, by));
      for (const { at, personCount } of slices) expect(at.length <= 7 || personCount === 1).toBe(true);
    });
    fc.assert(property);
  });

  it('are the sequences themselves when those are few', () => {
    const sequences = sequencesOf([3, 2], 'event', true);
    expect([...slicesOf(sequences, 7)]).toEqual([sequences]);
  });
});
