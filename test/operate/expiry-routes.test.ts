import { describe, expect, it } from 'vitest';
import { consumeSeals } from '../../src/lake/seal/consume.ts';
import { enforceExpiry } from '../../src/lake/upkeep/expiry.ts';
import { fakeApp } from '../support/fake-services.ts';

const DEFAULTS = { hourDays: 90, dayYears: 5, lakeMonths: 25, events: {} };

describe('/v1/retention', () => {
  it('is set by admins, read by all readers, and says what was dropped', async () => {
    const { call, createTenant, services, clock } = fakeApp();
    const { uid, keys } = await createTenant('shop');
    expect((await call('GET', '/v1/retention', { key: keys.read })).body).toEqual({ policy: null, dropped: [] });
    const body = { events: { Heartbeat: { lakeDays: 30 } } };
    expect((await call('PUT', '/v1/retention', { key: keys.read, body })).body.code).toBe('key-scope');
    const set = await call('PUT', '/v1/retention', { key: keys.admin, body });
    expect(set.body).toEqual({ policy: { ...DEFAULTS, ...body }, dropped: [] });

    const headers = { 'x-import-id': 'one', 'x-import-chunk': '0', 'content-type': 'application/x-ndjson' };
    const lines = ['2020-01-01', '2025-12-31'].map((day) =>
      JSON.stringify({ id: day, event: 'Bought', timestamp: `${day}T10:00:00Z` }),
    );
    await call('POST', '/v1/import', { key: keys.write, body: lines.join('\n'), headers });
    await call('POST', '/v1/import/one/finish', { key: keys.write });
    const messages = ['2020-01-01', '2025-12-31'].map((day) => {
      const body = { uid, day: Date.parse(`${day}T00:00:00Z`) / 86_400_000, cause: 'import' as const };
      return { body, attempts: 1, ack: () => {}, retry: () => expect.unreachable() };
    });
    await consumeSeals({ messages, queue: 'tidemark-seal' } as never, {
      ...services,
      tenantOf: async (wanted) => (await services.tenants.reload(wanted))?.tenant ?? null,
    });
    await enforceExpiry(services, uid, clock.nowMs);
    expect((await call('GET', '/v1/retention', { key: keys.read })).body.dropped).toEqual([
      { tier: 'hour', from: '2020-01-01', before: '2025-10-17' },
      { tier: 'day', from: '2020-01-01', before: '2021-01-15' },
      { tier: 'lake', from: '2020-01-01', before: '2023-12-15' },
      { tier: 'event', event: 'Heartbeat', from: '2020-01-01', before: '2025-12-16' },
    ]);
    const question = { measure: 'count', from: '2019-12-01', to: '2020-02-01' };
    const { body: answer } = await call('POST', '/v1/query', { key: keys.read, body: question });
    expect(answer.series[0].total).toBe(0);
    expect(answer.meta).toMatchObject({ complete: false, pending: 0 });
    expect(answer.meta.dropped[0]).toEqual({ from: '2020-01-01', before: '2020-02-01' });
    const { body: status } = await call('GET', '/v1/status', { key: keys.read });
    expect(status.sealed.dirtyDays).toBe(0);
    const exported = await call('POST', '/v1/export', {
      key: keys.read,
      body: { format: 'csv', columns: ['id'], from: '2019-12-01', to: '2020-02-01' },
    });
    expect(exported.body).toBe('id\r\n');
  });

  it('refuses what is no policy', async () => {
    const { call, createTenant } = fakeApp();
    const { keys } = await createTenant('shop');
    const refused = await call('PUT', '/v1/retention', { key: keys.admin, body: { lakeDays: 3 } });
    expect(refused).toMatchObject({ status: 400, body: { code: 'request-invalid' } });
  });
});
