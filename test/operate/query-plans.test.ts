// Query plans: every statement of the cron, of the seals and of the status finds its rows by an index. No statement reads all
// of a table that grows with tenants, days or events.

import { describe, expect, it } from 'vitest';
import { continueDeletions } from '../../src/control/deletion/deletion.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/core/limits.ts';
import type { SealQueueMessage } from '../../src/core/shard/rpc.ts';
import { collectSealed } from '../../src/lake/collect/collect.ts';
import { collectSegments } from '../../src/lake/collect/collect-store.ts';
import { consumeSeals } from '../../src/lake/seal/consume.ts';
import { scheduleSeals } from '../../src/lake/seal/schedule.ts';
import { scheduleDigests } from '../../src/lake/upkeep/digest-traits.ts';
import { scheduleExpiry } from '../../src/lake/upkeep/expiry.ts';
import type { Services } from '../../src/services.ts';
import { sweepShards } from '../../src/sinks/sweep.ts';
import { fakeApp, ROOT_KEY } from '../support/fake-services.ts';

/**
 * Scans that are allowed: tables of a few rows, and reads of a partial index, which holds nothing but what is to be done.
 */
const SMALL: Readonly<Record<string, string>> = {
  flush_failures: 'flushes that fail now',
  tenant_deletions: 'by the index of deletions that are not finished',
};

/** Statements of a tenant's deletion look through two tables of the platform for its name: seldom, and a call each. */
const OF_DELETIONS = /^DELETE FROM (leases|dead_letters) WHERE (name LIKE|instr)/;

async function start() {
  const made = fakeApp({
    directoryOf: (() => ({
      list: async () => [],
      standing: async () => ({ shards: [], epochs: [], split: null }),
      wipe: async () => {},
    })) as unknown as Services['directoryOf'],
  });
  const { keys } = await made.createTenant('acme');
  const seen = new Set<string>();
  made.fake.hook = ({ sql, phase }) => {
    if (phase === 'before') for (const each of sql) seen.add(each);
  };
  return { ...made, keys, seen };
}

async function tablesOf(db: D1Database): Promise<string[]> {
  const { results } = await db
    .prepare(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
    .all<{ name: string }>();
  return results.map(({ name }) => name);
}

/** Statements with the tables that they read whole, by SQLite's plan. */
async function scansOf(db: D1Database, statements: Iterable<string>): Promise<string[]> {
  const found: string[] = [];
  const known = new Set(await tablesOf(db));
  for (const sql of statements) {
    if (OF_DELETIONS.test(sql)) continue;
    const aliases = new Map(
      [...sql.matchAll(/(?:FROM|JOIN|,)\s+(\w+)(?:\s+AS)?\s+(\w+)/g)].map(([, table, alias]) => [alias, table]),
    );
    const count = Math.max(
      0,
      ...[...sql.matchAll(/\?(\d+)/g)].map(([, number]) => Number(number)),
      [...sql.matchAll(/\?(?!\d)/g)].length,
    );
    const { results } = await db
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .bind(...Array.from({ length: count }, () => '[]'))
      .all<{ detail: string }>();
    for (const { detail } of results) {
      if (/^(MATERIALIZE|CO-ROUTINE) counting_seals/.test(detail)) found.push(`${detail}: ${sql}`);
      const [, name] = /^SCAN (\w+)\b(?! VIRTUAL)/.exec(detail) ?? [];
      const table = name === undefined ? undefined : known.has(name) ? name : aliases.get(name);
      if (table !== undefined && known.has(table) && !(table in SMALL)) found.push(`${detail}: ${sql}`);
    }
  }
  return found;
}

describe('the plans of SQLite', () => {
  it('read no growing table whole for the cron, the seals, the status and the metrics', async () => {
    const { services, seen, call, keys, clock, sent } = await start();
    const policy = { lakeMonths: 1, events: { Old: { lakeDays: 8 } } };
    const lines = ['2025-12-01', '2025-12-02'].map((day) =>
      JSON.stringify({ event: 'Old', userId: 'u', anonymousId: 'd', timestamp: `${day}T01:00:00Z` }),
    );
    const headers = { 'content-type': 'application/x-ndjson' };
    await call('POST', '/v1/import', { key: keys.write, body: lines.join('\n'), headers });
    for (let round = 0; round < 3; round++) {
      clock.nowMs += 7 * HOUR_MS;
      if (round === 1) await call('PUT', '/v1/retention', { key: keys.admin, body: policy });
      await call('POST', '/v1/seal', { key: keys.admin, body: { from: '2025-11-01', to: '2025-12-31' } });
      await scheduleSeals(services, clock.nowMs);
      const bodies = sent.splice(0) as SealQueueMessage[];
      const messages = bodies.map((body) => ({ body, attempts: 1, ack: () => {}, retry: () => {} }));
      await consumeSeals({ messages, queue: 'tidemark-seal' } as unknown as MessageBatch<SealQueueMessage>, {
        ...services,
        tenantOf: async (uid) => (await services.tenants.reload(uid))?.tenant ?? null,
      });
      await collectSealed(services.db, clock.nowMs + 2 * HOUR_MS);
      const found = { uid: 'u', manifestSeq: 1, source: 'flush', incarnation: 'i' } as const;
      await collectSegments(services.db, [found], clock.nowMs);
      await scheduleExpiry(services, clock.nowMs);
      await scheduleDigests(services, clock.nowMs);
      await sweepShards({ ...services, poke: async () => {}, resumeSplit: async () => {} });
    }
    for (const rollups of [true, false]) {
      const question = { measure: 'count', ...(rollups ? {} : { groupBy: ['properties.x'], allowUnknown: true }) };
      const body = { ...question, from: '2025-12-01', to: '2025-12-03' };
      expect((await call('POST', '/v1/query', { key: keys.read, body })).status).toBe(200);
    }
    expect((await call('GET', '/v1/status', { key: keys.read })).status).toBe(200);
    expect((await call('GET', '/v1/seals?from=2025-12-01&to=2025-12-31', { key: keys.read })).status).toBe(200);
    expect((await call('GET', '/metrics', { key: ROOT_KEY })).status).toBe(200);
    await call('DELETE', '/v1/tenants/acme', { key: ROOT_KEY });
    clock.nowMs += MINUTE_MS;
    await continueDeletions({ ...services, deleteObjects: async () => 0 });

    const all = [...seen].join('\n');
    for (const write of ['INTO sealed_cells', 'INTO profiles', 'INTO dropped', 'UPDATE dirty_days', 'FROM parts']) {
      expect(all).toContain(write);
    }
    expect(await scansOf(services.db, [...seen])).toEqual([]);
  });

  it('read no growing table whole for boards, annotations and share links', async () => {
    const { services, seen, call, keys } = await start();
    const place = { x: 0, y: 0, w: 1, h: 1 };
    const tiles = [{ id: 'one', title: 'One', chart: 'line', place, query: { measure: 'count', last: '2 days' } }];
    const admin = { key: keys.admin };
    await call('PUT', '/v1/boards/mine', { ...admin, body: { name: 'Mine', tiles } });
    const link = (await call('POST', '/v1/shares', { ...admin, body: { board: 'mine' } })).body;
    const annotation = { at: '2026-01-01T00:00:00Z', kind: 'note', text: 'x' };
    await call('PUT', '/v1/annotations/a', { ...admin, body: annotation });
    for (const path of ['/v1/boards', '/v1/boards/mine', '/v1/shares?board=mine', '/v1/annotations?from=2026-01-01'])
      expect((await call('GET', path, admin)).status).toBe(200);
    expect((await call('GET', '/v1/shared', { key: link.key })).status).toBe(200);
    await call('POST', '/v1/shared/tiles/one/answer', { key: link.key });
    await call('DELETE', `/v1/shares/${link.id}`, admin);
    await call('DELETE', '/v1/annotations/a', admin);
    await call('DELETE', '/v1/boards/mine', admin);
    const made = (await call('POST', '/v1/keys', { ...admin, body: { scope: 'admin' } })).body;
    await call('DELETE', `/v1/keys/${made.id}?descendants=revoke`, admin);
    const all = [...seen].join('\n');
    for (const each of ['INTO boards', 'FROM shares s JOIN', 'INTO annotations', 'FROM tile_answers'])
      expect(all).toContain(each);
    expect(await scansOf(services.db, [...seen])).toEqual([]);
  });

  it('tell a statement that reads a table whole, under its name or another', async () => {
    const { services } = await start();
    const scanning = [
      'SELECT day FROM dirty_days WHERE row_count > ?1',
      'SELECT d.day FROM sealed_days d WHERE d.day = ?1',
      'DELETE FROM garbage WHERE path LIKE ?1',
      'SELECT s.path FROM tenants t JOIN segments s ON s.row_count = t.created_at_ms WHERE t.uid = ?1',
    ];
    expect(await scansOf(services.db, scanning)).toHaveLength(scanning.length);
    expect(await scansOf(services.db, ['SELECT day FROM dirty_days WHERE due_at_ms <= ?1'])).toEqual([]);
  });
});
