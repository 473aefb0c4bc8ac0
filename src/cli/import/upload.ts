/**
 * Upload: sends chunks, a few at a time, each until it is acknowledged. A chunk in the journal is not sent again.
 */
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { Client } from '../kit/client.ts';
import type { Chunk, ChunkVerdict } from './chunks.ts';
import type { Journal } from './journal.ts';
import type { Refusal } from './refused.ts';

export interface UploadTotals {
  chunks: number;
  /** The number of chunks that an earlier run sent. */
  resumed: number;
  received: number;
  accepted: number;
  duplicate: number;
  quarantined: number;
  rejected: number;
  readonly rejectedByCode: Record<string, number>;
}

export interface UploadOptions {
  readonly client: Client;
  readonly journal: Journal;
  readonly importId: string;
  readonly version: number;
  readonly concurrency: number;
  readonly onAcknowledged: (totals: UploadTotals) => void;
  /** Called for each row that the server rejected and named. */
  readonly onRejected?: (refusal: Refusal, chunk: Chunk) => void;
}

const pack = promisify(gzip);
const UNLISTED_CODE = 'not-listed';
const UNLISTED_MESSAGE = 'The server rejected the row; it gives the reasons of the first 100 rows of a request alone.';

/** Resolves when every chunk is acknowledged. After the first failure it awaits the chunks in flight and rejects. */
export async function uploadChunks(chunks: AsyncIterable<Chunk>, options: UploadOptions): Promise<UploadTotals> {
  const totals: UploadTotals = {
    chunks: 0,
    resumed: 0,
    received: 0,
    accepted: 0,
    duplicate: 0,
    quarantined: 0,
    rejected: 0,
    rejectedByCode: {},
  };
  await fewAtATime(chunks, options.concurrency, (chunk) => acknowledge(chunk, totals, options));
  return totals;
}

/** Does the work of the items, a few at a time. After the first failure it awaits the work in flight and rejects. */
export async function fewAtATime<T>(
  items: AsyncIterable<T> | Iterable<T>,
  countMax: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const inFlight = new Set<Promise<void>>();
  let failure: unknown;
  for await (const item of items) {
    const done = work(item)
      .catch((error) => (failure ??= error))
      .finally(() => inFlight.delete(done));
    inFlight.add(done);
    if (inFlight.size >= countMax) await Promise.race(inFlight);
    if (failure) break;
  }
  await Promise.all(inFlight);
  if (failure) throw failure;
}

async function acknowledge(chunk: Chunk, totals: UploadTotals, options: UploadOptions): Promise<void> {
  const { client, importId, version } = options;
  const { index: number, body } = chunk;
  const keptVerdict = options.journal.find(number, chunk.hash);
  const verdict = keptVerdict ?? (await sendChunk(client, { importId, version, index: number, body }));
  if (!keptVerdict) options.journal.append({ chunk: number, hash: chunk.hash, verdict });
  addVerdict(totals, verdict, keptVerdict !== undefined);
  for (const { index, code, path, message } of verdict.errors ?? []) {
    const row = chunk.rows[index];
    if (row) options.onRejected?.({ ...row, code, path, message }, chunk);
  }
  for (const { code, indexes } of verdict.unlisted ?? []) {
    for (const index of indexes) {
      const row = chunk.rows[index];
      if (row) options.onRejected?.({ ...row, code, path: '', message: UNLISTED_MESSAGE }, chunk);
    }
  }
  options.onAcknowledged(totals);
}

export interface SentChunk {
  readonly importId: string;
  /** Default: 1. */
  readonly version?: number;
  readonly index: number;
  /** NDJSON. */
  readonly body: string | Buffer;
}

export async function sendChunk(
  client: Client,
  { importId, version = 1, index, body }: SentChunk,
): Promise<ChunkVerdict> {
  return client.post<ChunkVerdict>('/v1/import', await pack(body, { level: constants.Z_BEST_SPEED }), {
    headers: {
      'content-type': 'application/x-ndjson',
      'content-encoding': 'gzip',
      'x-import-id': importId,
      'x-import-version': String(version),
      'x-import-chunk': String(index),
    },
  });
}

function addVerdict(totals: UploadTotals, verdict: ChunkVerdict, isResumed: boolean): void {
  totals.chunks++;
  if (isResumed) totals.resumed++;
  totals.received += verdict.received;
  totals.accepted += verdict.accepted;
  totals.duplicate += verdict.duplicate ?? 0;
  totals.quarantined += verdict.quarantined ?? 0;
  totals.rejected += verdict.rejected;
  const errors = verdict.errors ?? [];
  for (const { code } of errors) addTo(totals.rejectedByCode, code, 1);
  let told = errors.length;
  for (const { code, indexes } of verdict.unlisted ?? []) {
    addTo(totals.rejectedByCode, code, indexes.length);
    told += indexes.length;
  }
  // An older server tells the first 100 rejections of a chunk and counts the others.
  addTo(totals.rejectedByCode, UNLISTED_CODE, Math.max(0, verdict.rejected - told));
}

function addTo(counts: Record<string, number>, name: string, count: number): void {
  if (count > 0) counts[name] = (counts[name] ?? 0) + count;
}
