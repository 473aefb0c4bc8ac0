/**
 * FunnelRows: the parts that the funnel and the list of its people share: the reader of masks, and the algorithm that
 * follows steps.
 */
import { matchedRows } from '../kit/matched-rows.ts';
import type { RowReader } from '../kit/row-reader.ts';
import type { Sequences } from '../kit/sequences.ts';
import { ChainFunnel, type ChainTimes } from './funnel-chain.ts';
import type { FunnelQuestion } from './funnel-question.ts';
import { SameFunnel } from './funnel-same.ts';
import { SetFunnel } from './funnel-set.ts';

/** Follows the steps of one person over masks. */
export type MaskAlgorithm = ChainFunnel | SetFunnel;

/** Follows the steps of one person, whose events are [from, to). */
export interface StepAlgorithm {
  /** The result of the last call of `time`. */
  readonly times: ChainTimes;
  /** The last step reached; 0 when none is. */
  reach(people: Sequences, from: number, to: number): number;
  /** Writes into `times` how long the steps up to `target` take. */
  time(people: Sequences, from: number, to: number, target: number): void;
  /** Whether the event can belong to the earliest anchor of the last call of `time`, if it is at its instant. */
  isOfAnchor(people: Sequences, row: number): boolean;
}

/** A bit for each step, then one for each exclusion. Events are read as far as the window of the last anchor reaches. */
export function funnelReader(question: FunnelQuestion): RowReader {
  const { steps, exclusions, breakdown, endMs, rules, same } = question;
  const matchers = [...steps, ...exclusions].map(({ matcher }) => matcher);
  return matchedRows(question, matchers, { endMs: endMs + rules.windowMs, groupedBy: breakdown, markedBy: same });
}

export function stepAlgorithm({
  isInOrder,
  rules,
  same,
}: Pick<FunnelQuestion, 'isInOrder' | 'rules' | 'same'>): StepAlgorithm {
  const algorithm = isInOrder ? new ChainFunnel(rules) : new SetFunnel(rules);
  return same === null ? new PlainFunnel(algorithm) : new SameFunnel(algorithm, rules.stepCount);
}

/** A funnel whose steps need not share anything. */
class PlainFunnel implements StepAlgorithm {
  readonly times: ChainTimes;
  readonly #algorithm: MaskAlgorithm;

  constructor(algorithm: MaskAlgorithm) {
    this.#algorithm = algorithm;
    this.times = algorithm.times;
  }

  reach({ at, codes }: Sequences, from: number, to: number): number {
    return this.#algorithm.reach(at, codes, from, to);
  }

  time({ at, codes }: Sequences, from: number, to: number, target: number): void {
    this.#algorithm.time(at, codes, from, to, target);
  }

  isOfAnchor(): boolean {
    return true;
  }
}
