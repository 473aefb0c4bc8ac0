/**
 * Journey routes: `POST /v1/query/{funnel,retention,paths,sessions,active,lifecycle,frequency}`, and the people of a funnel's
 * step at `/v1/query/funnel/people`. Each is a question in, an answer with `meta` out.
 */
import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { activeSchema, parseActive } from '../../core/journeys/active.ts';
import { frequencySchema, parseFrequency } from '../../core/journeys/frequency.ts';
import {
  funnelPeopleSchema,
  funnelSchema,
  parseFunnel,
  parseFunnelPeople,
} from '../../core/journeys/funnel/funnel-question.ts';
import { type JourneySpec, journeyOf } from '../../core/journeys/kinds.ts';
import type { JourneyRefusal } from '../../core/journeys/kit/request.ts';
import { lifecycleSchema, parseLifecycle } from '../../core/journeys/lifecycle.ts';
import { parsePaths, pathsSchema } from '../../core/journeys/paths.ts';
import { parseRetention, retentionSchema } from '../../core/journeys/retention.ts';
import { parseSessions, sessionsSchema } from '../../core/journeys/sessions.ts';
import { LIMITS } from '../../core/limits.ts';
import { ok, type Result } from '../../core/std/result.ts';
import type { Tenant } from '../../core/tenant/tenant.ts';
import { describe } from '../../http/describe.ts';
import { Problem, parseJson } from '../../http/problem.ts';
import type { Services } from '../../services.ts';
import { type Asking, beginAsking, type QueryPorts } from '../view/asking.ts';
import { viewMeta } from '../view/meta.ts';
import { invalidQuestion, type LakeRefusal, problemOf } from '../view/refusal.ts';
import { listFunnelPeople, parsePeopleCursor } from './funnel-people.ts';
import * as answers from './journey-answers.ts';
import { type JourneyReading, readJourney } from './journey-source.ts';

export type JourneyServices = Pick<Services, 'auth'> & QueryPorts;

interface JourneyKind {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly body: z.ZodType;
  readonly answer: z.ZodType;
  readonly parse: (body: unknown, timezone: string, nowMs: number) => Result<JourneySpec, JourneyRefusal>;
}

const JOURNEYS: readonly JourneyKind[] = [
  {
    name: 'funnel',
    summary: 'How many people get through a row of steps',
    description:
      'Steps of one person within `windowSeconds` of the first, in order or in any order. Each person is in one group of a ' +
      'breakdown: that of the first step which gets them furthest.',
    body: funnelSchema,
    answer: answers.funnelAnswerSchema,
    parse: (body, timezone) => made(parseFunnel(body, timezone), (question) => ({ kind: 'funnel', question })),
  },
  {
    name: 'retention',
    summary: 'How many people come back in the n-th day, week or month',
    description:
      'Every cohort of the range, and all together: `overall[n]` sums the cohorts that are old enough for n.',
    body: retentionSchema,
    answer: answers.retentionAnswerSchema,
    parse: (body, timezone, nowMs) =>
      made(parseRetention(body, timezone, nowMs), (question) => ({ kind: 'retention', question })),
  },
  {
    name: 'paths',
    summary: 'What people do next, or did before',
    description: 'One path a person, from the first event of `startAt` or to the last of `endAt`.',
    body: pathsSchema,
    answer: answers.pathsAnswerSchema,
    parse: (body, timezone) => made(parsePaths(body, timezone), (question) => ({ kind: 'paths', question })),
  },
  {
    name: 'sessions',
    summary: 'Sessions: count, duration, bounces, entry and exit pages',
    description:
      'A session counts in the range it starts in, and ends when nothing comes for longer than `gapSeconds`.',
    body: sessionsSchema,
    answer: answers.sessionsAnswerSchema,
    parse: (body, timezone) => made(parseSessions(body, timezone), (question) => ({ kind: 'sessions', question })),
  },
  {
    name: 'active',
    summary: 'People active each day, in the 7 and in the 30 days that end with it',
    description: 'The 29 days before the range are read too. Today is the last day told.',
    body: activeSchema,
    answer: answers.activeAnswerSchema,
    parse: (body, timezone, nowMs) =>
      made(parseActive(body, timezone, nowMs), (question) => ({ kind: 'active', question })),
  },
  {
    name: 'lifecycle',
    summary: 'New, returning, resurrected and dormant people of each interval',
    description: 'New is who was not seen in `historyDays` before the range. The last interval told is that of now.',
    body: lifecycleSchema,
    answer: answers.lifecycleAnswerSchema,
    parse: (body, timezone, nowMs) =>
      made(parseLifecycle(body, timezone, nowMs), (question) => ({ kind: 'lifecycle', question })),
  },
  {
    name: 'frequency',
    summary: 'How many people did it how often',
    description: 'Events, or hours, days, weeks or months with one.',
    body: frequencySchema,
    answer: answers.frequencyAnswerSchema,
    parse: (body, timezone) => made(parseFrequency(body, timezone), (question) => ({ kind: 'frequency', question })),
  },
];

const PATH = '/v1/query';

export function journeyRoutes(services: JourneyServices): Hono {
  const app = new Hono();
  for (const { name, summary, description, body, answer, parse } of JOURNEYS) {
    app.post(
      `${PATH}/${name}`,
      describe({ summary, description, tag: 'query', key: 'read', body, answer }),
      answering(services, (tenant, input, nowMs) => {
        const spec = must(parse(input, tenant.timezone, nowMs));
        return (asking) => readJourney(asking, journeyOf(spec), { spec });
      }),
    );
  }
  app.post(
    `${PATH}/funnel/people`,
    describe({
      summary: 'The people who reached a step of a funnel, or dropped before it',
      tag: 'query',
      key: 'read',
      body: funnelPeopleSchema,
      answer: answers.peopleAnswerSchema,
    }),
    answering(services, (tenant, input) => {
      const question = must(parseFunnelPeople(input, tenant.timezone));
      const after = question.cursor === null ? null : parsePeopleCursor(question.cursor);
      if (question.cursor !== null && after === null) {
        throw new Problem(400, 'cursor-invalid', 'cursor: not one that a page gave.', { extra: { path: '/cursor' } });
      }
      return (asking) => listFunnelPeople(asking, question, { after });
    }),
  );
  return app;
}

type Read = (asking: Asking) => Promise<Result<JourneyReading<object>, LakeRefusal>>;

/** The question is checked before anything is read; shards are listed after authentication and before anything else. */
function answering(services: JourneyServices, ask: (tenant: Tenant, body: unknown, nowMs: number) => Read) {
  return async (c: Context) => {
    const { tenant } = await services.auth.authenticate(c.req.raw.headers, 'read');
    const body = await parseJson(c.req.raw, z.unknown(), LIMITS.queryBodySizeBytesMax);
    const nowMs = services.now();
    const read = ask(tenant, body, nowMs);
    const reading = await read(await beginAsking(services, tenant, nowMs));
    if (!reading.ok) throw problemOf(reading.error);
    const { answer, view, scannedEvents } = reading.value;
    const { estimated, ...fields } = answer as { readonly estimated?: true };
    const meta = viewMeta(view, scannedEvents);
    return c.json({
      ...fields,
      meta: { ...meta, elapsedMs: services.now() - nowMs, ...(estimated && { estimated }) },
    });
  };
}

function made<Q>(
  question: Result<Q, JourneyRefusal>,
  make: (question: Q) => JourneySpec,
): Result<JourneySpec, JourneyRefusal> {
  return question.ok ? ok(make(question.value)) : question;
}

function must<T>(parsed: Result<T, JourneyRefusal>): T {
  if (parsed.ok) return parsed.value;
  throw invalidQuestion(parsed.error);
}
