/**
 * Import chunk: one body of bulk history, admitted like live events and stored past the shards.
 *
 * in: the tenant, a Request · out: the verdict on the chunk, or a thrown Problem
 * steps: name → read lines → stored before? → quota → admit (steps/) → store
 *
 * - Without headers the body is a whole import: its id is the hash of the content, and it is finished at once.
 * - Chunks without a version are of the first, which needs no start.
 * - A line without a time is refused, unless `x-import-time: now` asks for the time of the receipt: history happened before.
 * - An event without an id gets one made of import, chunk and line, so that a repeat makes the same.
 * - Place and browser of the request are the importer's own, so they tell nothing of the events.
 * - A chunk's events are charged to the tenant's quota before they are validated, its days and links after; a repeat of a
 *   stored chunk is not charged.
 * - Lines use our own names of an event's fields, or the aliases of protocols/event-names.ts.
 */
import { z } from 'zod';
import type { EventRecord } from '../core/event/event.ts';
import type { ImportChunk, Importer, ImportRefusal, ImportVerdict } from '../core/event/import.ts';
import { LIMITS } from '../core/limits.ts';
import { dayOf } from '../core/std/day.ts';
import { Hasher } from '../core/std/hash.ts';
import { InvariantError } from '../core/std/result.ts';
import type { Tenant } from '../core/tenant/tenant.ts';
import { Problem, requestInvalid, unavailable } from '../http/problem.ts';
import { type Admission, type AdmitOptions, admit } from './admit.ts';
import type { Surroundings } from './enrich/surroundings.ts';
import { aliasMapping } from './protocols/event-names.ts';
import { Lines } from './protocols/json.ts';
import { tooManyEvents } from './protocols/protocol.ts';
import { countLinking, type Quotas } from './quota.ts';
import { NDJSON_TYPES, readBody } from './request/body.ts';
import { orRefuse, refuse } from './request/refusal.ts';
import { StoredSize } from './steps/stored-size.ts';

export interface ChunkDeps {
  readonly importer: Importer;
  /**
   * The allowances of `collect`: an imported event counts like one that was sent. Absent where nothing is charged.
   */
  readonly quotas?: Quotas;
  readonly now: () => number;
}

const ID_HEADER = 'x-import-id';
const CHUNK_HEADER = 'x-import-chunk';
const VERSION_HEADER = 'x-import-version';
/** Chunks of a version: the numbers have up to seven digits. */
export const IMPORT_CHUNKS_MAX = 10_000_000;
const TIME_HEADER = 'x-import-time';
/** Rejections, and notes, that are told; the others are only counted. */
const ERRORS_MAX = 100;
const UNKNOWN_SURROUNDINGS: Surroundings = { country: null, region: null, city: null, userAgent: null, bot: null };

const headersSchema = z.object({
  [ID_HEADER]: z.string().regex(new RegExp(`^[A-Za-z0-9_-]{1,${LIMITS.importIdLengthMax}}$`)),
  [CHUNK_HEADER]: z
    .string()
    .regex(/^\d{1,7}$/)
    .transform(Number),
  [VERSION_HEADER]: z
    .string()
    .regex(/^[1-9]\d{0,6}$/)
    .transform(Number)
    .pipe(z.number().max(LIMITS.importVersionMax))
    .default(1),
});

export const importIdSchema = headersSchema.shape[ID_HEADER];

const timeSchema = z.object({ [TIME_HEADER]: z.literal('now') });

export async function takeChunk(request: Request, tenant: Tenant, deps: ChunkDeps): Promise<ImportVerdict> {
  const { importer } = deps;
  deps.quotas?.charge(tenant, 0, deps.now(), 'import');
  const name = readName(request.headers);
  const needsTime = !isTimedByReceipt(request.headers);
  const { lines, contentHash } = await readLines(request, needsTime);
  const { importId, version, chunk: number } = name ?? { importId: contentHash, version: 1, chunk: 0 };
  const chunk = { uid: tenant.uid, importId, version, chunk: number, contentHash };

  const start = await orUnavailable(importer.start(chunk));
  if (start.status === 'conflict') throw chunkConflict(chunk);
  if (start.status !== 'kept' && start.status !== 'new') throw importRefused(start);
  const verdict =
    start.status === 'kept' ? start.verdict : await storeNew(lines, { chunk, tenant, needsTime, ...start }, deps);
  if (name === null) {
    const request = { version, chunks: 1 };
    const hasher = new Hasher(tenant.hashKey);
    const outcome = await orUnavailable(importer.finish(chunk.uid, importId, hasher, request));
    // Another call took the import back, or finished a greater version, between the two steps.
    if (outcome.status !== 'finished') throw importRefused({ status: 'superseded' });
  }
  return verdict;
}

interface NewChunk {
  readonly chunk: ImportChunk;
  readonly tenant: Tenant;
  readonly receivedAtMs: number;
  readonly startedAtMs: number;
  readonly needsTime: boolean;
}

async function storeNew(
  lines: Lines,
  { chunk, tenant, receivedAtMs, startedAtMs, needsTime }: NewChunk,
  { importer, quotas, now }: ChunkDeps,
): Promise<ImportVerdict> {
  const received = countEvents(lines);
  quotas?.charge(tenant, received, now(), 'import');
  const idPrefix = `${chunk.importId}-${chunk.chunk}-`;
  const arrival = {
    receivedAtMs,
    clockMs: startedAtMs,
    sentAtMs: null,
    needsTime,
    junkIds: tenant.junkIds,
    sender: 'import',
  } as const;
  const settings = { arrival, privacy: tenant.privacy };
  const { events, rejected, unlisted, madeIds, notes, noted } = admitLines(lines, settings, idPrefix);
  const records = events.map(({ record }) => record);
  const links = countLinking(records);
  quotas?.chargeFurther(tenant, { links, days: countDays(records), sender: 'import' }, now());
  // Lets go of the text of the lines, because columns and a file are made of the records next and need the memory.
  lines.release();
  const account = { received, madeIds: new Set(madeIds.map(({ id }) => id)), errors: rejected, unlisted, notes, noted };
  return orUnavailable(importer.store(chunk, records, new Hasher(tenant.hashKey), account));
}

function admitLines(lines: Lines, settings: Pick<AdmitOptions, 'arrival' | 'privacy'>, idPrefix: string): Admission {
  const list = { events: lines, mapping: aliasMapping, exactEvent: (index: number) => lines.exactAt(index) };
  return admit(list, {
    ...settings,
    source: 'import',
    surroundings: UNKNOWN_SURROUNDINGS,
    newId: (index) => `${idPrefix}${index}`,
    size: new StoredSize(LIMITS.importChunkStoredSizeBytesMax),
    keepsParsed: false,
    errorsMax: ERRORS_MAX,
    notesMax: ERRORS_MAX,
  });
}

/** null when neither header is present. */
function readName(headers: Headers): Pick<ImportChunk, 'importId' | 'version' | 'chunk'> | null {
  const given = {
    [ID_HEADER]: headers.get(ID_HEADER) ?? undefined,
    [CHUNK_HEADER]: headers.get(CHUNK_HEADER) ?? undefined,
    [VERSION_HEADER]: headers.get(VERSION_HEADER) ?? undefined,
  };
  if (Object.values(given).every((value) => value === undefined)) return null;
  const parsed = headersSchema.safeParse(given);
  if (!parsed.success) throw requestInvalid(parsed.error);
  const { data } = parsed;
  return { importId: data[ID_HEADER], version: data[VERSION_HEADER], chunk: data[CHUNK_HEADER] };
}

/** Tells whether lines without a time happened when they were received. */
function isTimedByReceipt(headers: Headers): boolean {
  const time = headers.get(TIME_HEADER);
  if (time === null) return false;
  const parsed = timeSchema.safeParse({ [TIME_HEADER]: time });
  if (!parsed.success) throw requestInvalid(parsed.error);
  return true;
}

async function readLines(
  request: Request,
  needsTime: boolean,
): Promise<{ readonly lines: Lines; readonly contentHash: string }> {
  const { bytes } = orRefuse(await readBody(request, { types: NDJSON_TYPES }, LIMITS.importChunkSizeBytesMax));
  const hash = await sha256(bytes);
  // The same lines under another rule for their times are other events.
  const contentHash = needsTime ? hash : await sha256(new TextEncoder().encode(`${hash} ${TIME_HEADER}: now`));
  return { contentHash, lines: new Lines(bytes) };
}

/** The number of events in the chunk. Throws `too-many-events` before any line is parsed. */
function countEvents(lines: Lines): number {
  const count = lines.count();
  if (count > LIMITS.importChunkRowsMax) throw refuse(tooManyEvents('A chunk', LIMITS.importChunkRowsMax, count));
  return count;
}

/** The number of days of the events. Throws `too-many-days`. */
function countDays(records: readonly EventRecord[]): number {
  const days = new Set<number>();
  for (const { atMs } of records) days.add(dayOf(atMs));
  const limit = LIMITS.importChunkDaysMax;
  if (days.size <= limit) return days.size;
  const detail = `The events of a chunk may lie on ${limit} days, these lie on ${days.size}. Send fewer days at a time.`;
  throw refuse({ code: 'too-many-days', detail, extra: { limit, met: days.size } });
}

/** Makes the failure of a store retryable: sending the same chunk again gives the same result. */
async function orUnavailable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (cause instanceof InvariantError) throw cause;
    throw unavailable('import-unavailable', 'The chunk could not be stored; send it again.', cause);
  }
}

function chunkConflict({ chunk, importId }: ImportChunk): Problem {
  return new Problem(
    409,
    'import-chunk-conflict',
    `Chunk ${chunk} of import ${importId} was stored with another content.`,
  );
}

const REFUSALS = {
  superseded: [409, 'import-superseded', 'This version of the import counts no more: a greater one is finished.'],
  closed: [409, 'import-closed', 'This version of the import takes no more chunks. Draw a new version.'],
  unknown: [404, 'import-not-found', 'No such version of an import with this id was started.'],
} as const;

export function importRefused({ status }: ImportRefusal): Problem {
  const [code, name, detail] = REFUSALS[status];
  return new Problem(code, name, detail);
}

async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
