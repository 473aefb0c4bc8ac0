/**
 * Tenants: all SQL of the table `tenants`; key-store.ts has that of their keys.
 *
 * - A uid is drawn at random and its row is never deleted, so it is never given out again; an id is free once its
 *   tenant is deleted.
 * - Deleting is one batch: the tenant is marked, its keys are revoked and the removal of its data is noted, or nothing.
 */

import type { Bots } from '../../core/bots/bots.ts';
import { JunkIds } from '../../core/event/junk-id.ts';
import { LIMITS } from '../../core/limits.ts';
import { Privacy } from '../../core/privacy/privacy.ts';
import type { ShardEpoch, ShardMap } from '../../core/shard/shard-map.ts';
import { err, ok, type Result } from '../../core/std/result.ts';
import type { TenantQuotas } from '../../core/tenant/quota.ts';
import type { Tenant } from '../../core/tenant/tenant.ts';
import { insertEntry, insertTenantDeleted } from '../audit/audit-store.ts';
import { insertDeletion } from '../deletion/deletion-store.ts';
import { type RollupRow, rollupsFrom, selectRollups } from '../rollups/rollup-store.ts';
import { insertKey, type KeyToStore } from './key-store.ts';
import type { KnownTenant } from './tenant-cache.ts';

export interface TenantRecord extends Omit<Tenant, 'shardMap' | 'rollups' | 'junkIds' | 'privacy' | 'fullPeople'> {
  /** Shards in each region under the latest epoch. */
  readonly shardCount: number;
  readonly createdAtMs: number;
}
type Hashed = { readonly hash: string };

interface TenantRow {
  readonly uid: string;
  readonly id: string;
  readonly name: string;
  readonly regions: string;
  readonly timezone: string;
  readonly hash_key: string;
  /** Shards in each region under the first epoch. */
  readonly shard_count: number;
  readonly shard_map: string | null;
  readonly origins: string;
  readonly quota_events_per_minute: number | null;
  /** The other quotas that differ from the defaults, as JSON; null when none does. */
  readonly quotas: string | null;
  readonly stored_bytes: number | null;
  /** Changes to the list of junk ids as JSON; null when there are none. */
  readonly junk_ids: string | null;
  /** Changes to the rules of privacy as JSON; null when there are none. */
  readonly privacy: string | null;
  /** Null for a tenant from before there was a choice. */
  readonly bots: Bots | null;
  readonly has_plain_rollups: 0 | 1;
  readonly created_at_ms: number;
}

const INSERT_COLUMNS =
  'uid, id, name, regions, timezone, hash_key, shard_count, origins, bots, has_plain_rollups, created_at_ms';
const TENANT_COLUMNS = `${INSERT_COLUMNS}, shard_map, quota_events_per_minute, quotas, junk_ids, privacy,
   (SELECT u.stored_bytes FROM tenant_usage u WHERE u.uid = tenants.uid) AS stored_bytes`;

/** The limit is no parameter: SQLite plans a statement anew for each one that it is given. */
const SELECT_FULL = `SELECT person_hash AS hash FROM full_people WHERE uid = ? LIMIT ${LIMITS.fullPeopleToldMax}`;

/** Everything a request needs to know of a tenant, in one batch; null when it does not exist or was deleted. */
export async function loadTenant(db: D1Database, uid: string): Promise<KnownTenant | null> {
  const [tenants, keys, rollups, full] = (await db.batch<unknown>([
    db.prepare(`SELECT ${TENANT_COLUMNS} FROM tenants WHERE uid = ? AND deleted_at_ms IS NULL`).bind(uid),
    db.prepare('SELECT hash FROM keys WHERE uid = ? AND revoked_at_ms IS NULL').bind(uid),
    selectRollups(db, uid),
    db.prepare(SELECT_FULL).bind(uid),
  ])) as [D1Result<TenantRow>, D1Result<Hashed>, D1Result<RollupRow>, D1Result<Hashed>];
  const row = tenants.results[0];
  if (!row) return null;
  const { shardCount: _, createdAtMs: __, ...record } = recordFrom(row);
  return {
    tenant: {
      ...record,
      shardMap: shardMapFrom(row),
      rollups: rollupsFrom(rollups.results, row),
      ...(full.results.length > 0 && { fullPeople: new Set(full.results.map(({ hash }) => hash)) }),
      ...(row.junk_ids !== null && { junkIds: new JunkIds(JSON.parse(row.junk_ids)) }),
      ...(row.privacy !== null && { privacy: new Privacy(JSON.parse(row.privacy)) }),
    },
    activeKeyHashes: new Set(keys.results.map(({ hash }) => hash)),
  };
}

/** Stores a tenant with its first keys; refuses with `tenant-exists` when another tenant has the id. */
export async function createTenant(
  db: D1Database,
  tenant: TenantRecord,
  keys: readonly KeyToStore[],
): Promise<Result<TenantRecord, 'tenant-exists'>> {
  const { uid, id, name, regions, timezone, hashKey, shardCount, origins, bots, createdAtMs } = tenant;
  const insertTenant = db
    .prepare(`INSERT INTO tenants (${INSERT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`)
    .bind(
      uid,
      id,
      name,
      JSON.stringify(regions),
      timezone,
      hashKeyHex(hashKey),
      shardCount,
      JSON.stringify(origins),
      bots ?? null,
      bots === undefined ? 1 : 0,
      createdAtMs,
    );
  const making = { maker: 'root', nowMs: createdAtMs } as const;
  const entry = { atMs: createdAtMs, uid, actor: 'root', action: 'tenant-made', subject: id } as const;
  const [inserted] = await db.batch([
    insertTenant,
    ...keys.map((key) => insertKey(db, uid, key, making)),
    ...insertEntry(db, entry, { sql: 'EXISTS (SELECT 1 FROM tenants WHERE uid = ?2)', parameters: [] }),
  ]);
  return inserted?.meta.changes ? ok(tenant) : err('tenant-exists');
}

/** A page of tenants in ascending order of their ids, after the given id. */
export async function listTenants(db: D1Database, afterId: string, countMax: number): Promise<TenantRecord[]> {
  const { results } = await db
    .prepare(`SELECT ${TENANT_COLUMNS} FROM tenants WHERE deleted_at_ms IS NULL AND id > ? ORDER BY id LIMIT ?`)
    .bind(afterId, countMax)
    .all<TenantRow>();
  return results.map(recordFrom);
}

export async function findTenant(db: D1Database, id: string): Promise<TenantRecord | null> {
  const row = await db
    .prepare(`SELECT ${TENANT_COLUMNS} FROM tenants WHERE id = ? AND deleted_at_ms IS NULL`)
    .bind(id)
    .first<TenantRow>();
  return row ? recordFrom(row) : null;
}

/**
 * Marks the tenant deleted, revokes its keys and notes that its data is to be deleted (deletion.ts). Returns its uid,
 * or null when there is no such tenant.
 */
export async function deleteTenant(db: D1Database, id: string, nowMs: number): Promise<string | null> {
  const [, , , marked] = await db.batch<{ uid: string }>([
    insertDeletion(db, id, nowMs),
    insertTenantDeleted(db, id, nowMs),
    db
      .prepare(
        `UPDATE keys SET revoked_at_ms = ? WHERE revoked_at_ms IS NULL
           AND uid IN (SELECT uid FROM tenants WHERE id = ? AND deleted_at_ms IS NULL)`,
      )
      .bind(nowMs, id),
    db
      .prepare('UPDATE tenants SET deleted_at_ms = ? WHERE id = ? AND deleted_at_ms IS NULL RETURNING uid')
      .bind(nowMs, id),
  ]);
  return marked?.results[0]?.uid ?? null;
}

/** Stores the map that edges load, unless a longer one is stored: maps only grow. */
export async function publishShardMap(db: D1Database, uid: string, map: ShardMap): Promise<void> {
  await db
    .prepare('UPDATE tenants SET shard_map = ?2 WHERE uid = ?1 AND coalesce(json_array_length(shard_map), 1) < ?3')
    .bind(uid, JSON.stringify(map), map.length)
    .run();
}

function recordFrom(row: TenantRow): TenantRecord {
  return {
    uid: row.uid,
    id: row.id,
    name: row.name,
    regions: JSON.parse(row.regions),
    timezone: row.timezone,
    hashKey: hashKeyFrom(row.hash_key),
    origins: JSON.parse(row.origins),
    ...(row.bots !== null && { bots: row.bots }),
    ...quotasFrom(row),
    ...(row.stored_bytes !== null && { storedBytes: row.stored_bytes }),
    shardCount: (shardMapFrom(row).at(-1) as ShardEpoch).shardCount,
    createdAtMs: row.created_at_ms,
  };
}

function quotasFrom({ quota_events_per_minute: eventsPerMinute, quotas }: TenantRow): Pick<Tenant, 'quotas'> {
  if (eventsPerMinute === null && quotas === null) return {};
  const others = quotas === null ? {} : (JSON.parse(quotas) as Partial<TenantQuotas>);
  return { quotas: { ...others, ...(eventsPerMinute !== null && { eventsPerMinute }) } };
}

/** The stored map, or for a tenant that never grew the map it was created with. */
function shardMapFrom(row: TenantRow): ShardMap {
  if (row.shard_map === null) return [{ epoch: 0, startMs: 0, shardCount: row.shard_count }];
  return JSON.parse(row.shard_map);
}

function hashKeyFrom(hex: string): Tenant['hashKey'] {
  const word = (index: number) => Number.parseInt(hex.slice(index * 8, index * 8 + 8), 16);
  return [word(0), word(1), word(2), word(3)];
}

function hashKeyHex(words: Tenant['hashKey']): string {
  return words.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}
