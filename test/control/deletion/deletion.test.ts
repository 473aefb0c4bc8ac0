import { beforeEach, describe, expect, it } from 'vitest';
import { continueDeletions } from '../../../src/control/deletion/deletion.ts';
import { LIMITS, MINUTE_MS } from '../../../src/core/limits.ts';
import type { ShardRpc } from '../../../src/core/shard/rpc.ts';
import type { ShardAddress } from '../../../src/core/shard/shard-map.ts';
import { deleteFolder } from '../../../src/lake/upkeep/delete-folder.ts';
import { expectLog } from '../../support/expect-log.ts';
import { FakeBucket } from '../../support/fake-bucket.ts';
import { fakeApp, ROOT_KEY } from '../../support/fake-services.ts';

const root = { key: ROOT_KEY };
/** A time after which every cache and every operation that was under way has ended. */
const SETTLED_MS = LIMITS.tenantCacheMs + 20 * MINUTE_MS;

/** Starts two tenants with data in every table, the lake, a directory and shards. `wiped` lists the wiped shards. */
async function start() {
  const lake = new FakeBucket();
  const wiped: ShardAddress[] = [];
  const hook = { beforeWipe: async (_: ShardAddress) => {} };
  const shardOf = (address: ShardAddress) =>
    ({
      wipe: async () => {
        await hook.beforeWipe(address);
        wiped.push(address);
      },
    }) as unknown as ShardRpc;
  const stack = fakeApp({ lake: lake.binding, shardOf });
  const { db, directoryOf } = stack.services;
  const register = (uid: string, index: number, registeredAtMs = 1) =>
    directoryOf(uid).register({ region: 'weur', index, incarnation: `i${index}`, registeredAtMs });
  const tenants = { gone: await stack.createTenant('gone'), stays: await stack.createTenant('stays') };
  for (const { uid } of Object.values(tenants)) {
    for (const index of [0, 1]) await register(uid, index);
    stack.hubs.reports.set(uid, []);
    for (const statement of await fillers(db, uid)) await statement.run();
    for (const path of ['l0/a-0-1.parquet', 'date=2026-01-01/0-a.parquet', 'work/a/cells-0', 'current.json'])
      await lake.put(`lake/v1/${uid}/${path}`, 'x');
  }
  const run = () =>
    continueDeletions({ ...stack.services, deleteObjects: (uid, max) => deleteFolder(lake.binding, uid, max) });
  const remove = () => stack.call('DELETE', '/v1/tenants/gone', root);
  const account = async () => (await stack.call('GET', '/v1/deletions', root)).body.deletions[0];
  const uid = tenants.gone.uid;
  return { ...stack, db, lake, tenants, uid, wiped, hook, run, remove, account, register, directoryOf };
}

/** Statements that insert one row for the tenant into every table that can hold one. */
async function fillers(db: D1Database, uid: string): Promise<D1PreparedStatement[]> {
  const statements: D1PreparedStatement[] = [];
  for (const table of await tablesOf(db)) {
    const { results } = await db
      .prepare('SELECT name, type, pk FROM pragma_table_info(?)')
      .bind(table)
      .all<{ name: string; type: string; pk: number }>();
    if (table.startsWith('tenant') || !results.some(({ name }) => name === 'uid')) continue;
    const columns = results.filter(
      ({ name, type, pk }) =>
        !(pk > 0 && type === 'INTEGER' && name.endsWith('_seq') && results.filter((each) => each.pk > 0).length === 1),
    );
    const text = (name: string) => (name === 'plan' ? '{}' : `${name} ${uid}`);
    const values = columns.map(({ name, type }) => (name === 'uid' ? uid : type === 'INTEGER' ? 1 : text(name)));
    statements.push(
      db
        .prepare(
          `INSERT INTO ${table} (${columns.map(({ name }) => name).join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
        )
        .bind(...values),
    );
  }
  statements.push(
    db.prepare(`INSERT INTO leases VALUES (?, 'holder', 1)`).bind(`seal/${uid}/20000`),
    db.prepare('INSERT INTO garbage VALUES (?, 1)').bind(`lake/v1/${uid}/l0/old.parquet`),
    db
      .prepare(`INSERT INTO dead_letters (queue, body, at_ms) VALUES ('tidemark-seal', ?, 1)`)
      .bind(JSON.stringify({ uid, day: 1 })),
  );
  return statements;
}

async function tablesOf(db: D1Database): Promise<string[]> {
  const { results } = await db
    .prepare(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`)
    .all<{ name: string }>();
  return results.map(({ name }) => name);
}

/** Counts, by table, the rows that name the tenant anywhere. */
async function rowsOf(db: D1Database, uid: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of await tablesOf(db)) {
    const { results } = await db.prepare(`SELECT * FROM ${table}`).all();
    const count = results.filter((row) => JSON.stringify(row).includes(uid)).length;
    if (count > 0) counts[table] = count;
  }
  return counts;
}

const ONLY_ITS_NAME = { audit: 2, tenants: 1, tenant_deletions: 1 };

let world: Awaited<ReturnType<typeof start>>;
beforeEach(async () => {
  world = await start();
});

describe('a deleted tenant', () => {
  it('is refused at once, by ingestion and by queries', async () => {
    const { call, tenants, remove } = world;
    const { keys } = tenants.gone;
    await remove();
    const answers = await Promise.all([
      call('POST', '/v1/events', { key: keys.write, body: { type: 'track', event: 'x', userId: 'u' } }),
      call('POST', '/v1/import', { key: keys.write, body: '{}' }),
      call('POST', '/v1/query', { key: keys.read, body: { measure: 'count', from: '2026-01-01', to: '2026-01-02' } }),
      call('GET', '/v1/people/u', { key: keys.read }),
      call('GET', '/v1/keys', { key: keys.admin }),
    ]);
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual(answers.map(() => [401, 'tenant-deleted']));
  });

  it('leaves only its tombstone and the account of the deletion, and another tenant is unchanged', async () => {
    const { db, lake, uid, tenants, run, remove, clock, wiped, account, directoryOf, hubs } = world;
    const before = await rowsOf(db, tenants.stays.uid);
    expect(Object.keys(await rowsOf(db, uid)).length).toBeGreaterThan(20);
    await remove();
    await run();
    expect(await rowsOf(db, uid)).toEqual(ONLY_ITS_NAME);
    expect(lake.keys().filter((key) => key.includes(uid))).toEqual([]);
    expect(wiped.map(({ index }) => index).sort()).toEqual([0, 1]);
    expect([...hubs.reports.keys()]).toEqual([tenants.stays.uid]);
    expect(await directoryOf(uid).list()).toEqual([]);
    expect(await account()).toMatchObject({ uid, shards: 2, objects: 4, error: null, finishedAt: null });

    clock.nowMs += SETTLED_MS;
    await run();
    expect((await account()).finishedAt).toBe(new Date(clock.nowMs).toISOString());
    const tombstone = await db.prepare('SELECT * FROM tenants WHERE uid = ?').bind(uid).first();
    expect(tombstone).toMatchObject({
      id: '',
      name: '',
      hash_key: '',
      origins: '[]',
      deleted_at_ms: expect.any(Number),
    });

    expect(await rowsOf(db, tenants.stays.uid)).toEqual(before);
    expect(lake.keys().filter((key) => key.includes(tenants.stays.uid))).toHaveLength(4);
    expect(await directoryOf(tenants.stays.uid).list()).toHaveLength(2);
    expect(wiped.every((address) => address.uid === uid)).toBe(true);
  });

  it('is cleared a second time of data that was under way when it was marked', async () => {
    const { db, lake, uid, run, remove, clock, wiped, account, register, directoryOf } = world;
    await remove();
    await run();
    // An edge that still knew the tenant, a flush and a seal write late.
    await register(uid, 2, 5);
    for (const statement of await fillers(db, uid)) await statement.run();
    await lake.put(`lake/v1/${uid}/current.json`, 'late');
    clock.nowMs += SETTLED_MS - 1;
    await run();
    expect(await directoryOf(uid).list()).toHaveLength(1);
    clock.nowMs += 1;
    await run();
    expect(await rowsOf(db, uid)).toEqual(ONLY_ITS_NAME);
    expect(lake.keys().filter((key) => key.includes(uid))).toEqual([]);
    // The shards of the first attempt are wiped again: a late call re-creates a wiped shard, and no directory lists it.
    expect(wiped.map(({ index }) => index).sort()).toEqual([0, 0, 1, 1, 2]);
    expect(await account()).toMatchObject({ shards: 3, finishedAt: expect.any(String) });
    const count = wiped.length;
    clock.nowMs += SETTLED_MS;
    await run();
    expect(wiped).toHaveLength(count);
  });

  it('keeps a shard that registers while others are wiped for the next attempt', async () => {
    const { uid, run, remove, wiped, hook, register, account, clock } = world;
    await remove();
    let isFirst = true;
    hook.beforeWipe = async () => {
      if (isFirst) await register(uid, 7, 9);
      isFirst = false;
    };
    await run();
    expect((await account()).emptiedAt).toBeNull();
    clock.nowMs += MINUTE_MS;
    await run();
    expect(wiped.map(({ index }) => index)).toContain(7);
    expect((await account()).emptiedAt).not.toBeNull();
  });

  it('is removed in spite of a failure of any call to a shard, R2 or D1, before or after its effect', async () => {
    const calls = await callsOfOneDeletion();
    expect(calls).toBeGreaterThan(10);
    for (let failing = 1; failing <= calls; failing++) {
      for (const phase of ['before', 'after'] as const) {
        world = await start();
        const { db, lake, uid, run, remove, clock, wiped } = world;
        await remove();
        failAt(world, failing, phase);
        await run().catch(() => {});
        heal(world);
        for (let minute = 0; minute < 10; minute++) {
          clock.nowMs += MINUTE_MS;
          await run();
        }
        clock.nowMs += SETTLED_MS;
        await run();
        const left = [await rowsOf(db, uid), lake.keys().filter((key) => key.includes(uid))];
        expect([failing, phase, ...left]).toEqual([failing, phase, ONLY_ITS_NAME, []]);
        expect(new Set(wiped.map(({ index }) => index))).toEqual(new Set([0, 1]));
        expect((await world.account()).finishedAt).not.toBeNull();
      }
    }
    expectLog('control.deletion', { message: expect.stringMatching(/^Error: lost/) });
  });

  it('is wiped once when two crons run at the same time', async () => {
    const { run, remove, wiped } = world;
    await remove();
    await Promise.all([run(), run()]);
    expect(wiped).toHaveLength(2);
  });

  it('is removed too when an earlier release only marked it', async () => {
    const { readFileSync } = await import('node:fs');
    const migration = readFileSync('migrations/0010_tenant_deletions.sql', 'utf8');
    const { db, uid, run, remove } = world;
    await remove();
    await db.prepare('DELETE FROM tenant_deletions').run();
    await db.prepare(/INSERT INTO tenant_deletions[^;]*/.exec(migration)![0]).run();
    await run();
    expect(await rowsOf(db, uid)).toEqual(ONLY_ITS_NAME);
  });
});

type World = Awaited<ReturnType<typeof start>>;

/** Counts the calls to D1, R2 and shards, and makes the call with the number `failing` fail. */
function failAt({ fake, lake, hook }: World, failing: number, phase: 'before' | 'after'): { count: number } {
  const seen = { count: 0 };
  let current = 0;
  const before = () => {
    current = ++seen.count;
    if (current === failing && phase === 'before') throw new Error('lost');
  };
  const after = () => {
    if (current === failing && phase === 'after') throw new Error('lost answer');
  };
  fake.hook = (call) => (call.phase === 'before' ? before() : after());
  lake.before = before;
  lake.after = after;
  hook.beforeWipe = async () => {
    before();
    after();
  };
  return seen;
}

function heal({ fake, lake, hook }: World): void {
  fake.hook = null;
  lake.before = () => {};
  lake.after = () => {};
  hook.beforeWipe = async () => {};
}

async function callsOfOneDeletion(): Promise<number> {
  await world.remove();
  const seen = failAt(world, -1, 'before');
  await world.run();
  return seen.count;
}
