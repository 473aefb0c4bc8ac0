// Asking: three questions about today, each by the real query code on an isolate without caches, with the bytes that it read
// from stores and objects and the time it took, at full scale.

import { DAY_MS } from '../../../src/core/limits.ts';
import type { PartRow } from '../../../src/lake/manifest/cells.ts';
import { finish } from '../../sim/rest.ts';
import type { World } from '../../sim/world/world.ts';
import type { Invocation } from '../platform/invocation.ts';
import { hollowCells } from './hollow-cells.ts';

export interface Asked {
  readonly name: string;
  readonly bytes: number;
  readonly bytesBy: { readonly d1: number; readonly r2: number; readonly rpc: number };
  /** The CPU time of its isolate and the latencies of its calls. */
  readonly elapsedMs: number;
  readonly subrequests: number;
  /** Null when it was answered. */
  readonly refused: string | null;
}

/** The CPU time of a question is the least of so many tries: others use the same cores, and the first run code that is not compiled yet. */
const TRIES = 10;

const QUESTIONS: Readonly<Record<string, Record<string, unknown>>> = {
  'count by event by hour': { measure: 'count', groupBy: ['event'], interval: 'hour', top: 1_000 },
  'people by country': { measure: 'users', groupBy: ['country'] },
  'top 100 paths': {
    measure: 'count',
    groupBy: ['path'],
    where: { property: 'type', op: 'eq', value: 'page' },
    top: 100,
  },
};

export const QUESTION_COUNT = Object.keys(QUESTIONS).length;

interface Question {
  readonly uid: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly day: number;
}

/** Asks a question that no rollup answers, so that the shards' tails are read. */
export async function askTails(world: World, uid: string): Promise<void> {
  const body = { measure: 'count', groupBy: ['properties.sku'], allowUnknown: true };
  await askOnce(world, { uid, body, day: Math.floor(world.nowMs / DAY_MS) });
}

/** Asks about the day of now. */
export async function askAll(world: World, uid: string, scale: number): Promise<Asked[]> {
  const day = Math.floor(world.nowMs / DAY_MS);
  const asked: Asked[] = [];
  for (const [name, body] of Object.entries(QUESTIONS)) {
    const { reading, refused, elapsedMs } = await askBest(world, { uid, body, day });
    // There are as many calls, rows and parts as at full scale. What they take without a cell in them does not grow with it.
    const hollow = await withoutCells(world, () => askBest(world, { uid, body, day }));
    const { d1, r2, rpc } = reading.bytes;
    const cpuMs = hollow.reading.cpuMs + Math.max(0, reading.cpuMs - hollow.reading.cpuMs) * scale;
    asked.push({
      name,
      bytes: d1 + r2 + rpc,
      bytesBy: { d1, r2, rpc },
      elapsedMs: elapsedMs + cpuMs,
      subrequests: reading.subrequests,
      refused,
    });
  }
  return asked;
}

interface Answered {
  readonly reading: Invocation;
  readonly refused: string | null;
  /** The latencies of its calls. */
  readonly elapsedMs: number;
}

/** Runs work for which every part in the database has no cells. */
async function withoutCells<T>({ database }: World, work: () => Promise<T>): Promise<T> {
  const { batch } = database;
  database.batch = async (statements) => {
    const results = await batch.call(database, statements);
    for (const row of results.flatMap(({ results }) => results as Partial<PartRow>[])) {
      if (row.seqFrom !== undefined && row.cells) row.cells = hollowCells(row.cells);
    }
    return results;
  };
  try {
    return await work();
  } finally {
    database.batch = batch;
  }
}

async function askBest(world: World, question: Question): Promise<Answered> {
  let best: Answered | null = null;
  for (let i = 0; i < TRIES; i++) {
    const answered = await askOnce(world, question);
    if (best === null || answered.reading.cpuMs < best.reading.cpuMs) best = answered;
  }
  return best!;
}

async function askOnce(world: World, { uid, body, day }: Question): Promise<Answered> {
  const range = { from: new Date(day * DAY_MS).toISOString(), to: new Date((day + 1) * DAY_MS).toISOString() };
  const startedAtMs = world.nowMs;
  let endedAtMs = startedAtMs;
  let reading: Invocation | null = null;
  let refused: string | null = null;
  const ask = world.invoke('query', async (isolate) => {
    reading = isolate as Invocation;
    const { product } = isolate;
    const known = await isolate.tenants.byUid(uid);
    const parsed = product.parseQuery({ ...body, ...range }, 'UTC');
    if (!parsed.ok) throw new TypeError(`${parsed.error.code}: ${parsed.error.message}`);
    const ports = isolate.ports(world);
    const asking = await product.beginAsking(ports, known!.tenant, ports.now());
    const answered = await product.execute(asking, parsed.value);
    if (!answered.ok) refused = `${answered.error.code}: ${answered.error.message}`;
    endedAtMs = world.nowMs;
  });
  const refuse = (cause: unknown) => {
    refused = String(cause);
  };
  await finish(world, 'question', () => ask.catch(refuse));
  return { reading: reading!, refused, elapsedMs: endedAtMs - startedAtMs };
}
