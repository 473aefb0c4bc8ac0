import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it, vi } from 'vitest';
import { LIMITS } from '../../src/core/limits.ts';
import type { KeptRefusal, RefusalReport, RefusalsReply } from '../../src/core/live/refusal.ts';
import type { LiveRpc } from '../../src/core/live/rpc.ts';
import type { Env } from '../../src/index.ts';

const { LIVE } = env as unknown as Env;
let tenants = 0;

function newHub() {
  const uid = `hub${tenants++}`;
  const stub = () => LIVE.get(LIVE.idFromName(uid));
  const hub = () => stub() as unknown as LiveRpc;
  const ids = async (limit = 200) => (await hub().refusals({ limit })).refusals.map(({ id }) => id);
  const tables = () =>
    runInDurableObject(stub(), async (_, { storage }) => ({
      tables: storage.sql
        .exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'")
        .toArray(),
      alarm: await storage.getAlarm(),
    }));
  return { uid, stub, hub, ids, tables };
}

async function oldestPage(hub: LiveRpc): Promise<RefusalsReply> {
  let page = await hub.refusals({ limit: 1_000 });
  while (page.next !== null) page = await hub.refusals({ limit: 1_000, before: page.next });
  return page;
}

function ofBrowser(refused: RefusalReport): RefusalReport {
  return { ...refused, keyClass: 'browser' };
}

function report(name: string, count = 1, receivedAtMs = Date.now(), more = 0): RefusalReport {
  const items = Array.from({ length: count }, (_, index) => ({
    code: 'event-invalid',
    reason: 'It is wrong.',
    pointer: '/event',
    index,
    id: count === 1 ? name : `${name}${index}`,
    event: null,
    type: null,
    body: '{}',
    bodyTruncated: false,
  }));
  const sender = { keyClass: 'server', keyHint: '0123abcd', userAgent: null } as const;
  return { receivedAtMs, source: 'native', path: '/v1/events', ...sender, items, more };
}

describe('a hub', () => {
  it('keeps refusals over an eviction and over a kill, from the moment of its answer', async () => {
    const { hub, stub, ids } = newHub();
    await hub().note(report('a'), 0);
    await evictDurableObject(stub());
    expect(await ids()).toEqual(['a']);
    await hub().note(report('b'), 0);
    await abortAllDurableObjects();
    expect(await ids()).toEqual(['b', 'a']);
  });

  it('gives each refusal once over all pages, the newest first', async () => {
    const { hub } = newHub();
    for (const name of ['a', 'b', 'c']) await hub().note(report(name, 3), 0);
    const seen: KeptRefusal[] = [];
    let before: string | undefined;
    do {
      const page = await hub().refusals({ limit: 2, before });
      seen.push(...page.refusals);
      before = page.next ?? undefined;
    } while (before !== undefined);
    expect(seen.map(({ id }) => id)).toEqual(['c2', 'c1', 'c0', 'b2', 'b1', 'b0', 'a2', 'a1', 'a0']);
  });

  it('keeps the last 10,000 and no more than a tenth beyond', async () => {
    const { hub, ids } = newHub();
    for (let i = 0; i < 120; i++) await hub().note(report(`r${i}-`, 100), 0);
    const { kept } = await hub().refusals({ limit: 0 });
    expect(kept).toBeGreaterThanOrEqual(LIMITS.refusalsKeptMax);
    expect(kept).toBeLessThanOrEqual(1.1 * LIMITS.refusalsKeptMax);
    expect((await ids(1))[0]).toBe('r119-99');
  });

  it("keeps a server's refusals through a flood of a browser's, and the last of that too", async () => {
    const { hub, ids } = newHub();
    await hub().note(report('order'), 0);
    for (let i = 0; i < 125; i++) await hub().note(ofBrowser(report(`r${i}-`, 100)), 0);
    expect((await ids(1))[0]).toBe('r124-99');
    const { kept, refusals } = await oldestPage(hub());
    expect(refusals.at(-1)!.id).toBe('order');
    expect(kept).toBeLessThanOrEqual(1.1 * LIMITS.refusalsKeptMax);
  });

  it('leaves half of what it writes to servers in a flood of a browser', async () => {
    const { hub } = newHub();
    const half = LIMITS.refusalReportsPerPeriod / 2;
    vi.spyOn(Date, 'now').mockReturnValue(Date.now());
    for (let i = 0; i < half + 20; i++) await hub().note(ofBrowser(report(`b${i}`)), 0);
    await hub().note(report('order'), 0);
    vi.restoreAllMocks();
    expect((await hub().refusals({ limit: 0 })).kept).toBe(half + 1);
  });

  it('drops what is a day old, and leaves no storage behind when nothing is left', async () => {
    const { hub, stub, ids, tables } = newHub();
    await hub().note(report('old', 1, Date.now() - LIMITS.refusalsKeptMs - 1), 0);
    await hub().note(report('new'), 0);
    expect(await runDurableObjectAlarm(stub())).toBe(true);
    expect(await ids()).toEqual(['new']);
    expect((await tables()).alarm).toBeGreaterThan(Date.now());
    await runInDurableObject(stub(), (_, { storage }) => {
      storage.sql.exec('UPDATE report SET at_ms = 0');
    });
    expect(await runDurableObjectAlarm(stub())).toBe(true);
    expect(await ids()).toEqual([]);
    const { alarm } = await tables();
    expect(alarm).toBeNull();
  });

  it('counts the refusals of a flood and keeps some of them', async () => {
    const { hub, stub } = newHub();
    const count = LIMITS.refusalReportsPerPeriod + 50;
    vi.spyOn(Date, 'now').mockReturnValue(Date.now());
    await Promise.all(Array.from({ length: count }, (_, i) => hub().note(report(`r${i}`), 0)));
    const { kept, notKept } = await hub().refusals({ limit: 0 });
    expect([kept, notKept]).toEqual([LIMITS.refusalReportsPerPeriod, 50]);
    vi.restoreAllMocks();
    expect(await runDurableObjectAlarm(stub())).toBe(true);
    await evictDurableObject(stub());
    const after = await hub().refusals({ limit: 0 });
    expect([after.kept, after.notKept]).toEqual([kept, notKept]);
  });

  it('counts what a report leaves out, and what the edge could not tell', async () => {
    const { hub, stub } = newHub();
    await hub().note(report('a', 1, Date.now(), 7), 5);
    await evictDurableObject(stub());
    expect(await hub().refusals({ limit: 0 })).toMatchObject({ kept: 1, notKept: 12 });
  });

  it('is erased with its tenant, and shares nothing with another', async () => {
    const { hub, tables } = newHub();
    const other = newHub();
    await hub().note(report('a'), 0);
    await other.hub().note(report('b'), 0);
    await hub().wipe();
    expect(await tables()).toEqual({ tables: [], alarm: null });
    await hub().note(report('late'), 0);
    expect((await tables()).tables).toEqual([]);
    expect(await other.ids()).toEqual(['b']);
  });
});
