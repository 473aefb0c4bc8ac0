/**
 * JourneyPart: the result of one of several readers of a journey as plain data that can travel: some of the people,
 * their events as codes, and the texts behind the codes, which each reader numbers for itself.
 */
import type { ExcludedPart } from './excluded-bots.ts';
import type { Sequences } from './sequences.ts';

export interface JourneyPart {
  readonly sequences: Sequences;
  /** The instant of each person's first value; empty unless people are grouped. */
  readonly groupAt: Float64Array;
  /** Texts by code; the first is the absent value. */
  readonly groupTexts: readonly (string | null)[];
  readonly labelTexts: readonly (string | null)[];
  /** A scanner of an earlier release does not tell. */
  readonly excluded?: ExcludedPart;
}
