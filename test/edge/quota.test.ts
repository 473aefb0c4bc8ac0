// Quotas: the allowance, the refusals of a tenant over its quota, and the neighbours that notice nothing.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openBlock } from '../../src/core/block/block.ts';
import { ACCEPTED } from '../../src/core/block/disposition.ts';
import { LIMITS, MINUTE_MS } from '../../src/core/limits.ts';
import type { AppendRequest, ShardRpc } from '../../src/core/shard/rpc.ts';
import { fullAllowance, spend } from '../../src/core/tenant/quota.ts';
import type { TelemetryPoint } from '../../src/observe/telemetry.ts';
import { fakeApp, ROOT_KEY } from '../support/fake-services.ts';

const START_MS = 1_000_000;

describe('an allowance', () => {
  it('lets a minute’s worth through at once, and then as much as time brings', () => {
    const allowance = fullAllowance(60, START_MS);
    for (let i = 0; i < 60; i++) expect(spend(allowance, 60, 1, START_MS)).toBe(0);
    expect(spend(allowance, 60, 1, START_MS)).toBe(1);
    expect(spend(allowance, 60, 1, START_MS + 1_000)).toBe(0);
    expect(spend(allowance, 60, 1, START_MS + 1_000)).toBe(1);
    expect(spend(allowance, 60, 60, START_MS + 10 * MINUTE_MS)).toBe(0);
    expect(spend(allowance, 60, 1, START_MS + 10 * MINUTE_MS)).toBe(1);
  });

  it('takes a request of more than the quota, and has the next one wait for what is owed', () => {
    const allowance = fullAllowance(10, START_MS);
    expect(spend(allowance, 10, 40, START_MS)).toBe(0);
    expect(spend(allowance, 10, 1, START_MS)).toBe(3 * MINUTE_MS + 1);
    expect(spend(allowance, 10, 1, START_MS + 3 * MINUTE_MS + 1)).toBe(0);
  });

  it('is not spent by what is refused, and not filled by a clock that goes back', () => {
    const allowance = fullAllowance(10, START_MS);
    spend(allowance, 10, 10, START_MS);
    for (let i = 0; i < 100; i++) expect(spend(allowance, 10, 5, START_MS - i)).toBe(1);
    expect(spend(allowance, 10, 5, START_MS)).toBe(1);
    expect(spend(allowance, 10, 5, START_MS + 10_000)).toBe(0);
  });

  it('follows a quota that was changed', () => {
    const allowance = fullAllowance(1_000, START_MS);
    for (let i = 0; i < 10; i++) expect(spend(allowance, 10, 1, START_MS)).toBe(0);
    expect(spend(allowance, 10, 1, START_MS)).toBeGreaterThan(0);
    expect(spend(allowance, 1_000, 1, START_MS + MINUTE_MS)).toBe(0);
  });

  it('never lets through more than its bound, and never refuses who stays below it', () => {
    const requests = fc.array(fc.record({ gapMs: fc.nat(40_000), events: fc.integer({ min: 1, max: 50 }) }), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), requests, (quota, offered) => {
        const allowance = fullAllowance(quota, START_MS);
        let nowMs = START_MS;
        let taken = 0;
        for (const { gapMs, events } of offered) {
          nowMs += gapMs;
          const waitMs = spend(allowance, quota, events, nowMs);
          if (waitMs === 0) taken += events;
          else expect(spend({ ...allowance }, quota, events, nowMs + waitMs)).toBe(0);
          expect(taken).toBeLessThanOrEqual(quota * ((nowMs - START_MS) / MINUTE_MS + 1) + 50);
        }
        const modest = fullAllowance(quota, START_MS);
        for (let minute = 0; minute < 5; minute++) {
          for (let event = 0; event < quota; event++) {
            const atMs = START_MS + minute * MINUTE_MS + (event / quota) * MINUTE_MS;
            expect(spend(modest, quota, 1, atMs)).toBe(0);
          }
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('at the edge', () => {
  const stack = () => {
    const appended = new Map<string, number>();
    const points: TelemetryPoint[] = [];
    const shardOf = () =>
      ({
        append: async ({ address, blocks }: AppendRequest) => {
          appended.set(address.uid, (appended.get(address.uid) ?? 0) + blocks.length);
          const dispositions = blocks.map((bytes) => new Uint8Array(openBlock(bytes).eventCount).fill(ACCEPTED));
          return { status: 'stored', dispositions };
        },
      }) as unknown as ShardRpc;
    const made = fakeApp({ shardOf, telemetry: { write: (point) => points.push(point) } });
    const setQuota = (id: string, eventsPerMinute: number | null, key = ROOT_KEY) =>
      made.call('PUT', `/v1/tenants/${id}/quota`, { key, body: { eventsPerMinute } });
    const send = (key: string, events: number, headers = {}) =>
      made.call('POST', '/v1/events', {
        key,
        body: Array.from({ length: events }, (_, i) => ({ id: `e${i}`, event: 'x', anonymousId: 'a' })),
        headers: { 'content-type': 'application/json', ...headers },
      });
    return { ...made, appended, points, setQuota, send };
  };

  it('a tenant without a quota of its own is not refused', async () => {
    const { createTenant, send, call } = stack();
    const { keys } = await createTenant('acme');
    for (let i = 0; i < 5; i++) expect((await send(keys.write, LIMITS.requestEventsMax)).status).toBe(200);
    expect((await call('GET', '/v1/status', { key: keys.read })).body.quota).toMatchObject({ eventsPerMinute: null });
  });

  it('one beyond its quota is refused with a wait, before any shard is asked, and is counted; its neighbours are not', async () => {
    const { createTenant, setQuota, send, call, clock, appended, points } = stack();
    const loud = await createTenant('loud');
    const quiet = await createTenant('quiet');
    expect(await setQuota('loud', 100)).toMatchObject({ status: 200, body: { tenant: 'loud', eventsPerMinute: 100 } });
    await setQuota('quiet', 100);
    expect((await send(loud.keys.write, 70)).status).toBe(200);
    expect((await send(loud.keys.write, 80)).status).toBe(200);
    for (let i = 0; i < 50; i++) {
      const refused = await send(loud.keys.write, 10);
      expect(refused).toMatchObject({ status: 429, body: { code: 'quota-exceeded', limit: 100 } });
      expect(refused.headers.get('retry-after')).toBe('31');
      expect((await send(quiet.keys.write, 1)).status).toBe(200);
    }
    expect(appended.get(loud.uid)).toBe(2);
    expect(points).toHaveLength(50);
    expect(points[0]).toEqual({ index: loud.uid, blobs: ['quota-exceeded'], doubles: [1] });
    const metrics = (await call('GET', '/metrics', { key: ROOT_KEY })).body as string;
    expect(metrics).toMatch(/^tidemark_quota_refused_total\{instance="\w+"\} 50$/m);
    expect((await call('GET', '/v1/status', { key: loud.keys.read })).body.quota).toMatchObject({
      eventsPerMinute: 100,
    });

    clock.nowMs += 31_000;
    expect((await send(loud.keys.write, 10)).body).toMatchObject({ received: 10, accepted: 10 });
  });

  it('a key in the body is bound as well', async () => {
    const { createTenant, setQuota, call } = stack();
    const { keys } = await createTenant('acme');
    await setQuota('acme', 1);
    const body = { writeKey: keys.write, batch: [{ type: 'track', event: 'x', userId: 'u', messageId: 'm' }] };
    const post = () => call('POST', '/v1/batch', { body, headers: { 'content-type': 'application/json' } });
    expect((await post()).status).toBe(200);
    expect(await post()).toMatchObject({ status: 429, body: { code: 'quota-exceeded' } });
  });

  it('what is imported is bound as well, by what is new in it', async () => {
    const { createTenant, setQuota, send, call, clock, points } = stack();
    const { keys } = await createTenant('acme');
    await setQuota('acme', 100);
    const chunk = (index: number, events: number) =>
      call('POST', '/v1/import', {
        key: keys.write,
        body: Array.from({ length: events }, (_, i) =>
          JSON.stringify({ id: `${index}-${i}`, event: 'x', timestamp: 1_300_000_000_000 }),
        ).join('\n'),
        headers: { 'content-type': 'application/x-ndjson', 'x-import-id': 'a', 'x-import-chunk': String(index) },
      });
    expect((await chunk(0, 60)).body).toMatchObject({ accepted: 60 });
    for (let i = 0; i < 10; i++) expect((await chunk(0, 60)).body).toMatchObject({ accepted: 60 });
    expect((await chunk(1, 90)).body).toMatchObject({ accepted: 90 });
    const refused = await chunk(2, 1);
    expect(refused).toMatchObject({ status: 429, body: { code: 'quota-exceeded', limit: 100 } });
    expect(refused.headers.get('retry-after')).toBe('31');
    // Live events have an allowance of their own.
    expect((await send(keys.write, 100)).status).toBe(200);
    expect((await send(keys.write, 1)).status).toBe(429);
    expect(points).toHaveLength(2);
    clock.nowMs += 31_000;
    expect((await chunk(2, 1)).body).toMatchObject({ accepted: 1 });
  });

  it('a wait is never said longer than a minute', async () => {
    const { createTenant, setQuota, send } = stack();
    const { keys } = await createTenant('acme');
    await setQuota('acme', 1);
    expect(await send(keys.write, 11)).toMatchObject({ status: 413, body: { code: 'request-over-quota', met: 11 } });
    await send(keys.write, 10);
    expect((await send(keys.write, 1)).headers.get('retry-after')).toBe('60');
  });

  it('is lifted, is set by the root key alone, and only within its range', async () => {
    const { createTenant, setQuota, send } = stack();
    const { keys } = await createTenant('acme');
    await setQuota('acme', 1);
    await send(keys.write, 10);
    expect((await send(keys.write, 1)).status).toBe(429);
    expect((await setQuota('acme', null)).body).toEqual({ tenant: 'acme', eventsPerMinute: null });
    expect((await send(keys.write, 1)).status).toBe(200);
    expect((await setQuota('acme', 5, keys.admin)).status).toBe(403);
    expect(await setQuota('acme', 0)).toMatchObject({ status: 400, body: { code: 'request-invalid' } });
    expect(await setQuota('nobody', 5)).toMatchObject({ status: 404, body: { code: 'tenant-not-found' } });
  });

  it('another isolate has an allowance of its own, and learns of a quota within the life of its cache', async () => {
    const { createTenant, setQuota, send, otherIsolate, clock } = stack();
    const { createApp } = await import('../../src/app.ts');
    const { clientOf } = await import('../support/fake-services.ts');
    const { keys } = await createTenant('acme');
    const other = clientOf(createApp(otherIsolate()));
    const sendOther = () =>
      other('POST', '/v1/events', { key: keys.write, body: [{ id: 'o', event: 'x', anonymousId: 'a' }] });
    expect((await sendOther()).status).toBe(200);
    await setQuota('acme', 1);
    await send(keys.write, 1);
    expect((await send(keys.write, 1)).status).toBe(429);
    clock.nowMs += LIMITS.tenantCacheMs;
    expect((await sendOther()).status).toBe(200);
    expect((await sendOther()).status).toBe(429);
  });
});
