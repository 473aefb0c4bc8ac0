/**
 * Journey: a question about what people do over time, in the form in which it is computed: a reader and a fold.
 *
 *   rows → `reader` (the code of each event) → Sequences, by person → `fold.add`, once for each lot of people → `fold.finish`
 *
 * Everything a fold keeps between lots is a sum over people, so the answer does not depend on how people were divided.
 */
import type { RowReader } from './row-reader.ts';
import type { Sequences } from './sequences.ts';

export interface Journey<Answer extends object = object> {
  readonly reader: RowReader;
  readonly fold: JourneyFold<Answer>;
}

export interface JourneyFold<Answer extends object = object> {
  /** Adds some people with all their events. No person is added twice. */
  add(people: Sequences): void;
  /** Makes the answer of everything that was added; called once, at the end. */
  finish(): Answer;
  /** The bound that was exceeded while adding; null while within bounds. Once it is set, the journey is void. */
  readonly excess: string | null;
  /** Whether a number of the answer is an estimate. Default: none is. */
  readonly isEstimated?: boolean;
}

export const TOO_MANY_GROUPS = 'The breakdown has too many values';

/**
 * Names the bound that a journey has exceeded; null while within bounds. Also asked while rows are read, because a text
 * is retained even if its person is given up later.
 */
export function excessOf({ reader: { breakdown, labels }, fold }: Journey): string | null {
  if (fold.excess !== null) return fold.excess;
  if (breakdown.texts.isFull) return TOO_MANY_GROUPS;
  return labels?.texts.isFull ? `There are too many different ${labels.plural}` : null;
}
