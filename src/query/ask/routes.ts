/**
 * Query routes: `POST /v1/query`: one question, up to twelve in `{queries: […]}` answered in their order, or named ones
 * with formulas over them.
 */
import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { LIMITS } from '../../core/limits.ts';
import { describe } from '../../http/describe.ts';
import { parseJson } from '../../http/problem.ts';
import type { Services } from '../../services.ts';
import { beginAsking, type QueryPorts } from '../view/asking.ts';
import { reportAnswerSchema, reportSchema, runReport } from './report.ts';
import { mustAnswer, mustReport } from './report-problems.ts';

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
      const nowMs = services.now();
      const report = mustReport(body, tenant, nowMs);
      return c.json(mustAnswer(await runReport(await beginAsking(services, tenant, nowMs), report)));
    },
  );
  return app;
}
