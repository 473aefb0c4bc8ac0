/**
 * SendHistory: sends a part of the shop's history as an import: events → chunks → `POST /v1/import`, a few at a time → finish.
 */
import { finishImport } from '../import/status.ts';
import { fewAtATime, sendChunk } from '../import/upload.ts';
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

interface ShopChunk {
  readonly index: number;
  readonly events: readonly ShopEvent[];
}

/** Returns the number of events. The same events make the same chunks, so a part that was interrupted is sent again as it is. */
export async function sendHistory(
  events: Iterable<ShopEvent>,
  { client, importId, onSent, signal, inFlightMax }: SentPart,
): Promise<number> {
  let count = 0;
  let chunks = 0;
  await fewAtATime(chunksOf(events, signal), inFlightMax, async (chunk) => {
    const body = chunk.events.map(({ event }) => JSON.stringify(event)).join('\n');
    await sendChunk(client, { importId, index: chunk.index, body });
    chunks++;
    count += chunk.events.length;
    onSent(count, chunk.events.at(-1)?.atMs ?? 0);
  });
  if (!signal.aborted && chunks > 0) await finishImport(client, { importId, version: 1, chunks });
  return count;
}

/** The chunks, until the signal ends them. */
function* chunksOf(all: Iterable<ShopEvent>, signal: AbortSignal): Generator<ShopChunk> {
  let index = 0;
  let events: ShopEvent[] = [];
  for (const event of all) {
    events.push(event);
    if (events.length < CHUNK_EVENTS) continue;
    yield { index: index++, events };
    if (signal.aborted) return;
    events = [];
  }
  if (events.length > 0) yield { index, events };
}
