/**
 * Query routes: `POST /v1/query`: one question, up to twelve in `{queries: […]}` answered in their order, or named ones
 * with formulas over them.
 */
import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { LIMITS } from '../core/limits.ts';
import type { Tenant } from '../core/tenant.ts';
import { describe } from '../http/describe.ts';
import { Problem, parseJson } from '../http/problem.ts';
import type { Services } from '../services.ts';
import type { QueryPorts } from './execute.ts';
import { journeyRoutes } from './journey-routes.ts';
import {
  parseReport,
  type Report,
  type ReportAnswer,
  type ReportRefusal,
  reportAnswerSchema,
  reportSchema,
  runReport,
} from './report.ts';
import { listShards } from './shards.ts';

export type QueryServices = Pick<Services, 'auth'> & QueryPorts;

export const QUERY_PATH = '/v1/query';

export function queryRoutes(services: QueryServices): Hono {
  const app = new Hono();
  app.post(
    QUERY_PATH,
    describe({
      summary: 'Counts, people and statistics over time and by property',
      description:
        'One question, `{queries: […]}` for several, or `{queries: {a: …}, formulas: {rate: "a / b"}}`. ' +
        '`from` and `to` are ISO times with their zone, or dates: midnight in `timezone`. ' +
        'Series go by total, descending; what is beyond `top` is one further series with `other: true`.',
      tag: 'query',
      key: 'read',
      body: reportSchema,
      answer: reportAnswerSchema,
    }),
    async (c: Context) => {
      const { tenant } = await services.auth.authenticate(c.req.raw.headers, 'read');
      const body = await parseJson(c.req.raw, z.unknown(), LIMITS.queryBodySizeBytesMax);
      const report = mustReport(body, tenant, services.now());
      // The shards are listed before anything is read: whatever was acknowledged by then is in.
      const shards = await listShards(services.directoryOf, tenant.uid);
      return c.json(mustAnswer(await runReport(services, tenant, report, shards)));
    },
  );
  app.route('/', journeyRoutes(services));
  return app;
}

/** Throws 400 with the code and path of what is wrong. */
function mustReport(body: unknown, tenant: Tenant, nowMs: number): Report {
  const parsed = parseReport(body, tenant.timezone, nowMs);
  if (parsed.ok) return parsed.value;
  throw refusal(parsed.error);
}

/** Throws 422 `query-too-large`, 400 `formula-invalid`. */
function mustAnswer(answered: Awaited<ReturnType<typeof runReport>>): ReportAnswer {
  if (answered.ok) return answered.value;
  if ('path' in answered.error) throw refusal(answered.error);
  throw new Problem(422, answered.error.code, answered.error.message);
}

function refusal({ code, path, message }: ReportRefusal): Problem {
  return new Problem(400, code, path === '' ? message : `${path}: ${message}`, { extra: { path } });
}
