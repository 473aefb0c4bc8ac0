/** PathOrder: the events of one person in the direction of the path, from the instant of the anchor on. */
import { isAnchor, labelOf } from '../kit/labelled-rows.ts';
import type { Sequences } from '../kit/sequences.ts';
import { ABSENT, type TextCodes } from '../kit/text-codes.ts';
import type { PathsQuestion } from './paths-question.ts';

export class PathOrder {
  readonly #question: PathsQuestion;
  readonly #labels: TextCodes;
  readonly #groupTexts: TextCodes;

  constructor(question: PathsQuestion, labels: TextCodes, groupTexts: TextCodes) {
    this.#question = question;
    this.#labels = labels;
    this.#groupTexts = groupTexts;
  }

  /**
   * The instant of the first anchor among the events [from, to), or of the last one going backward; NaN when there is
   * none.
   */
  anchorInstant({ at, codes }: Sequences, from: number, to: number): number {
    if (this.#question.isBackward) {
      for (let row = to - 1; row >= from; row--) if (isAnchor(codes[row]!)) return at[row]!;
    } else {
      for (let row = from; row < to; row++) if (isAnchor(codes[row]!)) return at[row]!;
    }
    return Number.NaN;
  }

  /** The rows from the anchor's instant on, as many as can matter. The rows of one instant are ordered by text. */
  rowsFrom(anchorMs: number, people: Sequences, from: number, to: number): number[] {
    const { isBackward, stepCount, collapses, windowMs } = this.#question;
    const { at, codes } = people;
    const direction = isBackward ? -1 : 1;
    const end = isBackward ? from - 1 : to;
    let row = isBackward ? to - 1 : from;
    while (row !== end && at[row] !== anchorMs) row += direction;
    // The anchor is among the rows of its instant. Without collapsing, that instant and stepCount steps more are enough.
    let further = 0;
    const rows: number[] = [];
    for (; row !== end; row += direction) {
      if (at[row] !== anchorMs) {
        const isNewInstant = at[row] !== at[row - direction];
        if (isNewInstant && (Math.abs(at[row]! - anchorMs) > windowMs || (!collapses && further >= stepCount))) break;
        if (labelOf(codes[row]!) !== ABSENT) further++;
      }
      rows.push(row);
    }
    return this.#sort(rows, people);
  }

  /** Sorts by instant, then by text, then anchors first, then by the breakdown's text. */
  #sort(rows: number[], { at, codes, groups }: Sequences): number[] {
    const direction = this.#question.isBackward ? -1 : 1;
    const ranks = this.#labels.ranks();
    const groupRanks = this.#groupTexts.ranks();
    return rows.sort(
      (left, right) =>
        direction * (at[left]! - at[right]!) ||
        direction * (ranks[labelOf(codes[left]!)]! - ranks[labelOf(codes[right]!)]!) ||
        Number(isAnchor(codes[right]!)) - Number(isAnchor(codes[left]!)) ||
        (groups.length === 0 ? 0 : groupRanks[groups[left]!]! - groupRanks[groups[right]!]!),
    );
  }
}
