// Default quotas: each is refused by its own code, and what stays below them is not refused.

import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/core/limits.ts';
import { DEFAULT_QUOTAS } from '../../src/core/tenant/quota.ts';
import { countLinking, Quotas, type QuotaTenant } from '../../src/edge/quota.ts';
import { Problem } from '../../src/http/problem.ts';
import { measureUsage } from '../../src/lake/manifest/usage.ts';
import { row, TenantLake, UID } from '../lake/seal/tenant-lake.ts';
import { fakeApp, ROOT_KEY } from '../support/fake-services.ts';

const START_MS = 1_000_000;
const ANY: QuotaTenant = { uid: 'any' };

function codeOf(call: () => void): string | null {
  try {
    call();
    return null;
  } catch (thrown) {
    if (thrown instanceof Problem) return thrown.code;
    throw thrown;
  }
}

describe('the quotas of a tenant that has none of its own', () => {
  const uses: readonly [string, number, (quotas: Quotas, amount: number) => void][] = [
    ['quota-exceeded', DEFAULT_QUOTAS.eventsPerMinute, (quotas, n) => quotas.charge(ANY, n, START_MS, 'server')],
    ['quota-exceeded', DEFAULT_QUOTAS.eventsPerMinute, (quotas, n) => quotas.charge(ANY, n, START_MS, 'import')],
    ['quota-exceeded', DEFAULT_QUOTAS.eventsPerMinute, (quotas, n) => quotas.charge(ANY, n, START_MS, 'browser')],
    [
      'days-quota-exceeded',
      DEFAULT_QUOTAS.daysPerMinute,
      (quotas, n) => quotas.chargeFurther(ANY, { days: n, sender: 'import' }, START_MS),
    ],
    [
      'links-quota-exceeded',
      DEFAULT_QUOTAS.linksPerDay,
      (quotas, n) => quotas.chargeFurther(ANY, { links: n, sender: 'server' }, START_MS),
    ],
  ];

  it.each(uses)('end at the default with %s, for one tenant alone', (code, quota, use) => {
    const quotas = new Quotas(() => {});
    expect(codeOf(() => use(quotas, quota))).toBeNull();
    expect(codeOf(() => use(quotas, 1))).toBe(code);
    expect(codeOf(() => quotas.charge({ uid: 'other' }, 2_500, START_MS, 'server'))).toBeNull();
    expect(quotas.refused).toBe(1);
  });

  it.each(uses)('refuse a request of more than ten times as much, whatever is left: %s', (_, quota, use) => {
    const quotas = new Quotas(() => {});
    const most = quota * LIMITS.quotaRequestFactorMax;
    expect(codeOf(() => use(quotas, most + 1))).toBe('request-over-quota');
    expect(codeOf(() => use(quotas, most))).toBeNull();
  });

  it('bound the questions a minute', () => {
    const quotas = new Quotas(() => {});
    for (let i = 0; i < DEFAULT_QUOTAS.questionsPerMinute; i++) quotas.chargeQuestion(ANY, START_MS);
    expect(codeOf(() => quotas.chargeQuestion(ANY, START_MS))).toBe('questions-quota-exceeded');
    expect(codeOf(() => quotas.chargeQuestion(ANY, START_MS + 1_000))).toBeNull();
  });

  it('bound the bytes of the database', () => {
    const quotas = new Quotas(() => {});
    const at = (storedBytes: number) =>
      codeOf(() => quotas.charge({ uid: 'full', storedBytes }, 1, START_MS, 'server'));
    expect(at(DEFAULT_QUOTAS.storedBytes - 1)).toBeNull();
    expect(at(DEFAULT_QUOTAS.storedBytes)).toBe('storage-quota-exceeded');
    const own = { uid: 'own', storedBytes: 11, quotas: { storedBytes: 10 } };
    expect(codeOf(() => quotas.charge(own, 1, START_MS, 'import'))).toBe('storage-quota-exceeded');
    expect(codeOf(() => quotas.chargeQuestion(own, START_MS))).toBeNull();
  });

  it('leave an honest tenant alone: an isolate full of events, a history of 13,000 days, its logins', () => {
    const quotas = new Quotas(() => {});
    for (let second = 0; second < 60; second++) {
      for (let request = 0; request < 40; request++) quotas.charge(ANY, 2_500, START_MS + 1_000 * second, 'server');
    }
    for (let chunk = 0; chunk < 26; chunk++) {
      quotas.charge(ANY, 20_000, START_MS, 'import');
      quotas.chargeFurther(ANY, { days: 500, links: 20_000, sender: 'import' }, START_MS);
    }
    for (let question = 0; question < 6_000; question++) quotas.chargeQuestion(ANY, START_MS);
    expect(quotas.refused).toBe(0);
  });

  it('count the events that may link ids', () => {
    const records = ['identify', 'alias', 'track', 'group'].map((type) => ({ strings: { type } }));
    expect(countLinking(records as never)).toBe(2);
  });
});

describe('quotas of its own', () => {
  it('are set one by one, set back by null, told in the status, and refused by route', async () => {
    const { call, createTenant, services } = fakeApp();
    const { keys } = await createTenant('acme');
    const set = (body: object) => call('PUT', '/v1/tenants/acme/quota', { key: ROOT_KEY, body });
    expect((await set({ eventsPerMinute: null, questionsPerMinute: 2, daysPerMinute: 1 })).status).toBe(200);
    expect((await set({ eventsPerMinute: 5, linksPerDay: 1 })).body).toMatchObject({ tenant: 'acme', linksPerDay: 1 });
    const limitsNow = async () => (await call('GET', '/v1/status', { key: keys.read })).body.quota.limits;
    expect(await limitsNow()).toMatchObject({
      eventsPerMinute: 5,
      questionsPerMinute: 2,
      daysPerMinute: 1,
      linksPerDay: 1,
      storedBytes: DEFAULT_QUOTAS.storedBytes,
    });

    const ask = () => call('GET', '/v1/insights', { key: keys.read });
    expect([(await ask()).status, (await ask()).status]).toEqual([200, 200]);
    expect((await ask()).body).toMatchObject({ code: 'questions-quota-exceeded', limit: 2 });

    const importOf = (count: number, type = 'track') => {
      const lines = Array.from({ length: count }, (_, i) =>
        JSON.stringify({ type, event: 'a', userId: `u${i}`, anonymousId: `d${i}`, timestamp: `2025-12-${10 + i}` }),
      );
      const headers = { 'content-type': 'application/x-ndjson' };
      return call('POST', '/v1/import', { key: keys.write, body: lines.join('\n'), headers });
    };
    await set({ eventsPerMinute: 1 });
    expect((await importOf(11)).body).toMatchObject({ code: 'request-over-quota', limit: 10, met: 11 });
    await set({ eventsPerMinute: null, daysPerMinute: 1 });
    expect((await importOf(12)).body).toMatchObject({ code: 'request-over-quota', limit: 10, met: 12 });
    expect((await importOf(3)).status).toBe(200);
    expect((await importOf(2)).body).toMatchObject({ code: 'days-quota-exceeded' });
    await set({ eventsPerMinute: null, questionsPerMinute: null, daysPerMinute: null, linksPerDay: null });
    expect(await limitsNow()).toEqual(DEFAULT_QUOTAS);
    await set({ eventsPerMinute: null, linksPerDay: 1 });
    expect((await importOf(11, 'identify')).body).toMatchObject({ code: 'request-over-quota' });
    await services.db
      .prepare('INSERT INTO tenant_usage (uid, stored_bytes, measured_at_ms) SELECT uid, 5, 0 FROM tenants')
      .run();
    await set({ eventsPerMinute: null, linksPerDay: null, storedBytes: 5 });
    expect(await importOf(1)).toMatchObject({ status: 429, body: { code: 'storage-quota-exceeded', limit: 5 } });
    await set({ eventsPerMinute: null, storedBytes: 6 });
    expect((await importOf(1)).status).toBe(200);
  });
});

describe('the bytes of a tenant', () => {
  it('are added by each flush and seal once, and summed up by the sweep', async () => {
    const lake = new TenantLake();
    const used = async () => (await lake.all<{ n: number }>('SELECT stored_bytes AS n FROM tenant_usage'))[0]!.n;
    await lake.flush('a', 0, 3, [row('1'), row('2')]);
    const afterFlush = await used();
    expect(afterFlush).toBeGreaterThan(100);
    await lake.flush('a', 0, 3, [row('1'), row('2')]);
    expect(await used()).toBe(afterFlush);
    await lake.seal();
    expect(await used()).toBeGreaterThan(afterFlush);
    await measureUsage(lake.db, UID, { nowMs: lake.nowMs, isAtRest: false });
    const [{ n: cells }] = (await lake.all<{ n: number }>('SELECT SUM(length(cells)) AS n FROM sealed_cells')) as [
      { n: number },
    ];
    expect(await used()).toBeGreaterThan(cells);
    expect(await used()).toBeLessThan(cells + 100_000);
    await measureUsage(lake.db, 'nobody', { nowMs: lake.nowMs, isAtRest: false });
    expect(await lake.all(`SELECT stored_bytes AS n FROM tenant_usage WHERE uid = 'nobody'`)).toEqual([{ n: 0 }]);
  });
});
