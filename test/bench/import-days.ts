// Import days: events of the last days, one chunk a day, imported and sealed.

import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { Bodies } from './load.ts';
import type { BenchStack, Keys } from './stack.ts';

const DAY_MS = 86_400_000;

export interface ImportedDays {
  readonly importId: string;
  /** The last of them is yesterday. */
  readonly days: number;
  readonly eventsPerDay: number;
  /** Chunks that are sent at the same time. */
  readonly atOnce: number;
}

/** Resolves when the days are sealed. */
export async function importDays(
  stack: BenchStack,
  keys: Keys,
  { importId, days, eventsPerDay, atOnce }: ImportedDays,
): Promise<void> {
  const bodies = new Bodies(eventsPerDay);
  const startOfDay = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  const waiting = Array.from({ length: days }, (_, index) => index);
  const send = async () => {
    for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) {
      const startMs = startOfDay - (index + 1) * DAY_MS;
      const events = JSON.parse(bodies.next()) as object[];
      const lines = events.map((event, i) =>
        JSON.stringify({
          ...event,
          timestamp: new Date(startMs + Math.floor((i * DAY_MS) / eventsPerDay)).toISOString(),
        }),
      );
      await sendChunk(stack, keys, { importId, index, lines });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, send));
  await sealImport(stack, keys, importId);
}

/** Ends an import. Resolves when its days are sealed, at most `pollMs` later. */
export async function sealImport(stack: BenchStack, keys: Keys, importId: string, pollMs = 100): Promise<void> {
  await stack.call('POST', `/v1/import/${importId}/finish`, keys.write);
  for (;;) {
    const state = (await stack.call('GET', `/v1/import/${importId}`, keys.write)) as { sealed: number; of: number };
    if (state.sealed === state.of) return;
    await sleep(pollMs);
  }
}

export interface ImportedChunk {
  readonly importId: string;
  readonly index: number;
  /** An event each, as JSON. */
  readonly lines: readonly string[];
}

export async function sendChunk(
  stack: BenchStack,
  keys: Keys,
  { importId, index, lines }: ImportedChunk,
): Promise<void> {
  const answer = await fetch(`${stack.url}/v1/import`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${keys.write}`,
      'content-type': 'application/x-ndjson',
      'content-encoding': 'gzip',
      'x-import-id': importId,
      'x-import-chunk': String(index),
    },
    body: gzipSync(lines.join('\n'), { level: 1 }),
  });
  if (!answer.ok) throw new Error(`The import was answered with ${answer.status}: ${await answer.text()}`);
  await answer.arrayBuffer();
}
