// An id that came twice: the same rows count in the explorer, a profile, a person's events, an export, an answer of the lake
// and a seal, whoever sent them and from wherever. Rule B7, with the rows written out by hand.

import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import type { EventRecord, Sender } from '../../../src/core/event/event.ts';
import { Hasher } from '../../../src/core/std/hash.ts';
import type { Authenticator } from '../../../src/http/authenticate.ts';
import { lakeImporter } from '../../../src/lake/import/import.ts';
import { listEvents } from '../../../src/query/events/list-events.ts';
import { exportRoutes } from '../../../src/query/export/export-routes.ts';
import { listPersonEvents } from '../../../src/query/people/person-events.ts';
import { readProfile } from '../../../src/query/people/profile.ts';
import { randomFrom } from '../../lake/generate.ts';
import { countingRows } from '../../support/counting-rows.ts';
import { record } from '../../support/events.ts';
import { dayOf, UID, World } from '../support/world.ts';

const NOON_MS = Date.UTC(2026, 2, 10, 12);
const RANGE = { startMs: Date.UTC(2026, 2, 10), endMs: Date.UTC(2026, 2, 11) };
const SHARDS = 4;

interface Sent {
  readonly record: EventRecord;
  readonly id: string;
  readonly key: string;
  readonly sender: Sender | null;
  readonly receivedAt: number;
}

class Sending {
  readonly world = new World({ nowMs: NOON_MS, shardCount: SHARDS });
  rows: Sent[] = [];
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = randomFrom(seed);
  }

  #below(count: number): number {
    return Math.floor(this.#random() * count);
  }

  /** Sends a row under one of few ids, from one of few devices, live or by an import. */
  async one(): Promise<void> {
    const { world } = this;
    world.nowMs += 1_000;
    const sender = (['server', 'browser', 'import', null] as const)[this.#below(4)]!;
    const key = `device-${this.#below(3)}`;
    const made = record({
      id: `order-${this.#below(6)}`,
      atMs: NOON_MS - this.#below(3_600_000),
      receivedAtMs: world.nowMs,
      anonymous_id: key,
      ...(this.#below(2) === 0 && { user_id: 'user' }),
      sender,
    });
    const isTaken = sender === 'import' ? await this.#import(made) : this.#append(made);
    if (isTaken) this.rows.push({ record: made, id: made.strings.id, key, sender, receivedAt: world.nowMs });
  }

  #append(made: EventRecord): boolean {
    const before = this.world.events.length;
    this.world.append(this.#below(SHARDS), [made]);
    return this.world.events.length > before;
  }

  async #import(made: EventRecord): Promise<boolean> {
    const { db, bucket, nowMs } = this.world;
    const sealQueue = { sendBatch: async () => ({}) };
    const importer = lakeImporter({ db, lake: bucket.binding, sealQueue, now: () => nowMs });
    const chunk = { uid: UID, importId: `i${nowMs}`, version: 1, chunk: 0, contentHash: `${nowMs}` };
    const start = await importer.start(chunk);
    if (start.status !== 'new') throw new Error(start.status);
    const account = { received: 1, madeIds: new Set<string>(), errors: [], unlisted: [], notes: [], noted: 0 };
    const hasher = new Hasher([1, 2, 3, 4]);
    await importer.store(chunk, [made], hasher, account);
    await importer.finish(UID, chunk.importId, hasher, {});
    return true;
  }

  async storeSome(): Promise<void> {
    for (let shard = 0; shard < SHARDS; shard++) if (this.#below(2) === 0) await this.world.store(shard);
  }
}

/** Receipts of the rows that each reader shows, in order. Every row has its own. */
async function shown(world: World) {
  const asking = await world.asking([]);
  const list = await listEvents(asking, { ...RANGE, limit: 100 });
  if (!list.ok) throw new Error(list.error.code);
  expect(list.value.isCompared).toBe(true);
  const app = new Hono();
  const auth = { authenticate: async () => ({ tenant: world.tenant }) } as unknown as Authenticator;
  app.route(
    '/v1/export',
    exportRoutes({ ...world.ports, auth, random: (size) => crypto.getRandomValues(new Uint8Array(size)) }),
  );
  const body = JSON.stringify({ format: 'ndjson', from: '2026-03-10', to: '2026-03-11' });
  const exported = await (await app.request('/v1/export', { method: 'POST', body })).text();
  const lines = exported.split('\n').slice(0, -1);
  return {
    explorer: list.value.events.map(({ receivedAtMs }) => receivedAtMs).sort(),
    export: lines.map((line) => Date.parse(JSON.parse(line).received_at)).sort(),
    lake: (await world.ask({ measure: 'count', from: '2026-03-10', to: '2026-03-11' }, { rollups: [] })).series[0]!
      .total,
  };
}

async function checkReaders(world: World, counting: readonly Sent[], label: string): Promise<void> {
  const receipts = counting.map(({ receivedAt }) => receivedAt).sort();
  expect(await shown(world), label).toEqual({ explorer: receipts, export: receipts, lake: receipts.length });
  const asking = await world.asking([]);
  for (const person of ['user', 'device-0', 'device-1', 'device-2']) {
    const own = counting.filter(({ record: { strings } }) => (strings.user_id ?? strings.anonymous_id) === person);
    const profile = await readProfile(asking, person);
    const events = await listPersonEvents(asking, person, { ...RANGE, limit: 100 });
    if (!profile.ok || !events.ok) throw new Error('refused');
    expect(profile.value.profile?.eventCount ?? 0, `${label}, profile of ${person}`).toBe(own.length);
    expect(events.value.events.map(({ receivedAtMs }) => receivedAtMs).sort(), `${label}, events of ${person}`).toEqual(
      own.map(({ receivedAt }) => receivedAt).sort(),
    );
  }
}

const ofCounting = (rows: readonly Sent[]) => countingRows(rows).map((index) => rows[index]!);

describe('an id that came twice', () => {
  it('counts once for every reader, before the seal of its day, after it, and on a day that is dirty again', async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const sending = new Sending(seed);
      const { world } = sending;
      for (let i = 0; i < 12; i++) await sending.one();
      await sending.storeSome();
      for (let i = 0; i < 4; i++) await sending.one();
      await checkReaders(world, ofCounting(sending.rows), `seed ${seed}, unsealed`);

      for (let shard = 0; shard < SHARDS; shard++) await world.store(shard);
      await world.seal(dayOf(NOON_MS));
      const sealed = ofCounting(sending.rows);
      await checkReaders(world, sealed, `seed ${seed}, sealed`);

      const before = sending.rows.length;
      for (let i = 0; i < 4; i++) await sending.one();
      await sending.storeSome();
      // The seal has only the rows that counted.
      await checkReaders(world, ofCounting([...sealed, ...sending.rows.slice(before)]), `seed ${seed}, dirty`);

      for (let shard = 0; shard < SHARDS; shard++) await world.store(shard);
      await world.seal(dayOf(NOON_MS));
      await checkReaders(world, ofCounting(sending.rows), `seed ${seed}, sealed again`);
    }
  }, 120_000);
});
