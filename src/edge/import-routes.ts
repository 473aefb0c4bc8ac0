/**
 * Import routes: bulk history, admitted like any event, then stored past the shards.
 *
 * They are part of stage 1, because body and steps are those of `collect`. The store is handed in as the core's `Importer`,
 * for the edge does not know the lake.
 */
import { Hono } from 'hono';
import { z } from 'zod';
import type { Importer, ImportStatus, ListPosition } from '../core/event/import.ts';
import { LIMITS } from '../core/limits.ts';
import { Hasher } from '../core/std/hash.ts';
import { isoTime } from '../core/std/instant.ts';
import { Problem, requestInvalid } from '../http/problem.ts';
import { type RouteAuth, route } from '../http/route.ts';
import {
  importDrawnSchema,
  importListSchema,
  importStatusSchema,
  importVerdictSchema,
  importVersionRequestSchema,
} from '../wire/ingest.ts';
import { type ChunkDeps, IMPORT_CHUNKS_MAX, importIdSchema, importRefused, takeChunk } from './import-chunk.ts';
import { NDJSON_TYPES } from './request/body.ts';

export interface ImportDeps extends Omit<ChunkDeps, 'importer'> {
  readonly auth: RouteAuth;
}

/** @example app.route('/v1/import', importRoutes(services, lakeImporter(services))) */
export function importRoutes(deps: ImportDeps, importer: Importer): Hono {
  const app = new Hono();
  addChunks(app, deps, importer);
  addVersions(app, deps, importer);
  addReadings(app, deps, importer);
  return app;
}

function addChunks(app: Hono, deps: ImportDeps, importer: Importer): void {
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
        'whole import, which is finished at once. `x-import-version` names a version that was drawn; the first needs no ' +
        'drawing. The events wait, and are in no answer, until the finish of their version. A line needs a `timestamp`; with the header `x-import-time: now` one without it ' +
        'happened when it was received. The events of a chunk may lie on 500 days.',
      tag: 'collect',
      key: 'server',
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
        'import-superseded',
        'import-closed',
        'import-not-found',
        'import-unavailable',
      ],
    },
    ({ tenant, request }) => takeChunk(request, tenant, { ...deps, importer }),
  );
}

function addVersions(app: Hono, { auth }: ImportDeps, importer: Importer): void {
  route(
    app,
    auth,
    {
      method: 'post',
      path: '/:id/versions',
      summary: 'Draws a version of an import, or the open one of the same fingerprint',
      description:
        'A version counts from its finish on, in place of the version before. With `replace` a finished import gets a version ' +
        'that will take its place; without it the answer names the version that is there, if it has the fingerprint.',
      tag: 'collect',
      key: 'server',
      body: { schema: importVersionRequestSchema, sizeBytesMax: LIMITS.controlBodySizeBytesMax },
      answer: importDrawnSchema,
      errors: ['import-exists'],
      example: {
        body: { fingerprint: '5f1c', replace: true },
        answer: { importId: 'orders', version: 2, isNew: true },
      },
    },
    async ({ tenant, params: { id }, body: { fingerprint, replace } }) => {
      const importId = mustImportId(id);
      const drawn = await importer.draw(tenant.uid, importId, { fingerprint, replaces: replace });
      if (drawn.status === 'exists') throw importExists(importId, drawn.undone);
      return { importId, version: drawn.version, isNew: drawn.isNew };
    },
  );

  route(
    app,
    auth,
    {
      method: 'post',
      path: '/:id/finish',
      summary:
        'Ends a version of an import: from now on it counts, in place of the one before, and its days are sealed',
      description:
        'Refused while a chunk is missing. A repeated finish of the version that counts changes nothing; it queues again the days ' +
        'that are not sealed.',
      tag: 'collect',
      key: 'server',
      query: finishQuerySchema,
      answer: importStatusSchema,
      errors: ['import-not-found', 'import-incomplete', 'import-superseded', 'import-closed'],
    },
    async ({ tenant, params: { id }, query: { version, chunks } }) => {
      const hasher = new Hasher(tenant.hashKey);
      const outcome = await importer.finish(tenant.uid, id, hasher, { version, chunks });
      if (outcome.status === 'finished') return outcome.import;
      throw outcome.status === 'incomplete' ? importIncomplete(outcome.missing) : importRefused(outcome);
    },
  );

  route(
    app,
    auth,
    {
      method: 'delete',
      path: '/:id',
      summary: 'Takes an import back: from now on none of its events counts, on sealed days too',
      description: 'Its days are sealed anew without it. A new version, drawn with `replace`, brings the import back.',
      tag: 'collect',
      key: 'server',
      answer: importStatusSchema,
      errors: ['import-not-found'],
    },
    async ({ tenant, params: { id } }) => mustExist(await importer.undo(tenant.uid, id)),
  );
}

function addReadings(app: Hono, { auth }: ImportDeps, importer: Importer): void {
  route(
    app,
    auth,
    {
      method: 'get',
      path: '/',
      summary: 'Lists imports, those started last first',
      tag: 'collect',
      key: 'read or server',
      query: listQuerySchema,
      answer: importListSchema,
    },
    async ({ tenant, query: { cursor, limit } }) => {
      const listed = await importer.list(tenant.uid, cursor, limit);
      const imports = listed.map(({ startedAtMs, ...rest }) => ({ ...rest, startedAt: isoTime(startedAtMs) }));
      const last = listed.length === limit ? listed.at(-1)! : null;
      return { imports, ...(last && { cursor: `${last.startedAtMs}_${last.importId}` }) };
    },
  );

  route(
    app,
    auth,
    {
      method: 'get',
      path: '/:id',
      summary: 'Shows the progress of an import: its versions, the stored chunks and rows, and the sealed days',
      tag: 'collect',
      key: 'read or server',
      answer: importStatusSchema,
      errors: ['import-not-found'],
    },
    async ({ tenant, params: { id } }) => mustExist(await importer.status(tenant.uid, id)),
  );
}

const LISTED_DEFAULT = 20;
const LISTED_MAX = 100;

const finishQuerySchema = z.object({
  version: z.coerce
    .number()
    .int()
    .min(1)
    .max(LIMITS.importVersionMax)
    .optional()
    .describe('Default: the newest open one'),
  chunks: z.coerce
    .number()
    .int()
    .min(0)
    .max(IMPORT_CHUNKS_MAX)
    .optional()
    .describe('Number of chunks of the version. Default: those that are stored, if none is missing in between'),
});

const listQuerySchema = z.object({
  limit: z.coerce.number().int().min(1).max(LISTED_MAX).default(LISTED_DEFAULT),
  cursor: z
    .string()
    .regex(/^\d{1,16}_[A-Za-z0-9_-]+$/)
    .transform((text): ListPosition => {
      const at = text.indexOf('_');
      return { startedAtMs: Number(text.slice(0, at)), importId: text.slice(at + 1) };
    })
    .optional()
    .transform((position) => position ?? null)
    .describe('The `cursor` of the list before'),
});

function mustImportId(id: string): string {
  const parsed = importIdSchema.safeParse(id);
  if (!parsed.success) throw requestInvalid(parsed.error);
  return parsed.data;
}

function mustExist(status: ImportStatus | null): ImportStatus {
  if (status === null) throw new Problem(404, 'import-not-found', 'The tenant has no import with this id.');
  return status;
}

function importExists(importId: string, undone: boolean): Problem {
  const detail = undone
    ? `Import ${importId} was taken back. With \`replace\` a new version brings it back; another id makes another import.`
    : `Import ${importId} is finished, from something else. With \`replace\` a new version takes its place; another id makes another import.`;
  return new Problem(409, 'import-exists', detail);
}

function importIncomplete(missing: readonly number[]): Problem {
  const detail =
    missing.length === 0
      ? 'More chunks are stored than the finish names.'
      : `Chunks of the version are not stored, first of all ${missing.join(', ')}.`;
  return new Problem(409, 'import-incomplete', detail);
}
