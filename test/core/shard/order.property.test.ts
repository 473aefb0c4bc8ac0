// G2 and G3 on the pure engine. Whatever the order, the batches, the copies, the shards and the crashes, the same ids
// are accepted once and the counts are equal; the watermark never goes back.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeBlock } from '../../../src/core/block/block.ts';
import type { EventRecord } from '../../../src/core/event/event.ts';
import { eventTime } from '../../../src/core/event/event-time.ts';
import { DAY_MS, LIMITS, MINUTE_MS } from '../../../src/core/limits.ts';
import { DEFAULT_ROLLUPS } from '../../../src/core/rollup/rollup.ts';
import { type ShardAddress, type ShardMap, shardName } from '../../../src/core/shard/shard-map.ts';
import { mapOf } from '../../../src/core/shard/split.ts';
import { routeEvents } from '../../../src/edge/route.ts';
import { NOON_MS, record, testHasher } from '../../support/events.ts';
import { FakeDirectory } from '../../support/fake-directory.ts';
import { Crash, countsOf, ShardModel, StoreModel } from '../../support/shard-model.ts';

const EVENTS = DEFAULT_ROLLUPS.find((rollup) => rollup.name === 'events')?.id ?? '';
const FIRST_MAP: ShardMap = [{ epoch: 0, startMs: 0, shardCount: 1 }];

/** An event as its sender made it, the same in every copy. */
interface Sent {
  readonly id: string;
  readonly key: string;
  readonly event: string;
  readonly timestampMs: number | null;
}

/** Tenant, edge, shards and sink, one effect at a time. */
class World {
  nowMs = NOON_MS;
  readonly directory = new FakeDirectory();
  readonly store = new StoreModel();
  readonly shards = new Map<string, ShardModel>();
  /** The maps that edges have cached, with the time of caching. */
  readonly #edges = Array.from({ length: 2 }, () => ({ map: FIRST_MAP, atMs: NOON_MS }));
  crashIn: number | null = null;

  get #map(): ShardMap {
    return mapOf(this.directory.state, FIRST_MAP);
  }

  shard(address: ShardAddress): ShardModel {
    const name = shardName(address);
    const shard = this.shards.get(name) ?? new ShardModel(address, this.directory, this.store, () => this.#effect());
    this.shards.set(name, shard);
    return shard;
  }

  /**
   * Sends one request from its arrival on; true when it is acknowledged. Edge 0 obeys the lifetime of its cache; edge 1
   * uses its cache until a shard says that it is stale. The clock of an edge may be ahead.
   */
  async send(events: readonly Sent[], edge = 0, skewMs = 0): Promise<boolean> {
    const cached = this.#edges[edge]!;
    const reload = () => Object.assign(cached, { map: this.#map, atMs: this.nowMs });
    if (edge === 0 && this.nowMs - cached.atMs >= LIMITS.tenantCacheMs) reload();
    const receivedAtMs = this.nowMs + skewMs;
    const routable = events.map(({ id, key, event, timestampMs }) => {
      const { atMs, routingAtMs } = eventTime(timestampMs, null, receivedAtMs);
      return { record: record({ id, anonymous_id: key, event, atMs, receivedAtMs }), routingAtMs };
    });
    let left = routable;
    for (let attempt = 0; attempt < 2; attempt++) {
      if (attempt > 0) reload();
      const shardMap = cached.map;
      const stale: typeof routable = [];
      for (const group of routeEvents({ uid: 't', shardMap } as never, 'weur', left, testHasher)) {
        const reply = await this.#append(group.address, group.epoch, group.events, receivedAtMs);
        if (reply === 'failed') return false;
        if (reply === 'stale-map') stale.push(...group.events);
      }
      if (stale.length === 0) return true;
      left = stale;
    }
    throw new Error('stale under the newest map: an event was refused without a published successor');
  }

  async #append(
    address: ShardAddress,
    epoch: number,
    events: readonly { record: EventRecord; routingAtMs: number }[],
    receivedAtMs: number,
  ): Promise<'stored' | 'stale-map' | 'failed'> {
    const block = encodeBlock({
      receivedAtMs,
      routingAtMsMax: Math.max(...events.map(({ routingAtMs }) => routingAtMs)),
      records: events.map((each) => each.record),
      rollups: DEFAULT_ROLLUPS,
      hasher: testHasher,
      tally: { rejected: 0, quarantined: 0 },
    });
    const shard = this.shard(address);
    const reply = await this.survive(shard, () => shard.append({ epoch, blocks: [block] }, this.nowMs));
    return reply === null ? 'failed' : reply.status === 'overloaded' ? 'failed' : reply.status;
  }

  /** Runs the two phases; a crash anywhere leaves them half-done. */
  async grow(shardCount: number): Promise<void> {
    let state = await this.directory.beginSplit({ known: FIRST_MAP, shardCount, nowMs: this.nowMs });
    for (let attempt = 0; state.split !== null && attempt < 3; attempt++) {
      const next = state.split;
      let beyondMs = 0;
      for (const { region, index } of await this.directory.list()) {
        const shard = this.shard({ uid: 't', region, index });
        const reply = await this.survive(shard, async () => shard.close(next));
        if (reply === null) return;
        if (reply.status === 'seen') beyondMs = Math.max(beyondMs, reply.routingAtMsMax);
      }
      state =
        beyondMs > 0
          ? await this.directory.postponeSplit({ epoch: next.epoch, beyondMs, nowMs: this.nowMs })
          : await this.directory.publishSplit(next);
    }
  }

  async survive<T>(shard: ShardModel, run: () => Promise<T>): Promise<T | null> {
    try {
      return await run();
    } catch (cause) {
      if (!(cause instanceof Crash)) throw cause;
      shard.restart();
      return null;
    }
  }

  #effect(): void {
    if (this.crashIn === null) return;
    if (this.crashIn-- === 0) {
      this.crashIn = null;
      throw new Crash();
    }
  }
}

const NAMES = ['Viewed', 'Clicked', 'Bought'];
/**
 * Ages within the allowed lateness, and times ahead of the clock. An event dated ahead is sent only once its time is no
 * longer clamped.
 */
const sentEvents = fc.array(
  fc.record({
    key: fc.integer({ min: 0, max: 12 }),
    name: fc.integer({ min: 0, max: 2 }),
    agoMs: fc.oneof(fc.integer({ min: -90 * MINUTE_MS, max: 5 * MINUTE_MS }), fc.integer({ min: 0, max: 6 * DAY_MS })),
  }),
  { minLength: 1, maxLength: 40 },
);
type Step =
  | { readonly kind: 'send'; readonly picks: readonly number[]; readonly edge?: number; readonly skewMs?: number }
  | { readonly kind: 'grow'; readonly shardCount: number }
  | { readonly kind: 'store' | 'restart' | 'idle'; readonly pick: number }
  | { readonly kind: 'tick'; readonly ms: number }
  | { readonly kind: 'crash'; readonly afterEffects: number };
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      picks: fc.array(fc.nat(1_000), { minLength: 1, maxLength: 12 }),
      edge: fc.nat(1),
      skewMs: fc.constantFrom(0, 0, 0, 9 * MINUTE_MS),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('grow' as const), shardCount: fc.integer({ min: 2, max: 7 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('store' as const, 'restart' as const, 'idle' as const),
      pick: fc.nat(20),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('tick' as const), ms: fc.integer({ min: 0, max: 5 * MINUTE_MS }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('crash' as const), afterEffects: fc.nat(6) }) },
);

async function run(world: World, events: readonly Sent[], steps: readonly Step[]): Promise<void> {
  const acked = new Set<Sent>();
  const at = (pick: number) => [...world.shards.values()][pick % Math.max(1, world.shards.size)];
  for (const each of steps) {
    switch (each.kind) {
      case 'send': {
        const batch = each.picks
          .map((pick) => events[pick % events.length] as Sent)
          .filter(({ timestampMs }) => (timestampMs ?? 0) <= world.nowMs + (each.skewMs ?? 0) + LIMITS.futureClampMs);
        if (batch.length > 0 && (await world.send(batch, each.edge, each.skewMs)))
          for (const sent of batch) acked.add(sent);
        break;
      }
      case 'grow':
        await world.grow(each.shardCount);
        break;
      case 'tick':
        world.nowMs += each.ms;
        break;
      case 'crash':
        world.crashIn = each.afterEffects;
        break;
      default: {
        const shard = at(each.pick);
        if (shard === undefined) break;
        if (each.kind === 'restart') shard.restart();
        if (each.kind === 'idle') await world.survive(shard, async () => shard.idle(world.nowMs));
        if (each.kind === 'store') {
          await world.survive(shard, async () => {
            shard.cut();
            shard.storeOldest();
          });
        }
      }
    }
  }
  world.crashIn = null;
  world.nowMs = Math.max(world.nowMs, NOON_MS + 90 * MINUTE_MS);
  const left = events.filter((sent) => !acked.has(sent));
  if (left.length > 0) expect(await world.send(left)).toBe(true);
}

function outcomeOf(world: World): { ids: string[]; counts: [string, number][] } {
  const shards = [...world.shards.values()];
  return {
    ids: shards.flatMap((shard) => shard.acceptedIds()).sort(),
    counts: [...countsOf(world.store, shards, EVENTS)].sort(),
  };
}

describe('order', () => {
  it('does not matter: batches, copies, late ones, splits and crashes come to the same ids and counts', async () => {
    const spread: number[] = [];
    await fc.assert(
      fc.asyncProperty(sentEvents, fc.array(step, { maxLength: 60 }), async (made, steps) => {
        const events = made.map(
          ({ key, name, agoMs }, i): Sent => ({
            id: `e${i}`,
            key: `k${key}`,
            event: NAMES[name] as string,
            timestampMs: NOON_MS - agoMs,
          }),
        );
        const plain = new World();
        plain.nowMs += 90 * MINUTE_MS;
        await plain.send(events);
        const world = new World();
        await run(world, events, steps);
        expect(outcomeOf(world)).toEqual(outcomeOf(plain));
        spread.push(world.shards.size);
      }),
      { numRuns: 1_000 },
    );
    // Some of the runs contain splits that took effect.
    expect(spread.filter((count) => count > 1).length).toBeGreaterThan(20);
  });

  it('uses every shard of an epoch once it has begun', async () => {
    const world = new World();
    const sent = Array.from(
      { length: 30 },
      (_, i): Sent => ({ id: `e${i}`, key: `k${i}`, event: 'x', timestampMs: NOON_MS }),
    );
    await run(world, sent, [
      { kind: 'send', picks: [...sent.keys()] },
      { kind: 'grow', shardCount: 4 },
      { kind: 'tick', ms: LIMITS.splitLeadMs },
    ]);
    const later = sent.map((each, i): Sent => ({ ...each, id: `l${i}`, timestampMs: world.nowMs }));
    await run(world, later, []);
    expect(world.shards.size).toBe(4);
    expect(outcomeOf(world).ids).toHaveLength(60);
  });
});

describe('copies across the start of an epoch', () => {
  const keys = Array.from({ length: 40 }, (_, i) => `k${i}`);

  /** Sends before the split, grows, and sends the same again after its start. */
  async function across(sentAt: (world: World) => number | null, waitMs = LIMITS.splitLeadMs + 1): Promise<World> {
    const world = new World();
    const timestampMs = sentAt(world);
    const events = keys.map((key): Sent => ({ id: `id ${key}`, key, event: 'x', timestampMs }));
    await world.send(events);
    await world.grow(4);
    world.nowMs += waitMs;
    await world.send(events);
    return world;
  }
  const accepted = (world: World) => outcomeOf(world).ids.length;

  it('are found when they tell their time, even days late', async () => {
    expect(accepted(await across((world) => world.nowMs))).toBe(keys.length);
    expect(accepted(await across((world) => world.nowMs - 3 * DAY_MS, 5 * DAY_MS))).toBe(keys.length);
  });

  it('are found when their clock is ahead by less than the clamp', async () => {
    expect(accepted(await across((world) => world.nowMs + LIMITS.futureClampMs))).toBe(keys.length);
  });

  it('are known bounds without a time, or with one beyond the clamp: only of keys that moved', async () => {
    for (const sentAt of [() => null, () => NOON_MS + DAY_MS]) {
      const extra = accepted(await across(sentAt)) - keys.length;
      expect(extra).toBeGreaterThan(0);
      expect(extra).toBeLessThan(keys.length);
    }
  });
});

describe('a half-done split', () => {
  it('refuses nothing: its start moves up whenever an event reaches it', async () => {
    const world = new World();
    const send = (id: string) => world.send([{ id, key: id, event: 'x', timestampMs: null }]);
    await send('first');
    world.crashIn = 1;
    await world.grow(2);
    const { split } = world.directory.state;
    expect(split).not.toBeNull();
    world.nowMs = (split?.startMs ?? 0) + DAY_MS;
    expect(await send('a day later')).toBe(true);
    expect(world.directory.state.split?.startMs).toBe(world.nowMs + LIMITS.splitLeadMs);
    await world.grow(2);
    expect(world.directory.state).toMatchObject({ split: null, epochs: [{ epoch: 0 }, { epoch: 1, shardCount: 2 }] });
    world.nowMs += LIMITS.splitLeadMs;
    for (const id of ['a', 'b', 'c', 'd', 'e']) expect(await send(id)).toBe(true);
    expect(outcomeOf(world).ids).toHaveLength(7);
    expect(world.shards.size).toBe(2);
  });
});
