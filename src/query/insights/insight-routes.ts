/**
 * Insight routes: saved questions: list, read, save, remove, run.
 *
 * A run gives the kept answer when neither the question (its `last` resolved to dates) nor the data have changed since, by
 * their version (data-version.ts); else it asks, and keeps what comes. The version is read after the request came and
 * before the question is asked: what was acknowledged before the request is in every answer given to it, kept or not.
 * Answers are kept in D1, which is read for the version anyway and is the same for all isolates; the Cache API would be one
 * more call, and another memory in each data centre.
 */
import { createHash } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { LIMITS, MINUTE_MS } from '../../core/limits.ts';
import type { DirectoryOf } from '../../core/shard/rpc.ts';
import type { Tenant } from '../../core/tenant/tenant.ts';
import { describe } from '../../http/describe.ts';
import { Problem, parseJson } from '../../http/problem.ts';
import type { Services } from '../../services.ts';
import { type Report, type ReportAnswer, rangeOf, reportAnswerSchema, reportSchema, runReport } from '../ask/report.ts';
import { mustAnswer, mustReport } from '../ask/report-problems.ts';
import { beginAsking, type QueryPorts } from '../view/asking.ts';
import { readDataVersion } from './data-version.ts';
import {
  createInsight,
  deleteInsight,
  findAnswer,
  findInsight,
  type Insight,
  keepAnswer,
  listInsights,
} from './insight-store.ts';

export type InsightServices = Pick<Services, 'auth' | 'random'> & QueryPorts & { readonly directoryOf: DirectoryOf };

const newInsightSchema = z.strictObject({
  name: z.string().trim().min(1).max(LIMITS.nameLengthMax),
  query: z.unknown().describe('A body of POST /v1/query; `last` keeps its range up to date.'),
});
const insightSchema = z.object({
  id: z.string(),
  name: z.string(),
  query: z.unknown(),
  createdAt: z.iso.datetime(),
});
const runSchema = z.object({
  insight: insightSchema.pick({ id: true, name: true }),
  cached: z.boolean().describe('Worked out before, and nothing has changed since.'),
  answeredAt: z.iso.datetime(),
  answer: reportAnswerSchema,
});

export function insightRoutes(services: InsightServices): Hono {
  const { db, auth, now, random } = services;
  const app = new Hono();
  const mustFind = async (uid: string, id: string): Promise<Insight> => {
    const insight = await findInsight(db, uid, id);
    if (insight === null) throw notFound();
    return insight;
  };

  app.get(
    '/v1/insights',
    describe({
      summary: 'Lists the saved questions',
      tag: 'query',
      key: 'read',
      answer: z.object({ insights: z.array(insightSchema) }),
    }),
    async (c) => {
      const { tenant } = await auth.authenticate(c.req.raw.headers, 'read');
      const insights = await listInsights(db, tenant.uid);
      return c.json({ insights: insights.map(wireInsight) });
    },
  );

  app.post(
    '/v1/insights',
    describe({
      summary: 'Saves a question',
      tag: 'query',
      key: 'admin',
      body: newInsightSchema.extend({ query: reportSchema }),
      answer: insightSchema,
      status: 201,
    }),
    async (c) => {
      const { tenant } = await auth.authenticate(c.req.raw.headers, 'admin');
      const { name, query } = await parseJson(c.req.raw, newInsightSchema, LIMITS.queryBodySizeBytesMax);
      mustReport(query, tenant, now(), '/query');
      const id = Array.from(random(8), (byte) => byte.toString(16).padStart(2, '0')).join('');
      const insight = { id, name, query, createdAtMs: now() };
      if (!(await createInsight(db, tenant.uid, insight))) throw insightsFull();
      return c.json(wireInsight(insight), 201);
    },
  );

  app.get(
    '/v1/insights/:id',
    describe({ summary: 'A saved question', tag: 'query', key: 'read', answer: insightSchema }),
    async (c) => {
      const { tenant } = await auth.authenticate(c.req.raw.headers, 'read');
      return c.json(wireInsight(await mustFind(tenant.uid, c.req.param('id'))));
    },
  );

  app.delete(
    '/v1/insights/:id',
    describe({
      summary: 'Removes a saved question',
      tag: 'query',
      key: 'admin',
      answer: z.object({ deleted: z.object({ id: z.string() }) }),
    }),
    async (c) => {
      const { tenant } = await auth.authenticate(c.req.raw.headers, 'admin');
      const id = c.req.param('id');
      if (!(await deleteInsight(db, tenant.uid, id))) throw notFound();
      return c.json({ deleted: { id } });
    },
  );

  app.post(
    '/v1/insights/:id/run',
    describe({
      summary: 'Answers a saved question; kept until its data change',
      tag: 'query',
      key: 'read',
      answer: runSchema,
    }),
    async (c: Context) => {
      const { tenant } = await auth.authenticate(c.req.raw.headers, 'read');
      const insight = await mustFind(tenant.uid, c.req.param('id') ?? '');
      return c.json(await run(services, tenant, insight));
    },
  );

  return app;
}

async function run(ports: InsightServices, tenant: Tenant, { id, name, query }: Insight) {
  const { db, now } = ports;
  const nowMs = now();
  const report = mustReport(query, tenant, nowMs);
  const asking = await beginAsking(ports, tenant, nowMs);
  const { hash, coverage } = await readDataVersion(asking, rangeOf(report));
  // A window closes as time goes by: then the answer is complete which was not, though no number differs.
  const version =
    hash &&
    createHash('sha256')
      .update(JSON.stringify([report, hash, coverage.isClosed, momentOf(report, now())]))
      .digest('hex');
  const kept = version && (await findAnswer(db, tenant.uid, id, version));
  if (kept) {
    const { answer, answeredAtMs } = kept;
    return { insight: { id, name }, cached: true, answeredAt: iso(answeredAtMs), answer: JSON.parse(answer) };
  }
  const answer = mustAnswer(await runReport(asking, report));
  const answeredAtMs = now();
  if (version && isHeard(answer))
    await keepAnswer(db, tenant.uid, id, { version, answer: JSON.stringify(answer), answeredAtMs });
  return { insight: { id, name }, cached: false, answeredAt: iso(answeredAtMs), answer };
}

/** A shard that told the version may have failed afterwards: what lacks its events is not to be given again. */
function isHeard(answer: ReportAnswer): boolean {
  const answers = 'answers' in answer ? Object.values(answer.answers) : [answer];
  const all = answers.flatMap(({ meta, compared }) => (compared === undefined ? [meta] : [meta, compared.meta]));
  return all.every(({ sources: { live } }) => live.answered === live.shards);
}

/** Who is in a cohort changes as its days go by: the minute, where one is named. */
function momentOf(report: Report, nowMs: number): number | null {
  return JSON.stringify(report).includes('{"cohort":') ? Math.floor(nowMs / MINUTE_MS) : null;
}

function wireInsight({ id, name, query, createdAtMs }: Insight): z.output<typeof insightSchema> {
  return { id, name, query, createdAt: iso(createdAtMs) };
}

function iso(atMs: number): string {
  return new Date(atMs).toISOString();
}

function notFound(): Problem {
  return new Problem(404, 'insight-not-found', 'The tenant has no insight of this id.');
}

function insightsFull(): Problem {
  const detail = `A tenant may have ${LIMITS.insightsMax} insights.`;
  return new Problem(409, 'insights-full', detail, { extra: { limit: LIMITS.insightsMax } });
}
