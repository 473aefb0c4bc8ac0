/**
 * Sequences: the events of many people as codes, one person after the other, each in the order of time. They are the
 * only input of a journey's fold.
 *
 * ```
 * offsets  0        3     5           person i has the events [offsets[i], offsets[i + 1])
 * at       9 11 40  7 12  …           ms, ascending within a person
 * codes    1  2  4  1  1  …           a bit for each step, or a number for each text
 * ```
 *
 * Events of the same instant are in no defined order: a fold treats them as a set, or orders them by their codes, so
 * that no answer depends on the order of arrival (G2).
 */
export interface Sequences {
  readonly personCount: number;
  readonly offsets: Uint32Array;
  readonly at: Float64Array;
  readonly codes: Uint32Array;
  /**
   * Codes of the breakdown's texts: one for each event or for each person, as `groupedBy` says; empty without a
   * breakdown.
   */
  readonly groups: Uint32Array;
  /** The mark of each event, or NaN; empty when events have no marks. */
  readonly marks: Float64Array;
  /** Hashes as unsigned words: that of person i has its high word at 2i and its low word at 2i + 1. */
  readonly people: Uint32Array;
}
