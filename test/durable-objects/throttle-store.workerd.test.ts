import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { DAY_MS, LIMITS, MINUTE_MS } from '../../src/core/limits.ts';
import type { LiveRpc } from '../../src/core/live/rpc.ts';
import type { Env } from '../../src/index.ts';

const { LIVE } = env as unknown as Env;
const nowMinute = () => Math.floor(Date.now() / MINUTE_MS);
let tenants = 0;

function newHub() {
  const uid = `throttled${tenants++}`;
  const stub = () => LIVE.get(LIVE.idFromName(uid));
  const hub = () => stub() as unknown as LiveRpc;
  const spans = async () => {
    const nowMs = Date.now();
    return hub().throttled({ startMs: nowMs - 200 * DAY_MS, endMs: nowMs + DAY_MS, grainMs: MINUTE_MS });
  };
  const requests = async () => (await spans()).map(({ code, requests: count }) => [code, count]);
  const rows = () =>
    runInDurableObject(stub(), (_, { storage }) => ({
      rows: storage.sql.exec<{ count: number }>('SELECT COUNT(*) AS count FROM throttle').one().count,
    }));
  return { stub, hub, requests, rows };
}

describe('a hub that counts requests refused for now', () => {
  it('keeps the counts over an eviction and over a kill, and adds to them', async () => {
    const { hub, stub, requests } = newHub();
    const minute = nowMinute();
    await hub().countThrottled([{ code: 'quota-exceeded', minute, requests: 7 }]);
    await evictDurableObject(stub());
    await hub().countThrottled([{ code: 'quota-exceeded', minute, requests: 5 }]);
    await abortAllDurableObjects();
    expect(await requests()).toEqual([['quota-exceeded', 12]]);
  });

  it('keeps a day of a flood in a row for each hour and code', async () => {
    const { hub, rows } = newHub();
    const minute = nowMinute() - 1_440;
    for (let hour = 0; hour < 24; hour++) {
      const counts = Array.from({ length: 60 }, (_, i) => minute + hour * 60 + i).flatMap((at) => [
        { code: 'quota-exceeded', minute: at, requests: 1_000_000 },
        { code: 'overloaded', minute: at, requests: 1 },
      ]);
      await hub().countThrottled(counts);
    }
    expect((await rows()).rows).toBeLessThanOrEqual(2 * 25);
  });

  it('drops what is older than a quarter, and leaves no storage behind when nothing is left', async () => {
    const { hub, stub, requests } = newHub();
    const old = Math.floor((Date.now() - LIMITS.throttleKeptMs - DAY_MS) / MINUTE_MS);
    await hub().countThrottled([
      { code: 'overloaded', minute: old, requests: 1 },
      { code: 'overloaded', minute: nowMinute(), requests: 2 },
    ]);
    expect(await runDurableObjectAlarm(stub())).toBe(true);
    expect(await requests()).toEqual([['overloaded', 2]]);
    await runInDurableObject(stub(), (_, { storage }) => {
      storage.sql.exec('UPDATE throttle SET hour = 0');
    });
    expect(await runDurableObjectAlarm(stub())).toBe(true);
    expect(await requests()).toEqual([]);
    expect(await runInDurableObject(stub(), (_, { storage }) => storage.getAlarm())).toBeNull();
  });

  it('is erased with its tenant', async () => {
    const { hub, requests } = newHub();
    await hub().countThrottled([{ code: 'overloaded', minute: nowMinute(), requests: 2 }]);
    await hub().wipe();
    await hub().countThrottled([{ code: 'overloaded', minute: nowMinute(), requests: 2 }]);
    expect(await requests()).toEqual([]);
  });
});
