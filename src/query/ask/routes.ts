/**
 * Query routes: `POST /v1/query`: one question, up to twelve in `{queries: […]}` answered in their order, or named ones
 * with formulas over them.
 */
import { Hono } from 'hono';
import { z } from 'zod';
import { LIMITS } from '../../core/limits.ts';
import { route } from '../../http/route.ts';
import type { Services } from '../../services.ts';
import { reportAnswerSchema, reportSchema } from '../../wire/query.ts';
import { answerCall } from '../call/call.ts';
import type { QueryPorts } from '../view/asking.ts';
import { answerReport } from './kept-answers.ts';
import { mustReport, REPORT_CODES } from './report-problems.ts';

export type QueryServices = Pick<Services, 'auth'> & QueryPorts;

/** @example app.route('/v1/query', queryRoutes(services)) */
export function queryRoutes(services: QueryServices): Hono {
  const app = new Hono();
  route(
    app,
    services.auth,
    {
      method: 'post',
      path: '/',
      summary: 'Counts events and people, and computes statistics, over time and by property',
      description:
        'The body is one question, `{queries: […]}` for several, or `{queries: {a: …}, formulas: {rate: "a / b"}}`. ' +
        '`from` and `to` are ISO times with their zone, or dates, which mean midnight in `timezone`. ' +
        'Series go by total, descending; the remainder beyond `top` is one more series with `other: true`.',
      tag: 'query',
      key: 'read',
      body: { schema: z.unknown(), described: reportSchema, sizeBytesMax: LIMITS.queryBodySizeBytesMax },
      answer: reportAnswerSchema,
      errors: REPORT_CODES,
      example: { body: { measure: 'count', events: ['Order Completed'], interval: 'day', last: '30 days' } },
    },
    async ({ tenant, body }) => {
      const nowMs = services.now();
      const report = mustReport(body, tenant, nowMs);
      return answerCall(services, { tenant, nowMs }, (asking) => answerReport(asking, report));
    },
  );
  return app;
}
