/**
 * Query routes: `POST /v1/query`, one question, or up to twelve in `{queries: […]}` answered in their order.
 */
import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { LIMITS } from '../core/limits.ts';
import { parseQuery, type Query, type QueryRefusal, querySchema } from '../core/query/request.ts';
import type { Tenant } from '../core/tenant.ts';
import { describe } from '../http/describe.ts';
import { Problem, parseJson } from '../http/problem.ts';
import type { Services } from '../services.ts';
import { executeAll, type QueryAnswer, type QueryPorts } from './execute.ts';
import { journeyRoutes } from './journey-routes.ts';
import { metaSchema } from './meta-schema.ts';
import { listShards } from './shards.ts';

export type QueryServices = Pick<Services, 'auth'> & QueryPorts;

export const QUERY_PATH = '/v1/query';

const batchSchema = z.strictObject({ queries: z.array(z.unknown()).min(1).max(LIMITS.queryBatchMax) });
const bodySchema = z.union([
  querySchema,
  z.strictObject({ queries: z.array(querySchema).min(1).max(LIMITS.queryBatchMax) }),
]);

const seriesSchema = z.object({
  key: z.record(z.string(), z.string().nullable()),
  other: z.literal(true).optional().describe('Everything beyond the top together; always the last series.'),
  total: z.number().nullable(),
  points: z.array(z.object({ at: z.iso.datetime(), value: z.number().nullable() })),
});
const answerSchema = z.object({ series: z.array(seriesSchema), meta: metaSchema });
const answersSchema = z.union([answerSchema, z.object({ answers: z.array(answerSchema) })]);

export function queryRoutes(services: QueryServices): Hono {
  const app = new Hono();
  app.post(
    QUERY_PATH,
    describe({
      summary: 'Counts, people and statistics over time and by property',
      description:
        'One question, or `{queries: […]}` for several. `from` and `to` are ISO times with their zone, or dates: midnight in `timezone`. ' +
        'Series go by total, descending; what is beyond `top` is one further series with `other: true`.',
      tag: 'query',
      key: 'read',
      body: bodySchema,
      answer: answersSchema,
    }),
    async (c: Context) => {
      const { tenant } = await services.auth.authenticate(c.req.raw.headers, 'read');
      const body = await parseJson(c.req.raw, z.unknown(), LIMITS.queryBodySizeBytesMax);
      if (!isBatch(body)) {
        const [answer] = await answerAll(services, tenant, [resolve(body, tenant, '')]);
        return c.json(answer);
      }
      const { queries } = parseBatch(body);
      const resolved = queries.map((query, index) => resolve(query, tenant, `/queries/${index}`));
      return c.json({ answers: await answerAll(services, tenant, resolved) });
    },
  );
  app.route('/', journeyRoutes(services));
  return app;
}

/** The shards are listed after authentication and before anything is read: whatever was acknowledged by then is in. */
async function answerAll(ports: QueryPorts, tenant: Tenant, queries: readonly Query[]): Promise<QueryAnswer[]> {
  const shards = await listShards(ports.directoryOf, tenant.uid);
  const answered = await executeAll(ports, tenant, queries, shards);
  if (!answered.ok) throw new Problem(422, answered.error.code, answered.error.message);
  return answered.value;
}

function isBatch(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'queries' in body;
}

function parseBatch(body: unknown): z.output<typeof batchSchema> {
  const parsed = batchSchema.safeParse(body);
  if (parsed.success) return parsed.data;
  const message = `queries holds 1 to ${LIMITS.queryBatchMax} questions, and nothing stands beside it`;
  throw refusal({ code: 'query-invalid', path: '/queries', message });
}

function resolve(body: unknown, tenant: Tenant, path: string): Query {
  const parsed = parseQuery(body, tenant.timezone);
  if (parsed.ok) return parsed.value;
  throw refusal({ ...parsed.error, path: path + parsed.error.path });
}

function refusal({ code, path, message }: QueryRefusal): Problem {
  return new Problem(400, code, path === '' ? message : `${path}: ${message}`, { extra: { path } });
}
