/**
 * Import routes: bulk history, admitted like any event, then stored past the shards.
 *
 *   POST /v1/import              one chunk; headers `x-import-id` and `x-import-chunk`, body newline-delimited JSON
 *   POST /v1/import/:id/finish   all chunks are sent: the days they touched are sealed
 *   GET  /v1/import/:id          what is stored of it, which days are sealed
 *
 * They are part of stage 1, because body and steps are those of `collect`. The store is handed in as the core's `Importer`,
 * for the edge does not know the lake.
 */
import { type Context, Hono } from 'hono';
import type { Importer } from '../core/event/import.ts';
import type { KeyScope, Tenant } from '../core/tenant/tenant.ts';
import type { Authenticated } from '../http/authenticate.ts';
import { describe } from '../http/describe.ts';
import { Problem } from '../http/problem.ts';
import { importStatusSchema, importVerdictSchema } from '../wire/ingest.ts';
import { type ChunkDeps, takeChunk } from './import-chunk.ts';

export interface ImportDeps extends Omit<ChunkDeps, 'importer'> {
  readonly auth: { authenticate(headers: Headers, needed: KeyScope): Promise<Authenticated> };
}

const IMPORT_PATH = '/v1/import';
const BODY_TYPE = 'application/x-ndjson';

/** @example app.route('/', importRoutes(services, lakeImporter(services))) */
export function importRoutes(deps: ImportDeps, importer: Importer): Hono {
  const app = new Hono();
  const chunkDeps: ChunkDeps = { ...deps, importer };

  const chunkRoute = describe({
    summary: 'Takes one chunk of bulk history, or a whole small import',
    tag: 'collect',
    key: 'write',
    bodyTypes: [BODY_TYPE],
    answer: importVerdictSchema,
  });
  app.post(IMPORT_PATH, chunkRoute, async (c) => {
    const { tenant } = await deps.auth.authenticate(c.req.raw.headers, 'write');
    return c.json(await takeChunk(c.req.raw, tenant, chunkDeps));
  });

  const finishRoute = describe({
    summary: 'Ends an import: its days are sealed',
    tag: 'collect',
    key: 'write',
    answer: importStatusSchema,
  });
  app.post(`${IMPORT_PATH}/:id/finish`, finishRoute, async (c) => {
    const { tenant } = await deps.auth.authenticate(c.req.raw.headers, 'write');
    return answerStatus(c, await importer.finish(tenant.uid, c.req.param('id')));
  });

  const statusRoute = describe({
    summary: 'How far an import is',
    tag: 'collect',
    key: 'read or write',
    answer: importStatusSchema,
  });
  app.get(`${IMPORT_PATH}/:id`, statusRoute, async (c) => {
    const { tenant } = await authenticateEither(deps, c.req.raw.headers);
    return answerStatus(c, await importer.status(tenant.uid, c.req.param('id')));
  });

  return app;
}

/** An import may be watched with the key that sends it, and with one that reads. */
async function authenticateEither({ auth }: ImportDeps, headers: Headers): Promise<{ readonly tenant: Tenant }> {
  try {
    return await auth.authenticate(headers, 'write');
  } catch (thrown) {
    if (thrown instanceof Problem && thrown.code === 'key-scope') return auth.authenticate(headers, 'read');
    throw thrown;
  }
}

function answerStatus(c: Context, status: Awaited<ReturnType<Importer['status']>>): Response {
  if (status === null) throw new Problem(404, 'import-not-found', 'No chunk of such an import is stored.');
  return c.json(status);
}
