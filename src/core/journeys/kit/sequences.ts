/**
 * Sequences: what each of many people did, one person after the other, each in the order of time: the one input of every
 * journey.
 *
 * ```
 * offsets  0        3     5           person i has the events [offsets[i], offsets[i + 1])
 * at       9 11 40  7 12  …           ms, ascending within a person
 * codes    1  2  4  1  1  …           what the event is to the question: a bit a step, or a number a text
 * ```
 *
 * Events of the same instant stand in no defined order: a journey treats them as a set, or orders them by what they are,
 * so that no answer depends on the order of arrival (G2).
 */

export interface Sequences {
  readonly personCount: number;
  readonly offsets: Uint32Array;
  readonly at: Float64Array;
  readonly codes: Uint32Array;
  /** With grouping `event` one an event, with `person` one a person, else empty: codes of texts. */
  readonly groups: Uint32Array;
  /** Hash of person i: high word at 2i, low word at 2i + 1, unsigned. */
  readonly people: Uint32Array;
}
