/**
 * Journey routes: `POST /v1/query/<journey>` for each journey of `kinds.ts`, and `POST /v1/query/<journey>/people` for the people of a
 * funnel's step and of a figure of `figures.ts`. Each takes a question and gives an answer with `meta`.
 */
import { Hono } from 'hono';
import { z } from 'zod';
import { settleBots } from '../../core/bots/asked-bots.ts';
import { FIGURES, kindOf, parseFigure } from '../../core/journeys/figures.ts';
import { funnelPeople } from '../../core/journeys/funnel/funnel-people.ts';
import { JOURNEYS, type JourneyRefusalCode } from '../../core/journeys/kinds.ts';
import type { FigureKind } from '../../core/journeys/kit/figure.ts';
import type { JourneyKind } from '../../core/journeys/kit/journey-kind.ts';
import { COMMON_CODES, type JourneyQuestion } from '../../core/journeys/kit/request.ts';
import { LIMITS } from '../../core/limits.ts';
import { Problem } from '../../http/problem.ts';
import { route } from '../../http/route.ts';
import type { Services } from '../../services.ts';
import { FUNNEL_PEOPLE_CALL, figurePeopleCall, journeyCall } from '../../wire/journeys.ts';
import { answerCall } from '../call/call.ts';
import type { QueryPorts } from '../view/asking.ts';
import { READING_CODES } from '../view/refusal.ts';
import { answerJourney, mustJourney, mustQuestion, wireReading } from './answer-journey.ts';
import { listFigurePeople } from './figure-people.ts';
import { listFunnelPeople } from './funnel-people.ts';
import { parsePeopleCursor } from './people-page.ts';

export type JourneyServices = Pick<Services, 'auth'> & QueryPorts;

/** @example app.route('/v1/query', journeyRoutes(services)) */
export function journeyRoutes(services: JourneyServices): Hono {
  const app = new Hono();
  for (const kind of JOURNEYS) addJourney(app, services, kind);
  addFunnelPeople(app, services);
  for (const figure of FIGURES) addFigurePeople(app, services, figure);
  return app;
}

const READ = { method: 'post', tag: 'query', key: 'read' } as const;

/** Each field of a question is refused with a code of its own, so the question is parsed by its kind. */
function bodyOf(described: z.ZodType) {
  return { schema: z.unknown(), described, sizeBytesMax: LIMITS.queryBodySizeBytesMax };
}

function errorsOf({ codes }: { readonly codes: Readonly<Record<string, JourneyRefusalCode>> }) {
  return [...new Set([...READING_CODES, ...COMMON_CODES, ...Object.values(codes)])];
}

function addJourney(
  app: Hono,
  services: JourneyServices,
  kind: JourneyKind<JourneyQuestion, JourneyRefusalCode>,
): void {
  const { summary, description, name } = kind;
  const { request, answer } = journeyCall(kind);
  route(
    app,
    services.auth,
    { ...READ, path: `/${name}`, summary, description, body: bodyOf(request), answer, errors: errorsOf(kind) },
    async ({ tenant, body }) => {
      const nowMs = services.now();
      const spec = mustJourney({ kind: name, body }, tenant, nowMs);
      return answerCall(services, { tenant, nowMs }, (asking) => answerJourney(asking, spec));
    },
  );
}

function addFunnelPeople(app: Hono, services: JourneyServices): void {
  const { request, answer } = FUNNEL_PEOPLE_CALL;
  const { name, summary } = funnelPeople;
  const errors = [...errorsOf(funnelPeople), 'cursor-invalid' as const];
  route(
    app,
    services.auth,
    { ...READ, path: `/${name}`, summary, body: bodyOf(request), answer, errors },
    async ({ tenant, body }) => {
      const nowMs = services.now();
      const question = settleBots(mustQuestion(funnelPeople.parse(body, tenant.timezone)), tenant.bots);
      const after = question.cursor === null ? null : mustCursor(question.cursor);
      return answerCall(services, { tenant, nowMs }, async (asking) =>
        wireReading(asking, await listFunnelPeople(asking, question, { after })),
      );
    },
  );
}

function addFigurePeople(app: Hono, services: JourneyServices, figure: FigureKind): void {
  const { request, answer } = figurePeopleCall(figure);
  const kind = kindOf(figure);
  const summary = `The people of a figure of the answer to ${kind.name}`;
  const errors = [...errorsOf(kind), 'cursor-invalid' as const];
  route(
    app,
    services.auth,
    { ...READ, path: `/${kind.name}/people`, summary, body: bodyOf(request), answer, errors },
    async ({ tenant, body }) => {
      const nowMs = services.now();
      const { timezone, bots } = tenant;
      const question = mustQuestion(parseFigure(figure, body, { timezone, nowMs, bots }));
      const after = question.cursor === null ? null : mustCursor(question.cursor);
      return answerCall(services, { tenant, nowMs }, async (asking) =>
        wireReading(asking, await listFigurePeople(asking, figure, question, { after })),
      );
    },
  );
}

function mustCursor(cursor: string): bigint {
  const person = parsePeopleCursor(cursor);
  if (person !== null) return person;
  const message = '`cursor` was not issued by this endpoint. Start again without it.';
  throw new Problem(400, 'cursor-invalid', message, { extra: { path: '/cursor' } });
}
