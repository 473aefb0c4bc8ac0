// Answers that an isolate keeps: never older than an acknowledgement, and asked once by many at a time.

import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/core/limits.ts';
import { BOT_ROLLUPS } from '../../../src/core/rollup/rollup.ts';
import type { ShardAddress } from '../../../src/core/shard/shard-map.ts';
import { dayOf } from '../../../src/core/std/day.ts';
import { record } from '../../support/events.ts';
import { fakeApp, START_MS } from '../../support/fake-services.ts';
import { World } from '../support/world.ts';

const TODAY = { measure: 'count', from: '2026-01-15', to: '2026-01-16' };

interface Shard {
  live(request: unknown): Promise<unknown>;
}

async function start() {
  const world = new World({ nowMs: START_MS, shardCount: 2, rollups: BOT_ROLLUPS });
  /** `onLive` is called before each reply of a shard. */
  const state = { lives: 0, tookMs: 0, onLive: async () => {} };
  const shardOf = (address: ShardAddress) => {
    const shard = world.ports.shardOf(address) as unknown as Shard;
    const live = async (request: unknown) => {
      state.lives++;
      made.clock.nowMs += state.tookMs;
      await state.onLive();
      return shard.live(request);
    };
    return { ...shard, live } as never;
  };
  const made = fakeApp({ shardOf, directoryOf: world.ports.directoryOf as never });
  const { keys } = await made.createTenant('shop', { timezone: 'UTC' });
  world.append(0, [record({ id: 'a', atMs: START_MS })]);
  const ask = async (question: object = TODAY) => {
    const { status, body } = await made.call('POST', '/v1/query', { key: keys.read, body: question });
    expect(status).toBe(200);
    return body.series[0]?.total as number;
  };
  /** The number of calls of shards that an answer needs. */
  const callsOf = async (question: object = TODAY) => {
    const before = state.lives;
    await ask(question);
    return state.lives - before;
  };
  return { world, state, ask, callsOf, keys, ...made };
}

const SLOW = { tookMs: LIMITS.keptFromMs };

describe('an answer', () => {
  it('that is cheap is asked each time, without a version', async () => {
    const { callsOf } = await start();
    expect([await callsOf(), await callsOf(), await callsOf()]).toEqual([1, 1, 1]);
  });

  it('that took long is kept from the second time on, until an event is acknowledged', async () => {
    const { world, state, ask, callsOf } = await start();
    Object.assign(state, SLOW);
    expect([await callsOf(), await callsOf(), await callsOf(), await callsOf()]).toEqual([1, 3, 1, 1]);
    world.append(1, [record({ id: 'b', atMs: START_MS })]);
    expect(await ask()).toBe(2);
    expect(await callsOf()).toBe(2);
  });

  it('is that of its own question', async () => {
    const { state, ask } = await start();
    Object.assign(state, SLOW);
    for (let time = 0; time < 3; time++) {
      expect(await ask()).toBe(1);
      expect(await ask({ ...TODAY, from: '2026-01-14', to: '2026-01-15' })).toBe(0);
    }
  });

  it('is not kept when an event was acknowledged while it was made', async () => {
    const { world, state, ask } = await start();
    Object.assign(state, SLOW);
    await ask();
    let id = 0;
    state.onLive = async () => {
      if (id < 3) world.append(0, [record({ id: `more-${id++}`, atMs: START_MS })]);
    };
    await ask();
    state.onLive = async () => {};
    expect(await ask()).toBe(1 + id);
    expect(await ask()).toBe(1 + id);
  });

  it('is not kept when rows of an import came while it was made, which are dropped later', async () => {
    const { state, call, keys, services } = await start();
    Object.assign(state, SLOW);
    const pending = async () =>
      (await call('POST', '/v1/query', { key: keys.read, body: TODAY })).body.meta.pending as number;
    const before = await pending();
    let lives = 0;
    state.onLive = async () => {
      // The version was read: now the answer is made.
      if (++lives !== 2) return;
      await services.db.exec(
        `INSERT INTO import_versions (uid, import_id, version, state, fingerprint, received_at_ms, used_at_ms)
           SELECT uid, 'i', 1, 'open', '', 0, 0 FROM tenants;
         INSERT INTO import_days SELECT uid, 'i', 1, ${dayOf(START_MS)}, 7 FROM tenants`,
      );
    };
    expect(await pending()).toBe(before + 7);
    await services.db.exec('DELETE FROM import_days');
    expect(await pending()).toBe(before);
  });

  it('is waited for no longer than a call lasts: one whose client has gone never comes', async () => {
    const { state, ask, clock } = await start();
    Object.assign(state, SLOW);
    await ask();
    let lives = 0;
    const gone = Promise.withResolvers<void>();
    state.onLive = async () => (++lives === 2 ? gone.promise : undefined);
    const first = ask();
    await new Promise((resolve) => setTimeout(resolve, 20));
    clock.nowMs += LIMITS.lakeWaitMsMax;
    expect(await ask()).toBe(1);
    gone.resolve();
    await first;
  });

  it('of many equal questions at the same time is made for the first two of them alone', async () => {
    const { state, ask } = await start();
    const gate = Promise.withResolvers<void>();
    state.onLive = () => gate.promise;
    const first = ask();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const second = ask();
    await new Promise((resolve) => setTimeout(resolve, 20));
    gate.resolve();
    state.onLive = () => new Promise((resolve) => setTimeout(resolve, 20));
    const others = Array.from({ length: 10 }, () => ask());
    expect(await Promise.all([first, second, ...others])).toEqual(Array.from({ length: 12 }, () => 1));
    // Each reads the version, two are answered, and one of those reads the version again.
    expect(state.lives).toBeLessThanOrEqual(11 + 3 + 1);
  });
});
