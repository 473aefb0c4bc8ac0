/**
 * Insight routes: saved questions: list, show, save, remove, run.
 */
import { Hono } from 'hono';
import { LIMITS } from '../../core/limits.ts';
import { namesOfQueries } from '../../core/names/given-names.ts';
import { toHex } from '../../core/std/hex.ts';
import { isoTime } from '../../core/std/instant.ts';
import { Problem } from '../../http/problem.ts';
import { route } from '../../http/route.ts';
import type { Services } from '../../services.ts';
import { deletedSchema } from '../../wire/deleted.ts';
import {
  insightListSchema,
  insightRunSchema,
  insightSchema,
  newInsightSchema,
  type WireInsight,
} from '../../wire/insights.ts';
import { reportSchema } from '../../wire/query.ts';
import { mustReport, REPORT_CODES } from '../ask/report-problems.ts';
import { answerCall } from '../call/call.ts';
import { givenNamesCheck } from '../open/check-given.ts';
import type { QueryPorts } from '../view/asking.ts';
import { createInsight, deleteInsight, findInsight, type Insight, listInsights } from './insight-store.ts';
import { runInsight } from './run-insight.ts';

export type InsightServices = Pick<Services, 'auth' | 'random'> & QueryPorts;

const ID_BYTES = 8;

/** @example app.route('/v1/insights', insightRoutes(services)) */
export function insightRoutes(services: InsightServices): Hono {
  const app = new Hono();
  listing(app, services);
  saving(app, services);
  running(app, services);
  return app;
}

const own = { tag: 'query' } as const;

function listing(app: Hono, { db, auth }: InsightServices): void {
  route(
    app,
    auth,
    { ...own, method: 'get', path: '/', summary: 'Lists the saved questions', key: 'read', answer: insightListSchema },
    async ({ tenant }) => ({ insights: (await listInsights(db, tenant.uid)).map(wireInsight) }),
  );

  route(
    app,
    auth,
    {
      ...own,
      method: 'get',
      path: '/:id',
      summary: 'Shows a saved question',
      key: 'read',
      answer: insightSchema,
      errors: ['insight-not-found'],
    },
    async ({ tenant, params: { id } }) => wireInsight(await mustFind(db, tenant.uid, id)),
  );
}

function saving(app: Hono, services: InsightServices): void {
  const { db, auth, now, random } = services;
  const checkNames = givenNamesCheck(services);
  route(
    app,
    auth,
    {
      ...own,
      method: 'post',
      path: '/',
      summary: 'Saves a question',
      key: 'admin',
      body: {
        schema: newInsightSchema,
        described: newInsightSchema.extend({ query: reportSchema }).meta({ id: 'NewInsight' }),
        sizeBytesMax: LIMITS.queryBodySizeBytesMax,
      },
      answer: insightSchema,
      status: 201,
      errors: [...REPORT_CODES, 'insights-full'],
    },
    async ({ tenant, body: { name, query } }) => {
      const createdAtMs = now();
      const { questions } = mustReport(query, tenant, createdAtMs, '/query');
      await checkNames(tenant, namesOfQueries(questions.map((question) => question.query)));
      const insight = { id: toHex(random(ID_BYTES)), name, query, createdAtMs };
      if (!(await createInsight(db, tenant.uid, insight))) throw insightsFull();
      return wireInsight(insight);
    },
  );

  route(
    app,
    auth,
    {
      ...own,
      method: 'delete',
      path: '/:id',
      summary: 'Removes a saved question',
      key: 'admin',
      answer: deletedSchema,
      errors: ['insight-not-found'],
    },
    async ({ tenant, params: { id } }) => {
      if (!(await deleteInsight(db, tenant.uid, id))) throw notFound();
      return { deleted: { id } };
    },
  );
}

function running(app: Hono, services: InsightServices): void {
  const { db, auth, now } = services;
  route(
    app,
    auth,
    {
      ...own,
      method: 'post',
      path: '/:id/run',
      summary: 'Answers a saved question; the answer is kept until the data change',
      key: 'read',
      answer: insightRunSchema,
      errors: [...REPORT_CODES, 'insight-not-found'],
    },
    async ({ tenant, params: { id } }) => {
      const insight = await mustFind(db, tenant.uid, id);
      return answerCall(services, { tenant, nowMs: now() }, (asking) => runInsight(asking, insight));
    },
  );
}

async function mustFind(db: D1Database, uid: string, id: string): Promise<Insight> {
  const insight = await findInsight(db, uid, id);
  if (insight === null) throw notFound();
  return insight;
}

function wireInsight({ createdAtMs, ...insight }: Insight): WireInsight {
  return { ...insight, createdAt: isoTime(createdAtMs) };
}

function notFound(): Problem {
  return new Problem(404, 'insight-not-found', 'The tenant has no insight with this id.');
}

function insightsFull(): Problem {
  const detail = `A tenant may have ${LIMITS.insightsMax} insights.`;
  return new Problem(409, 'insights-full', detail, { extra: { limit: LIMITS.insightsMax } });
}
