/**
 * FunnelRows: the parts that the funnel and the list of its people share: the reader of masks, and the algorithm that
 * follows steps.
 */
import { matchedRows } from '../kit/matched-rows.ts';
import type { RowReader } from '../kit/row-reader.ts';
import { ChainFunnel } from './funnel-chain.ts';
import type { FunnelQuestion } from './funnel-question.ts';
import { SetFunnel } from './funnel-set.ts';

export type StepAlgorithm = ChainFunnel | SetFunnel;

/** A bit for each step, then one for each exclusion. */
export function funnelReader(question: FunnelQuestion): RowReader {
  const matchers = [...question.steps, ...question.exclusions].map(({ matcher }) => matcher);
  return matchedRows(question, matchers, { groupedBy: question.breakdown });
}

export function stepAlgorithm({ isInOrder, rules }: FunnelQuestion): StepAlgorithm {
  return isInOrder ? new ChainFunnel(rules) : new SetFunnel(rules);
}
