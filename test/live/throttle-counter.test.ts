import { describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../src/core/limits.ts';
import { ThrottleCounter } from '../../src/live/throttle-counter.ts';
import { expectLog } from '../support/expect-log.ts';
import { FakeHubs } from '../support/fake-live.ts';

const MINUTE = 30_000_000;

/** A counter whose waits end when they are told to. */
function start(uids: readonly string[] = ['shop']) {
  const hubs = new FakeHubs();
  const clock = { nowMs: MINUTE * MINUTE_MS };
  const waits: (() => void)[] = [];
  const works: Promise<unknown>[] = [];
  let calls = 0;
  hubs.fault = () => void calls++;
  const tenant = (uid: string) => ({ tenant: { uid, regions: ['weur'] } }) as never;
  const counter = new ThrottleCounter({
    liveOf: hubs.of,
    tenants: { byUid: async (uid) => (uids.includes(uid) ? tenant(uid) : null) },
    now: () => clock.nowMs,
    wait: () => new Promise<void>((resolve) => waits.push(resolve)),
    background: (work) => works.push(work),
  });
  const tell = async () => {
    for (const end of waits.splice(0)) end();
    await Promise.all(works.splice(0));
  };
  return { hubs, clock, counter, tell, calls: () => calls, waiting: () => waits.length };
}

describe('the counter of requests refused for now', () => {
  it('tells a flood of 100,000 refusals by one call', async () => {
    const { hubs, counter, tell, calls, waiting } = start();
    for (let i = 0; i < 100_000; i++) counter.count('shop', i % 4 === 0 ? 'overloaded' : 'quota-exceeded');
    expect([calls(), waiting()]).toEqual([0, 1]);
    await tell();
    expect(calls()).toBe(1);
    expect(hubs.throttled.get('shop')).toEqual([
      { code: 'overloaded', minute: MINUTE, requests: 25_000 },
      { code: 'quota-exceeded', minute: MINUTE, requests: 75_000 },
    ]);
  });

  it('tells what came after, by its own minute, and each tenant of its own', async () => {
    const { hubs, clock, counter, tell } = start(['shop', 'news']);
    counter.count('shop', 'busy');
    counter.count('news', 'busy');
    await tell();
    clock.nowMs += MINUTE_MS;
    counter.count('shop', 'busy');
    await tell();
    expect(hubs.throttled.get('shop')?.map(({ minute }) => minute)).toEqual([MINUTE, MINUTE + 1]);
    expect(hubs.throttled.get('news')).toEqual([{ code: 'busy', minute: MINUTE, requests: 1 }]);
  });

  it('keeps what reached no hub, and tells it with the next', async () => {
    const { hubs, counter, tell } = start();
    hubs.fault = () => Promise.reject(new Error('the hub is gone'));
    for (let i = 0; i < 3; i++) counter.count('shop', 'busy');
    await tell();
    expectLog('live.throttles');
    expect(hubs.throttled.get('shop')).toBeUndefined();
    hubs.fault = () => {};
    counter.count('shop', 'busy');
    await tell();
    expect(hubs.throttled.get('shop')).toEqual([{ code: 'busy', minute: MINUTE, requests: 4 }]);
  });

  it('tells nothing of a tenant that is gone', async () => {
    const { counter, tell, calls } = start([]);
    counter.count('shop', 'busy');
    await tell();
    expect(calls()).toBe(0);
  });
});
