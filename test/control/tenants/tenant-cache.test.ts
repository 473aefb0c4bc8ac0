import { afterEach, describe, expect, it, vi } from 'vitest';
import { type KnownTenant, TenantCache } from '../../../src/control/tenants/tenant-cache.ts';
import { LIMITS } from '../../../src/core/limits.ts';

const known = (name: string) => ({ tenant: { name }, activeKeyHashes: new Set() }) as unknown as KnownTenant;

/** A cache whose loads the test answers by hand, in any order. */
function manualCache() {
  const clock = { nowMs: 1_000_000 };
  const loads: { uid: string; resolve: (value: KnownTenant | null) => void; reject: (reason: Error) => void }[] = [];
  const cache = new TenantCache(
    (uid) => new Promise((resolve, reject) => loads.push({ uid, resolve, reject })),
    () => clock.nowMs,
  );
  return { cache, clock, loads };
}

afterEach(() => {
  vi.useRealTimers();
});

describe('the tenant cache', () => {
  it('loads once for all callers at the same time, and not again within the time limit', async () => {
    const { cache, clock, loads } = manualCache();
    const lookups = [cache.byUid('u'), cache.byUid('u'), cache.byUid('u')];
    const acme = known('acme');
    loads[0]?.resolve(acme);
    expect(await Promise.all(lookups)).toEqual([acme, acme, acme]);
    clock.nowMs += LIMITS.tenantCacheMs - 1;
    expect(await cache.byUid('u')).toBe(acme);
    expect(loads.length).toBe(1);
  });

  it('counts the age of an entry from the start of its load', async () => {
    const { cache, clock, loads } = manualCache();
    const first = cache.byUid('u');
    clock.nowMs += LIMITS.tenantCacheMs;
    loads[0]?.resolve(known('old'));
    await first;
    const second = cache.byUid('u');
    loads[1]?.resolve(known('new'));
    expect((await second)?.tenant.name).toBe('new');
  });

  it('remembers that a tenant does not exist', async () => {
    const { cache, loads } = manualCache();
    const first = cache.byUid('u');
    loads[0]?.resolve(null);
    expect(await first).toBeNull();
    expect(await cache.byUid('u')).toBeNull();
    expect(loads.length).toBe(1);
  });

  it('does not remember a failure', async () => {
    const { cache, loads } = manualCache();
    const first = cache.byUid('u');
    loads[0]?.reject(new Error('D1'));
    await expect(first).rejects.toThrow('D1');
    const second = cache.byUid('u');
    loads[1]?.resolve(known('acme'));
    expect((await second)?.tenant.name).toBe('acme');
  });

  it('drops the result of a load that began before an invalidation', async () => {
    const { cache, loads } = manualCache();
    const before = cache.byUid('u');
    cache.invalidate('u');
    const after = cache.byUid('u');
    loads[1]?.resolve(known('new'));
    await after;
    loads[0]?.resolve(known('old'));
    await before;
    expect((await cache.byUid('u'))?.tenant.name).toBe('new');
    expect(loads.length).toBe(2);
  });

  it('reloads without joining a load that is under way', async () => {
    const { cache, loads } = manualCache();
    const first = cache.byUid('u');
    const second = cache.reload('u');
    loads[1]?.resolve(known('new'));
    loads[0]?.resolve(known('old'));
    await first;
    expect((await second)?.tenant.name).toBe('new');
    expect((await cache.byUid('u'))?.tenant.name).toBe('new');
  });

  it('does not wait forever for the load of a request that was cancelled', async () => {
    vi.useFakeTimers();
    const { cache, clock, loads } = manualCache();
    void cache.byUid('u');
    const second = cache.byUid('u');
    await vi.advanceTimersByTimeAsync(600);
    expect(loads.length).toBe(2);
    loads[1]?.resolve(known('acme'));
    expect((await second)?.tenant.name).toBe('acme');
    clock.nowMs += LIMITS.tenantCacheMs;
    void cache.byUid('u');
    clock.nowMs += 600;
    const late = cache.byUid('u');
    loads[3]?.resolve(known('later'));
    expect((await late)?.tenant.name).toBe('later');
  });

  it('is bounded in size', async () => {
    let loadCount = 0;
    const cache = new TenantCache(
      async (uid) => {
        loadCount++;
        return known(uid);
      },
      () => 0,
    );
    for (let index = 0; index <= 2_000; index++) await cache.byUid(`u${index}`);
    await cache.byUid('u2000');
    expect(loadCount).toBe(2_001);
    await cache.byUid('u0');
    expect(loadCount).toBe(2_002);
  });
});
