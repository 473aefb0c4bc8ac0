/** Questions: the shapes of the calls that ask, as the wire has them. */
import type { Bots } from '../../core/bots/bots.ts';
import type { Condition } from '../../core/event/condition.ts';
import type { Answer, QuestionBody } from '../../wire/query.ts';

export type ConditionBody = Condition;
export type { Answer, Bots, QuestionBody };
export type Series = Answer['series'][number];
