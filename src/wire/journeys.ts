/**
 * Journey calls: the request and the answer of `POST /v1/query/<journey>` as schemas, with the types inferred from them.
 *
 * They follow from the journeys' kinds: a new kind has its call here without a further line.
 *
 * @example
 * const body: JourneyRequest<'active'> = { from: '2026-06-01', to: '2026-07-01' };
 * const { days, meta } = JOURNEY_CALLS.active.answer.parse(await post('/v1/query/active', body));
 */
import type { z } from 'zod';
import { funnelPeople } from '../core/journeys/funnel/funnel-people.ts';
import { type JOURNEY_KINDS, JOURNEYS } from '../core/journeys/kinds.ts';
import { metaSchema } from './meta.ts';

/** The part of a kind that is seen on the wire. */
interface WireKind<Question extends z.ZodObject, Answer extends z.ZodObject> {
  readonly question: Question;
  readonly answer: Answer;
}

/** Adds `meta`, which every answer has. */
export function journeyCall<Question extends z.ZodObject, Answer extends z.ZodObject>({
  question,
  answer,
}: WireKind<Question, Answer>) {
  return { request: question, answer: answer.extend({ meta: metaSchema }) };
}

type Kind = (typeof JOURNEY_KINDS)[number];
export type JourneyName = Kind['name'];
type KindOf<Name extends JourneyName> = Extract<Kind, { readonly name: Name }>;
type CallOf<Name extends JourneyName> = ReturnType<
  typeof journeyCall<KindOf<Name>['question'], KindOf<Name>['answer']>
>;

/** The calls by the names of the journeys. */
export const JOURNEY_CALLS = Object.fromEntries(JOURNEYS.map((kind) => [kind.name, journeyCall(kind)])) as unknown as {
  readonly [Name in JourneyName]: CallOf<Name>;
};

/** The people of a funnel's step, page by page. */
export const FUNNEL_PEOPLE_CALL = journeyCall(funnelPeople);

export type JourneyRequest<Name extends JourneyName> = z.input<CallOf<Name>['request']>;
export type JourneyAnswer<Name extends JourneyName> = z.output<CallOf<Name>['answer']>;
export type FunnelPeopleRequest = z.input<typeof FUNNEL_PEOPLE_CALL.request>;
export type FunnelPeopleAnswer = z.output<typeof FUNNEL_PEOPLE_CALL.answer>;
