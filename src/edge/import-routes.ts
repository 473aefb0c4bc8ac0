/**
 * Import routes: bulk history, validated and enriched like any event, then stored past the shards.
 *
 *   POST /v1/import              one chunk; headers `x-import-id` and `x-import-chunk`, body newline-delimited JSON
 *   POST /v1/import/:id/finish   all chunks are sent: the days they touched are sealed
 *   GET  /v1/import/:id          what is stored of it, which days are sealed
 *
 * Without headers the body is a whole import: its id is the hash of the content, and its days are sealed at once. An event
 * without an id gets one made of import, chunk and line, so that a repeat makes the same. Place and browser of the request
 * are the importer's own and tell nothing of the events.
 *
 * A chunk's events are charged to the tenant's quota before they are validated; a repeat of what is stored is not.
 *
 * They are stage 1 and live here for that: body, validation and enrichment are those of `collect`. What stores is handed in
 * as the core's `Importer`, for the edge does not know the lake.
 */
import { type Context, Hono } from 'hono';
import { z } from 'zod';
import type { EventRecord, JsonObject } from '../core/event/event.ts';
import type { ImportError, Importer, ImportVerdict } from '../core/event/import.ts';
import { EVENT_REJECTION_CODES } from '../core/event/rejection.ts';
import { validateEvent } from '../core/event/validate.ts';
import { LIMITS } from '../core/limits.ts';
import { Hasher } from '../core/std/hash.ts';
import { err, InvariantError } from '../core/std/result.ts';
import type { KeyScope, Tenant } from '../core/tenant/tenant.ts';
import type { Authenticated } from '../http/authenticate.ts';
import { describe } from '../http/describe.ts';
import { Problem, requestInvalid, unavailable } from '../http/problem.ts';
import { Enricher } from './enrich/enrich.ts';
import { Lines } from './protocols/json.ts';
import { tooManyEvents, UnreadableEvent } from './protocols/protocol.ts';
import type { Quotas } from './quota.ts';
import { readBody } from './request/body.ts';
import { orRefuse, refuse } from './request/refusal.ts';
import { StoredSize } from './stored-size.ts';

export interface ImportDeps {
  readonly auth: { authenticate(headers: Headers, needed: KeyScope): Promise<Authenticated> };
  /** Those of `collect`: an imported event counts as one that was sent. Absent: nobody has a quota. */
  readonly quotas?: Quotas;
  readonly now: () => number;
}

const IMPORT_PATH = '/v1/import';
const ID_HEADER = 'x-import-id';
const CHUNK_HEADER = 'x-import-chunk';
const BODY_TYPE = 'application/x-ndjson';
/** Errors told; the rest is only counted. */
const ERRORS_MAX = 100;
const NOTHING: JsonObject = Object.freeze({});
const NOWHERE = { country: null, region: null, city: null, userAgent: null };

const headersSchema = z.object({
  [ID_HEADER]: z.string().regex(new RegExp(`^[A-Za-z0-9_-]{1,${LIMITS.importIdLengthMax}}$`)),
  [CHUNK_HEADER]: z
    .string()
    .regex(/^\d{1,7}$/)
    .transform(Number),
});

const count = z.int().nonnegative();
const verdictSchema = z.object({
  received: count,
  accepted: count,
  duplicate: count.describe('Always 0: copies are found when a day is sealed'),
  quarantined: count,
  rejected: count,
  errors: z.array(
    z.object({
      index: count,
      id: z.string().nullable(),
      code: z.enum(EVENT_REJECTION_CODES),
      path: z.string(),
      message: z.string(),
    }),
  ),
  days: z.array(z.string()).describe('UTC days with accepted events'),
});
const statusSchema = z.object({
  chunks: count,
  rows: count,
  days: z.array(z.object({ day: z.string(), rows: count, sealed: z.boolean() })),
  sealed: count.describe('Days sealed with all that was imported'),
  of: count,
});

/** @example app.route('/', importRoutes(services, lakeImporter(services))) */
export function importRoutes(deps: ImportDeps, importer: Importer): Hono {
  const app = new Hono();

  const chunkRoute = describe({
    summary: 'Takes one chunk of bulk history, or a whole small import',
    tag: 'collect',
    key: 'write',
    bodyTypes: [BODY_TYPE],
    answer: verdictSchema,
  });
  app.post(IMPORT_PATH, chunkRoute, async (c) => c.json(await takeChunk(c.req.raw, deps, importer)));

  const finishRoute = describe({
    summary: 'Ends an import: its days are sealed',
    tag: 'collect',
    key: 'write',
    answer: statusSchema,
  });
  app.post(`${IMPORT_PATH}/:id/finish`, finishRoute, async (c) => {
    const { tenant } = await deps.auth.authenticate(c.req.raw.headers, 'write');
    return answerStatus(c, await importer.finish(tenant.uid, c.req.param('id')));
  });

  const statusRoute = describe({
    summary: 'How far an import is',
    tag: 'collect',
    key: 'read or write',
    answer: statusSchema,
  });
  app.get(`${IMPORT_PATH}/:id`, statusRoute, async (c) => {
    const { tenant } = await authenticateEither(deps, c.req.raw.headers);
    return answerStatus(c, await importer.status(tenant.uid, c.req.param('id')));
  });

  return app;
}

async function takeChunk(request: Request, deps: ImportDeps, importer: Importer): Promise<ImportVerdict> {
  const { tenant } = await deps.auth.authenticate(request.headers, 'write');
  deps.quotas?.charge(tenant, 0, deps.now(), { isImport: true });
  const named = readName(request.headers);
  const { lines, contentHash } = await readLines(request);
  const chunk = { uid: tenant.uid, importId: named?.importId ?? contentHash, chunk: named?.chunk ?? 0, contentHash };

  const start = await orUnavailable(importer.start(chunk));
  if (start.status === 'conflict') {
    throw new Problem(
      409,
      'import-chunk-conflict',
      `Chunk ${chunk.chunk} of import ${chunk.importId} was stored with another content.`,
    );
  }
  const verdict = start.status === 'kept' ? start.verdict : await importNew();
  if (named === null) await orUnavailable(importer.finish(chunk.uid, chunk.importId));
  return verdict;

  async function importNew(): Promise<ImportVerdict> {
    const { receivedAtMs } = start as Extract<typeof start, { status: 'new' }>;
    const received = countEvents(lines);
    deps.quotas?.charge(tenant, received, deps.now(), { isImport: true });
    const { records, errors } = admit(lines, receivedAtMs, `${chunk.importId}-${chunk.chunk}`);
    // The records are stored beside columns and a file made of them; the text they were read from is not needed for it.
    lines.release();
    return orUnavailable(importer.store(chunk, records, new Hasher(tenant.hashKey), { received, errors }));
  }
}

async function readLines(request: Request): Promise<{ readonly lines: Lines; readonly contentHash: string }> {
  const { format, bytes } = orRefuse(await readBody(request, LIMITS.importChunkSizeBytesMax));
  if (format !== 'ndjson') throw refuse({ code: 'content-type-unsupported', detail: `An import is ${BODY_TYPE}.` });
  return { contentHash: await sha256(bytes), lines: new Lines(bytes) };
}

/** A store that fails is retryable: the same chunk sent again ends the same. */
async function orUnavailable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (cause instanceof InvariantError) throw cause;
    throw unavailable('import-unavailable', 'The chunk could not be stored; send it again.', cause);
  }
}

/** Null: neither header is there. */
function readName(headers: Headers): { readonly importId: string; readonly chunk: number } | null {
  const given = {
    [ID_HEADER]: headers.get(ID_HEADER) ?? undefined,
    [CHUNK_HEADER]: headers.get(CHUNK_HEADER) ?? undefined,
  };
  if (given[ID_HEADER] === undefined && given[CHUNK_HEADER] === undefined) return null;
  const parsed = headersSchema.safeParse(given);
  if (!parsed.success) throw requestInvalid(parsed.error);
  return { importId: parsed.data[ID_HEADER], chunk: parsed.data[CHUNK_HEADER] };
}

/** Events of the chunk. Throws `too-many-events`, before any line is parsed. */
function countEvents(lines: Lines): number {
  const count = lines.count();
  if (count > LIMITS.importChunkRowsMax) throw refuse(tooManyEvents('A chunk', LIMITS.importChunkRowsMax, count));
  return count;
}

/** Line by line: of each its record stays, as texts alone, for no rollup looks into an import's properties here. */
function admit(
  lines: Lines,
  receivedAtMs: number,
  idPrefix: string,
): { readonly records: readonly EventRecord[]; readonly errors: readonly ImportError[] } {
  const enricher = new Enricher(NOWHERE, 'import', receivedAtMs);
  const arrival = { receivedAtMs, sentAtMs: null };
  const records: EventRecord[] = [];
  const errors: ImportError[] = [];
  const size = new StoredSize(LIMITS.importChunkStoredSizeBytesMax);
  let index = -1;
  for (const line of lines) {
    index++;
    const valid =
      line instanceof UnreadableEvent
        ? err(line.rejection)
        : validateEvent(line, arrival, () => `${idPrefix}-${index}`);
    if (valid.ok) {
      const record = enricher.record(valid.value);
      size.addRecord(record);
      records.push({ ...record, properties: NOTHING, context: NOTHING });
    } else if (errors.length < ERRORS_MAX) errors.push({ index, id: readableId(line), ...valid.error });
  }
  return { records, errors };
}

function readableId(line: unknown): string | null {
  const id = (line as { readonly id?: unknown } | null)?.id;
  return typeof id === 'string' && id.length <= LIMITS.idLengthMax ? id : null;
}

async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Who imports may watch the import, and so may who reads. */
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
