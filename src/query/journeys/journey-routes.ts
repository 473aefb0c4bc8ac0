/**
 * Journey routes: `POST /v1/query/<journey>` for each journey of `kinds.ts`, and the people of a funnel's step at
 * `/v1/query/funnel/people`. Each takes a question and gives an answer with `meta`.
 */
import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { funnelPeople } from '../../core/journeys/funnel/funnel-people.ts';
import { JOURNEYS, type JourneyRefusalCode, journeyOf } from '../../core/journeys/kinds.ts';
import type { JourneyKind } from '../../core/journeys/kit/journey-kind.ts';
import type { JourneyQuestion, JourneyRefusal } from '../../core/journeys/kit/request.ts';
import { LIMITS } from '../../core/limits.ts';
import type { Result } from '../../core/std/result.ts';
import type { Tenant } from '../../core/tenant/tenant.ts';
import { describe } from '../../http/describe.ts';
import { Problem, parseJson } from '../../http/problem.ts';
import type { Services } from '../../services.ts';
import { FUNNEL_PEOPLE_CALL, journeyCall } from '../../wire/journeys.ts';
import { type Asking, beginAsking, type QueryPorts } from '../view/asking.ts';
import { viewMeta } from '../view/meta.ts';
import { invalidQuestion, type LakeRefusal, problemOf } from '../view/refusal.ts';
import { listFunnelPeople, parsePeopleCursor } from './funnel-people.ts';
import { type JourneyReading, readJourney } from './journey-source.ts';

export type JourneyServices = Pick<Services, 'auth'> & QueryPorts;

export function journeyRoutes(services: JourneyServices): Hono {
  const app = new Hono();
  for (const kind of JOURNEYS) addJourney(app, services, kind);
  addFunnelPeople(app, services);
  return app;
}

function addJourney(
  app: Hono,
  services: JourneyServices,
  kind: JourneyKind<JourneyQuestion, JourneyRefusalCode>,
): void {
  const { summary, description, name } = kind;
  const { path, request, answer } = journeyCall(kind);
  app.post(
    path,
    describe({ summary, description, tag: 'query', key: 'read', body: request, answer }),
    answering(services, (body, { timezone }, nowMs) => {
      const spec = { kind: name, question: must(kind.parse(body, timezone, nowMs)) };
      return (asking) => readJourney(asking, journeyOf(spec), { spec });
    }),
  );
}

function addFunnelPeople(app: Hono, services: JourneyServices): void {
  const { path, request, answer } = FUNNEL_PEOPLE_CALL;
  app.post(
    path,
    describe({ summary: funnelPeople.summary, tag: 'query', key: 'read', body: request, answer }),
    answering(services, (body, { timezone }) => {
      const question = must(funnelPeople.parse(body, timezone));
      const after = question.cursor === null ? null : mustCursor(question.cursor);
      return (asking) => listFunnelPeople(asking, question, { after });
    }),
  );
}

type Read = (asking: Asking) => Promise<Result<JourneyReading<object>, LakeRefusal>>;
/** Checks a question, which is refused by a throw, and returns the reading of its answer. */
type Ask = (body: unknown, tenant: Tenant, nowMs: number) => Read;

/** Checks the question before anything is read. The shards are listed after authentication and before anything else. */
function answering(services: JourneyServices, ask: Ask) {
  return async (c: Context) => {
    const { tenant } = await services.auth.authenticate(c.req.raw.headers, 'read');
    const body = await parseJson(c.req.raw, z.unknown(), LIMITS.queryBodySizeBytesMax);
    const nowMs = services.now();
    const read = ask(body, tenant, nowMs);
    const reading = await read(await beginAsking(services, tenant, nowMs));
    if (!reading.ok) throw problemOf(reading.error);
    const { answer, view, scannedEvents, isEstimated } = reading.value;
    const elapsedMs = services.now() - nowMs;
    const estimated = isEstimated && { estimated: true as const };
    return c.json({ ...answer, meta: { ...viewMeta(view, scannedEvents), elapsedMs, ...estimated } });
  };
}

function must<T>(parsed: Result<T, JourneyRefusal<JourneyRefusalCode>>): T {
  if (parsed.ok) return parsed.value;
  throw invalidQuestion(parsed.error);
}

function mustCursor(cursor: string): bigint {
  const person = parsePeopleCursor(cursor);
  if (person !== null) return person;
  const message = '`cursor` was not issued by this endpoint. Start again without it.';
  throw new Problem(400, 'cursor-invalid', message, { extra: { path: '/cursor' } });
}
