/**
 * SendHistory: sends a part of the shop's history as an import: events → chunks → `POST /v1/import`, a few at a time → finish.
 */
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import { finishImport } from '../import/status.ts';
import type { Client } from '../kit/client.ts';
import type { ShopEvent } from '../simulate/shop/visit.ts';

export interface SentPart {
  readonly client: Client;
  readonly importId: string;
  /** Called with the number of events sent so far, and the time of the last of them. */
  readonly onSent: (count: number, atMs: number) => void;
  readonly signal: AbortSignal;
  /** Chunks under way at a time. */
  readonly inFlightMax: number;
}

const CHUNK_EVENTS = 8_000;

const pack = promisify(gzip);

/** Returns the number of events. The same events make the same chunks, so a part that was interrupted is sent again as it is. */
export async function sendHistory(events: Iterable<ShopEvent>, part: SentPart): Promise<number> {
  const inFlight = new Set<Promise<void>>();
  let failure: unknown;
  let count = 0;
  let chunkCount = 0;
  for (const chunk of chunksOf(events)) {
    const lastMs = chunk.at(-1)?.atMs ?? 0;
    const sending = sendChunk(chunk, chunkCount++, part)
      .then(() => {
        count += chunk.length;
        part.onSent(count, lastMs);
      })
      .catch((error) => (failure ??= error))
      .finally(() => inFlight.delete(sending));
    inFlight.add(sending);
    if (inFlight.size >= part.inFlightMax) await Promise.race(inFlight);
    if (failure !== undefined || part.signal.aborted) break;
  }
  await Promise.all(inFlight);
  if (failure !== undefined) throw failure;
  if (part.signal.aborted || chunkCount === 0) return count;
  await finishImport(part.client, { importId: part.importId, version: 1, chunks: chunkCount });
  return count;
}

function* chunksOf(events: Iterable<ShopEvent>): Generator<ShopEvent[]> {
  let chunk: ShopEvent[] = [];
  for (const event of events) {
    chunk.push(event);
    if (chunk.length < CHUNK_EVENTS) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

async function sendChunk(chunk: readonly ShopEvent[], index: number, { client, importId }: SentPart): Promise<void> {
  const lines = chunk.map(({ event }) => JSON.stringify(event)).join('\n');
  await client.post('/v1/import', await pack(lines, { level: constants.Z_BEST_SPEED }), {
    headers: {
      'content-type': 'application/x-ndjson',
      'content-encoding': 'gzip',
      'x-import-id': importId,
      'x-import-chunk': String(index),
    },
  });
}
