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
import type { MaskAlgorithm, StepAlgorithm } from './step-algorithm.ts';

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
