/**
 * JourneyPart: what one of several readers has found of a journey, as plain data that can travel: some of the people, their
 * events as codes, and the texts that the codes stand for, which are numbered by each reader for itself.
 */
import type { Sequences } from './sequences.ts';

export interface JourneyPart {
  readonly sequences: Sequences;
  /** With grouping `person`: when each one's first value was. Else empty. */
  readonly groupAt: Float64Array;
  /** By code; the first is the absent value. */
  readonly groupTexts: readonly (string | null)[];
  readonly labelTexts: readonly (string | null)[];
}
