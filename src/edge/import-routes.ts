/**
 * Import routes: bulk history, admitted like any event, then stored past the shards.
 *
 * They are part of stage 1, because body and steps are those of `collect`. The store is handed in as the core's `Importer`,
 * for the edge does not know the lake.
 */
import { Hono } from 'hono';
import type { Importer, ImportStatus } from '../core/event/import.ts';
import { Problem } from '../http/problem.ts';
import { type RouteAuth, route } from '../http/route.ts';
import { importStatusSchema, importVerdictSchema } from '../wire/ingest.ts';
import { type ChunkDeps, takeChunk } from './import-chunk.ts';
import { NDJSON_TYPES } from './request/body.ts';

export interface ImportDeps extends Omit<ChunkDeps, 'importer'> {
  readonly auth: RouteAuth;
}

/** @example app.route('/v1/import', importRoutes(services, lakeImporter(services))) */
export function importRoutes(deps: ImportDeps, importer: Importer): Hono {
  const app = new Hono();
  const { auth } = deps;

  route(
    app,
    auth,
    {
      method: 'post',
      path: '/',
      summary: 'Takes one chunk of bulk history, or a whole small import',
      description:
        'Newline-delimited JSON. The headers `x-import-id` and `x-import-chunk` name a chunk; without them the body is a ' +
        'whole import, whose days are sealed at once. A line needs a `timestamp`; with the header `x-import-time: now` one ' +
        'without it happened when it was received. The events of a chunk may lie on 500 days.',
      tag: 'collect',
      key: 'write',
      bodyTypes: NDJSON_TYPES,
      answer: importVerdictSchema,
      errors: [
        'request-invalid',
        'body-empty',
        'body-incomplete',
        'body-too-large',
        'content-type-unsupported',
        'content-encoding-unsupported',
        'gzip-invalid',
        'too-many-events',
        'too-many-days',
        'events-too-large',
        'quota-exceeded',
        'days-quota-exceeded',
        'links-quota-exceeded',
        'storage-quota-exceeded',
        'request-over-quota',
        'import-chunk-conflict',
        'import-unavailable',
      ],
    },
    ({ tenant, request }) => takeChunk(request, tenant, { ...deps, importer }),
  );

  route(
    app,
    auth,
    {
      method: 'post',
      path: '/:id/finish',
      summary: 'Ends an import: its days are sealed',
      tag: 'collect',
      key: 'write',
      answer: importStatusSchema,
      errors: ['import-not-found'],
    },
    async ({ tenant, params: { id } }) => mustExist(await importer.finish(tenant.uid, id)),
  );

  route(
    app,
    auth,
    {
      method: 'get',
      path: '/:id',
      summary: 'Shows the progress of an import: the stored chunks and rows, and the sealed days',
      tag: 'collect',
      key: 'read or write',
      answer: importStatusSchema,
      errors: ['import-not-found'],
    },
    async ({ tenant, params: { id } }) => mustExist(await importer.status(tenant.uid, id)),
  );

  return app;
}

function mustExist(status: ImportStatus | null): ImportStatus {
  if (status === null) throw new Problem(404, 'import-not-found', 'No chunk of an import with this id is stored.');
  return status;
}
