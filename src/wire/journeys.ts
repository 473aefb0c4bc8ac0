/**
 * Journey calls: the request and the answer of `POST /v1/query/<journey>` as schemas, with the types inferred from
 * them.
 *
 * They follow from the journeys' kinds: a new kind has its call here without a further line.
 *
 * @example
 * const body: JourneyRequest<'active'> = { from: '2026-06-01', to: '2026-07-01' };
 * const { days, meta } = JOURNEY_CALLS.active.answer.parse(await post('/v1/query/active', body));
 */
import type { z } from 'zod';
import { figureSchema } from '../core/journeys/figures.ts';
import { funnelPeople, peoplePageSchema } from '../core/journeys/funnel/funnel-people.ts';
import { type JOURNEY_KINDS, JOURNEYS } from '../core/journeys/kinds.ts';
import type { FigureKind } from '../core/journeys/kit/figure.ts';
import { metaSchema } from './meta.ts';

/** The schemas of a call. Every answer has `meta`. */
interface JourneyCall<Question extends z.ZodObject, Answer extends z.ZodObject> {
  readonly request: Question;
  readonly answer: z.ZodObject<Answer['shape'] & { readonly meta: typeof metaSchema }, z.core.$strip>;
}

export function journeyCall<Question extends z.ZodObject, Answer extends z.ZodObject>({
  question,
  answer,
}: {
  readonly question: Question;
  readonly answer: Answer;
}): JourneyCall<Question, Answer> {
  const withMeta: z.ZodObject = answers.get(answer) ?? answer.extend({ meta: metaSchema });
  answers.set(answer, withMeta);
  return { request: question, answer: withMeta as JourneyCall<Question, Answer>['answer'] };
}

/** One schema for an answer, however often its call is made. */
const answers = new WeakMap<z.ZodObject, z.ZodObject>();

type Kind = (typeof JOURNEY_KINDS)[number];
export type JourneyName = Kind['name'];
type KindOf<Name extends JourneyName> = Extract<Kind, { readonly name: Name }>;
type CallOf<Name extends JourneyName> = JourneyCall<KindOf<Name>['question'], KindOf<Name>['answer']>;

/** The calls by the names of the journeys. */
export const JOURNEY_CALLS = Object.fromEntries(JOURNEYS.map((kind) => [kind.name, journeyCall(kind)])) as unknown as {
  readonly [Name in JourneyName]: CallOf<Name>;
};

/** The people of a funnel's step, page by page. */
export const FUNNEL_PEOPLE_CALL = journeyCall(funnelPeople);

/** The people of a figure of another journey's answer, page by page. */
export function figurePeopleCall(figure: FigureKind) {
  const { journey: name } = figure;
  const id = `${name.charAt(0).toUpperCase()}${name.slice(1)}PeopleQuestion`;
  return journeyCall({ question: figureSchema(figure).meta({ id }), answer: peoplePageSchema });
}

export type JourneyRequest<Name extends JourneyName> = z.input<CallOf<Name>['request']>;
export type JourneyAnswer<Name extends JourneyName> = z.output<CallOf<Name>['answer']>;
export type FunnelPeopleRequest = z.input<typeof FUNNEL_PEOPLE_CALL.request>;
export type FunnelPeopleAnswer = z.output<typeof FUNNEL_PEOPLE_CALL.answer>;
