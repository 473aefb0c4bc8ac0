// History: events of the last days, imported and sealed, and some of today that are not sealed.

import { importDays } from '../import-days.ts';
import { type BenchStack, type Keys, load } from '../stack.ts';

const CHUNK_ROWS = 20_000;
const CHUNKS_AT_ONCE = 3;
const TODAY_EVENTS = 50_000;

/** Stores a chunk of 20,000 events on each of the last days, and 50,000 of today. Resolves when the days are sealed. */
export async function makeHistory(stack: BenchStack, keys: Keys, days: number): Promise<void> {
  await importDays(stack, keys, { importId: 'history', days, eventsPerDay: CHUNK_ROWS, atOnce: CHUNKS_AT_ONCE });
  const headers = { authorization: `Bearer ${keys.write}` };
  const order = { eventsPerRequest: 1_000, connections: 4, durationMs: 60_000, eventsMax: TODAY_EVENTS };
  await load({ ...order, url: `${stack.url}/v1/events`, headers });
}
