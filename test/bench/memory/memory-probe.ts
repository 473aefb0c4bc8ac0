// Memory probe: a separate process that builds one state of a shard and prints its memory, once:
// `node --expose-gc memory-probe.ts full|cold|restore-100|restore-1`.
//
// - Bytes are the growth of the heap and of array buffers, each after a full garbage collection.
// - The time of a restore is the lesser of wall time and CPU time, because both are too high: wall time includes other
//   processes, and CPU time includes the threads of the garbage collector.

import { randomFillSync } from 'node:crypto';
import { ShardStore } from '../../../durable-objects/shard-store.ts';
import { type EventBlock, encodeBlock, openBlock } from '../../../src/core/block/block.ts';
import { DAY_MS, LIMITS, MINUTE_MS } from '../../../src/core/limits.ts';
import { DEFAULT_ROLLUPS, makeRollup } from '../../../src/core/rollup/rollup.ts';
import { Engine } from '../../../src/core/shard/engine.ts';
import { Hasher } from '../../../src/core/std/hash.ts';
import { bundleProduct } from '../../sim/product/build.ts';
import { loadProduct } from '../../sim/product/product-loader.ts';
import { ObjectStorage } from '../../sim/world/storage.ts';
import { cellCountOf } from '../../support/cell-count.ts';
import { record } from '../../support/events.ts';

export interface MemoryReport {
  readonly bytes: number;
  readonly elapsedMs: number;
  readonly events: number;
  readonly cells: number;
  readonly rows: number;
}

const PEOPLE = 1_000_000;
const CELLS = 10_000;
const BLOCK_EVENTS = 100;
const TEMPLATES = 50;
const COLD_ENGINES = 50;
const START_MS = Date.UTC(2026, 2, 10);
const ROLLUPS = [...DEFAULT_ROLLUPS, makeRollup('value-by-plan', { dimensions: ['plan'], numbers: ['value'] })];
const hasher = new Hasher([1, 2, 3, 4]);
const FRESH = { incarnation: 'a'.repeat(32), storedSeq: 0, watermarkMs: null };
/** The size at which a log counts as full: its blocks are a little smaller than the log. */
const LOG_FULL_BYTES = LIMITS.logSizeBytesMax - 2 * 1024 * 1024;

function makeBlock(receivedAtMs: number, eventCount: number): Uint8Array {
  const records = Array.from({ length: eventCount }, () => {
    const pick = Math.floor(Math.random() * 4_000);
    return record({
      id: `event-${Math.random()}`,
      type: pick % 4 === 0 ? 'page' : 'track',
      event: `Event ${pick % 20}`,
      path: `/products/${pick % 300}`,
      anonymous_id: `device-${Math.random()}`,
      country: ['DE', 'FR', 'GB', 'US', 'NL', 'IT'][pick % 6] as string,
      device: ['desktop', 'mobile', 'tablet'][pick % 3] as string,
      referrer_domain: `site-${pick % 15}.example`,
      atMs: receivedAtMs - (pick % 1_000),
      receivedAtMs,
      properties: { plan: `plan-${pick % 4}`, value: pick / 100, sku: `sku-${pick}`, category: `category-${pick % 9}` },
    });
  });
  const tally = { rejected: 0, quarantined: 0 };
  return encodeBlock({ receivedAtMs, routingAtMsMax: receivedAtMs, records, rollups: ROLLUPS, hasher, tally });
}

/** Copies a block: equal events, but of other people, with other ids, at another time. */
function disguise(block: EventBlock, receivedAtMs: number): EventBlock {
  randomFillSync(block.idHash);
  randomFillSync(block.person);
  block.at.fill(receivedAtMs - 500);
  return { ...block, receivedAtMs };
}

function append(engine: Engine, block: EventBlock): void {
  engine.apply({ ...engine.plan([block]), sizeBytes: block.bytes.byteLength, checksum: 1 });
}

function store(engine: Engine): void {
  const flush = engine.cut();
  if (flush === null) return;
  engine.applyMerge(engine.planMerge());
  engine.confirm(flush.seqFrom, flush.seqTo);
}

/** An engine with a million people of a day, whose flushes were stored, and then `CELLS` cells that are not stored. */
function fullEngine(): Engine {
  const engine = new Engine(FRESH);
  const templates = Array.from({ length: TEMPLATES }, () => openBlock(makeBlock(START_MS, BLOCK_EVENTS)));
  const everyMs = (DAY_MS / PEOPLE) * BLOCK_EVENTS;
  let nowMs = START_MS;
  for (let at = 0; at < PEOPLE; at += BLOCK_EVENTS, nowMs += everyMs) {
    append(engine, disguise(templates[(at / BLOCK_EVENTS) % TEMPLATES] as EventBlock, nowMs));
    const { dueMs, isFull } = engine.open;
    if (isFull || nowMs >= dueMs) store(engine);
  }
  store(engine);
  // These blocks are fresh, so that only the cells hold their texts.
  for (; cellCountOf(engine) < CELLS; nowMs += MINUTE_MS / 10) {
    append(engine, openBlock(makeBlock(nowMs, BLOCK_EVENTS)));
    if (engine.open.isFull) engine.cut();
  }
  return engine;
}

/** The storage of a shard whose sink stands still. */
function fullStorage(eventsPerRow: number): { storage: ObjectStorage; events: number; rows: number } {
  const storage = new ObjectStorage({ onDirty: () => {}, onWrite: () => {} });
  const shardStore = new ShardStore(storage.handle(() => true).sql as unknown as SqlStorage);
  shardStore.open(() => FRESH.incarnation);
  const engine = new Engine(FRESH);
  let events = 0;
  for (let nowMs = START_MS; shardStore.logSizeBytes < LOG_FULL_BYTES; nowMs += eventsPerRow) {
    engine.apply(shardStore.appendRow(engine.plan([openBlock(makeBlock(nowMs, eventsPerRow))])));
    events += eventsPerRow;
    if (!engine.open.isFull) continue;
    const { seqFrom, seqTo } = engine.open;
    const run = engine.open.dedupeRun();
    shardStore.saveCut({ seqFrom, seqTo, cutAtMs: nowMs, run, generation: 0, oldestDay: 0, idHorizonMs: -1 });
    engine.cut();
    const merges = engine.planMerge();
    if (merges.length > 0) shardStore.saveMerge(merges);
    engine.applyMerge(merges);
  }
  storage.commit();
  return { storage, events, rows: engine.headSeq };
}

async function restored(eventsPerRow: number): Promise<MemoryReport> {
  const product = loadProduct(await bundleProduct([]), 'product.js', 1);
  const { storage, events, rows } = fullStorage(eventsPerRow);
  const ctx = {
    storage: storage.handle(() => true),
    blockConcurrencyWhile: (work: () => Promise<unknown>) => work(),
    waitUntil: () => {},
  };
  // The bindings are never called.
  const env = { DIRECTORY: { idFromName: String, get: () => ({}) }, FLUSH_QUEUE: { send: async () => {} } };
  let elapsedMs = 0;
  const { bytes, value } = await weigh(() => {
    const startedAtMs = performance.now();
    const before = process.cpuUsage();
    const shard = new product.Shard(ctx as never, env as never);
    const { user, system } = process.cpuUsage(before);
    elapsedMs = Math.min(performance.now() - startedAtMs, (user + system) / 1_000);
    return shard;
  });
  const status = await value.status();
  if (status.tailEvents !== events) throw new Error(`${status.tailEvents} of ${events} events came back.`);
  return { bytes, elapsedMs, events, cells: 0, rows };
}

async function weigh<T>(make: () => T): Promise<{ bytes: number; value: T }> {
  const before = await heldBytes();
  const value = make();
  return { bytes: (await heldBytes()) - before, value };
}

async function heldBytes(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

async function probe(state: string | undefined): Promise<MemoryReport> {
  switch (state) {
    case 'full': {
      fullEngine(); // Code and caches that are made once do not belong to a shard.
      const { bytes, value } = await weigh(fullEngine);
      return { bytes, elapsedMs: 0, events: value.rememberedIds, cells: cellCountOf(value), rows: value.headSeq };
    }
    case 'cold': {
      const make = () => Array.from({ length: COLD_ENGINES }, () => new Engine(FRESH));
      make();
      const { bytes, value } = await weigh(make);
      return { bytes: bytes / value.length, elapsedMs: 0, events: 0, cells: 0, rows: 0 };
    }
    case 'restore-100':
      return restored(100);
    case 'restore-1':
      return restored(1);
    default:
      throw new Error(`There is no probe ${state}.`);
  }
}

console.log(JSON.stringify(await probe(process.argv[2])));
