/** Questions: the shapes of the calls that ask, as the wire has them. */
import type { Condition } from '../../core/event/condition.ts';
import type { Answer, QuestionBody } from '../../wire/query.ts';

export type ConditionBody = Condition;
export type { Answer, QuestionBody };
export type Series = Answer['series'][number];

/** The first and only series of an ungrouped question. */
export function totalOf(answer: Answer | undefined): number | null {
  return answer?.series[0]?.total ?? null;
}

/** The total of the earlier range of a comparison; null when there is none. */
export function comparedTotalOf(answer: Answer | undefined): number | null {
  return answer?.compared?.series[0]?.total ?? null;
}
