/**
 * Sequence slices: sequences in portions of a bounded number of events, so that a long walk can pause between them. A person
 * is in one portion.
 */
import type { Sequences } from './sequences.ts';

/** A journey looks at an event up to some thousand times. */
const EVENTS_MAX = 4_096;

export function* slicesOf(sequences: Sequences, eventsMax = EVENTS_MAX): Generator<Sequences> {
  const { personCount, offsets } = sequences;
  if (offsets[personCount]! <= eventsMax) {
    yield sequences;
    return;
  }
  for (let from = 0; from < personCount; ) {
    let to = from + 1;
    while (to < personCount && offsets[to + 1]! - offsets[from]! <= eventsMax) to++;
    yield slice(sequences, from, to);
    from = to;
  }
}

/** The sequences of the people [from, to). */
function slice(
  { personCount, offsets, at, codes, groups, marks, people }: Sequences,
  from: number,
  to: number,
): Sequences {
  const first = offsets[from]!;
  const last = offsets[to]!;
  const areByEvent = groups.length === at.length;
  return {
    personCount: to - from,
    offsets: offsets.subarray(from, to + 1).map((offset) => offset - first),
    at: at.subarray(first, last),
    codes: codes.subarray(first, last),
    // Where there are as many people as events, both ways give the same.
    groups: areByEvent
      ? groups.subarray(first, last)
      : groups.length === personCount
        ? groups.subarray(from, to)
        : groups,
    marks: marks.subarray(first, marks.length === 0 ? 0 : last),
    people: people.subarray(2 * from, 2 * to),
  };
}
