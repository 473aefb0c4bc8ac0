/**
 * AfterFunnel: the paths of the people who dropped out of a funnel, from the moment on at which they got as far as they got.
 *
 * Each person is followed through the funnel first, by the funnel's own algorithm, so these are the people that it counts. The
 * moment is the end of the first chain that gets to the last step that counts. The events of that step at that moment become the
 * anchor of a path, and the person is handed on as one whose events have labels alone.
 */
import { stepAlgorithm } from '../funnel/funnel-rows.ts';
import type { StepAlgorithm } from '../funnel/step-algorithm.ts';
import type { JourneyFold } from '../kit/journey.ts';
import { codeOf } from '../kit/labelled-rows.ts';
import type { Sequences } from '../kit/sequences.ts';
import type { TextCodes } from '../kit/text-codes.ts';
import { parseMaskAndLabel } from './after-funnel-rows.ts';
import type { AfterFunnel } from './paths-question.ts';

interface Parts<Answer extends object> {
  readonly inner: JourneyFold<Answer>;
  /** The labels of paths. */
  readonly labels: TextCodes;
  /** The texts behind the codes of the reader. */
  readonly codes: TextCodes;
}

export class AfterFunnelFold<Answer extends object> implements JourneyFold<Answer> {
  readonly #funnel: AfterFunnel;
  readonly #algorithm: StepAlgorithm;
  readonly #parts: Parts<Answer>;
  readonly #anchorMask: number;
  /** By the reader's code. */
  readonly #masks: number[] = [];
  readonly #labels: number[] = [];

  constructor(funnel: AfterFunnel, parts: Parts<Answer>) {
    this.#funnel = funnel;
    this.#algorithm = stepAlgorithm(funnel);
    this.#parts = parts;
    const { isInOrder, last, rules } = funnel;
    // Steps in any order may end with any of them.
    this.#anchorMask = isInOrder ? 2 ** (last - 1) : 2 ** rules.stepCount - 1;
  }

  get excess(): string | null {
    return this.#parts.inner.excess;
  }

  add(people: Sequences): void {
    this.#learn();
    const { offsets, personCount } = people;
    const masked = { ...people, codes: people.codes.map((code) => this.#masks[code]!) };
    for (let person = 0; person < personCount && this.excess === null; person++)
      this.#addPerson(people, masked, { person, from: offsets[person]!, to: offsets[person + 1]! });
  }

  finish(): Answer {
    return this.#parts.inner.finish();
  }

  #addPerson(
    people: Sequences,
    masked: Sequences,
    { person, from, to }: { readonly person: number; readonly from: number; readonly to: number },
  ): void {
    const { last, outcome } = this.#funnel;
    const reached = this.#algorithm.reach(masked, from, to);
    if (outcome === 'dropped' ? reached !== last : reached < last) return;
    this.#algorithm.time(masked, from, to, last);
    const { earliestAnchorMs, earliestMs } = this.#algorithm.times;
    const momentMs = earliestAnchorMs + earliestMs;
    const at = people.at.subarray(from, to);
    const codes = people.codes.subarray(from, to).map((code, row) => {
      const isAnchor = at[row] === momentMs && (this.#masks[code]! & this.#anchorMask) !== 0;
      return codeOf(this.#labels[code]!, Number(isAnchor));
    });
    this.#parts.inner.add({
      personCount: 1,
      offsets: Uint32Array.of(0, to - from),
      at,
      codes,
      groups: people.groups.length === 0 ? people.groups : people.groups.subarray(from, to),
      marks: people.marks,
      people: people.people.subarray(2 * person, 2 * person + 2),
    });
  }

  /** Reads the texts of the codes that came since. */
  #learn(): void {
    const { codes, labels } = this.#parts;
    for (let code = this.#masks.length; code < codes.count; code++) {
      const { mask, label } = parseMaskAndLabel(codes.text(code) ?? '0');
      this.#masks.push(mask);
      this.#labels.push(labels.code(label));
    }
  }
}
