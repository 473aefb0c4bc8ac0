import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/core/limits.ts';
import { ThrottleCounter } from '../../src/live/throttle-counter.ts';
import { expectLog } from '../support/expect-log.ts';
import { fakeApp, ROOT_KEY, START_MS } from '../support/fake-services.ts';

/** An app that counts, with a tenant of the quotas. */
async function start(quotas: Record<string, number> = {}) {
  const works: Promise<unknown>[] = [];
  const counters: ThrottleCounter[] = [];
  const stack = fakeApp({
    shardOf: () => ({ append: async () => ({ status: 'overloaded', retryAfterMs: 1_000 }) }) as never,
    throttles: { count: (uid, code) => counters[0]!.count(uid, code) },
  });
  const { services, hubs } = stack;
  const ports = { liveOf: hubs.of, tenants: services.tenants, now: services.now, wait: async () => {} };
  counters.push(new ThrottleCounter({ ...ports, background: (work) => works.push(work) }));
  const { uid, keys } = await stack.createTenant('shop');
  if (Object.keys(quotas).length > 0)
    await stack.call('PUT', '/v1/tenants/shop/quota', { key: ROOT_KEY, body: { eventsPerMinute: null, ...quotas } });
  stack.clock.nowMs += LIMITS.tenantCacheMs + 1;
  const send = (count = 1) =>
    stack.call('POST', '/v1/events', {
      key: keys.server,
      headers: { 'content-type': 'application/json' },
      body: Array.from({ length: count }, () => ({ event: 'Bought', userId: 'ann' })),
    });
  const ask = async (query = '', key = keys.read) => {
    await Promise.all(works.splice(0));
    return stack.call('GET', `/v1/throttled${query}`, { key });
  };
  return { ...stack, uid, keys, send, ask };
}

describe('GET /v1/throttled', () => {
  it('counts what was over the quota and what the shards had no room for, with what to do', async () => {
    const { send, ask, clock } = await start({ eventsPerMinute: 10 });
    expect((await send(10)).body.code).toBe('overloaded');
    for (let i = 0; i < 3; i++) expect((await send()).body.code).toBe('quota-exceeded');
    clock.nowMs += 1;
    const { status, body } = await ask();
    expect([status, body.requests, body.grainSeconds, body.complete]).toEqual([200, 4, 60, true]);
    const at = new Date(Math.floor(clock.nowMs / 60_000) * 60_000).toISOString();
    expect(body.points).toEqual([
      { at, code: 'overloaded', kind: 'events', requests: 1 },
      { at, code: 'quota-exceeded', kind: 'events', requests: 3 },
    ]);
    expect(body.codes).toMatchObject([
      { code: 'quota-exceeded', requests: 3, firstAt: at, lastAt: at },
      { code: 'overloaded', requests: 1 },
    ]);
    expect(body.codes[0].meaning).toContain('more events a minute than its quota allows');
    expect(body.codes[0].advice).toContain('raise the quota');
  });

  it('answers a tenant that is over its quota of questions, and counts those', async () => {
    const { call, keys, ask, clock } = await start({ questionsPerMinute: 1 });
    await call('GET', '/v1/cohorts', { key: keys.read });
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++) statuses.push((await call('GET', '/v1/insights', { key: keys.read })).status);
    expect(statuses).toContain(429);
    clock.nowMs += 1;
    const { status, body } = await ask();
    expect(status).toBe(200);
    expect(body.codes).toMatchObject([
      { code: 'questions-quota-exceeded', kind: 'questions', requests: statuses.filter((one) => one === 429).length },
    ]);
  });

  it('reads the range that it is asked for, at a grain that fits', async () => {
    const { uid, services, ask } = await start();
    const minute = START_MS / 60_000;
    await services.liveOf(uid).countThrottled([
      { code: 'overloaded', minute, requests: 2 },
      { code: 'overloaded', minute: minute - 7 * 1_440, requests: 5 },
      { code: 'code-of-another-release', minute, requests: 1 },
    ]);
    const requests = async (query: string) => {
      const { body } = await ask(query);
      return [body.requests, body.grainSeconds];
    };
    expect(await requests('?from=2026-01-15&to=2026-01-16')).toEqual([2, 60]);
    expect(await requests('?from=2026-01-01')).toEqual([7, 900]);
    expect(await requests('?from=2025-11-01')).toEqual([7, 3_600]);
    expect(await requests('?from=2026-01-01&to=2026-01-15')).toEqual([5, 900]);
  });

  it.each([
    ['?from=yesterday', 400, 'range-invalid'],
    ['?from=2026-01-03&to=2026-01-02', 400, 'range-inverted'],
    ['?from=2016-01-01', 400, 'range-too-wide'],
    ['?hours=3', 400, 'request-invalid'],
  ])('refuses %s', async (query, status, code) => {
    const { ask } = await start();
    const answer = await ask(query);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  it('says that the counts are missing when the hub does not answer, and gives them to no sender', async () => {
    const { ask, hubs, keys } = await start();
    hubs.fault = () => Promise.reject(new Error('the hub is gone'));
    expect((await ask()).body).toMatchObject({ requests: 0, points: [], complete: false });
    expectLog('live.throttled');
    expect((await ask('', keys.browser)).body.code).toBe('key-scope');
  });
});
