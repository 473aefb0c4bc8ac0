// History: events of the last days, imported and sealed, and some of today that are not sealed.

import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { Bodies } from '../load.ts';
import { type BenchStack, type Keys, load } from '../stack.ts';

const DAY_MS = 86_400_000;
const CHUNK_ROWS = 20_000;
const CHUNKS_AT_ONCE = 3;
const TODAY_EVENTS = 50_000;

/** Stores a chunk of 20,000 events on each of the last days, and 50,000 of today. Resolves when the days are sealed. */
export async function makeHistory(stack: BenchStack, keys: Keys, days: number): Promise<void> {
  const bodies = new Bodies(CHUNK_ROWS);
  const waiting = Array.from({ length: days }, (_, index) => index);
  const send = async () => {
    for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) {
      await sendChunk(stack, keys, index, bodies.next());
    }
  };
  await Promise.all(Array.from({ length: CHUNKS_AT_ONCE }, send));
  await stack.call('POST', '/v1/import/history/finish', keys.write);
  const headers = { authorization: `Bearer ${keys.write}` };
  const order = { eventsPerRequest: 1_000, connections: 4, durationMs: 60_000, eventsMax: TODAY_EVENTS };
  await load({ ...order, url: `${stack.url}/v1/events`, headers });
  for (;;) {
    const state = (await stack.call('GET', '/v1/import/history', keys.write)) as { sealed: number; of: number };
    if (state.sealed === state.of) return;
    await sleep(200);
  }
}

async function sendChunk(stack: BenchStack, keys: Keys, index: number, body: string): Promise<void> {
  const startMs = (Math.floor(Date.now() / DAY_MS) - index - 1) * DAY_MS;
  const lines = (JSON.parse(body) as object[]).map((event, i) =>
    JSON.stringify({ ...event, timestamp: new Date(startMs + Math.floor((i * DAY_MS) / CHUNK_ROWS)).toISOString() }),
  );
  const answer = await fetch(`${stack.url}/v1/import`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${keys.write}`,
      'content-type': 'application/x-ndjson',
      'content-encoding': 'gzip',
      'x-import-id': 'history',
      'x-import-chunk': String(index),
    },
    body: gzipSync(lines.join('\n'), { level: 1 }),
  });
  if (!answer.ok) throw new Error(`The import was answered with ${answer.status}: ${await answer.text()}`);
  await answer.arrayBuffer();
}
