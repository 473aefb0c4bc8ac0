/**
 * Expiry: the cron's duty that enforces the policies of tenants.
 *
 * steps, for each tenant with a policy: record what is dropped → delete it → seal days anew that hold expired names
 *
 * - The record comes first. The statement that writes it also checks that all of it is sealed (CORRECTNESS B8): a day with
 *   anything that no seal covers holds up its tier until it is sealed. From the record on no reader counts the dropped days,
 *   whatever is still there (A5).
 * - Cells and manifest rows are deleted at once; objects an hour later, because scans may be reading them.
 * - Days with events of an expired name are sealed anew without them, some in each run; until then readers leave them out.
 * Events that come later for a dropped day (an import of old history) are taken and do not count; the next run deletes them.
 */
import { DAY_MS, HOUR_MS } from '../../core/limits.ts';
import type { SealQueue } from '../../core/shard/rpc.ts';
import { type ExpiryPolicy, type ExpiryTargets, expirySchema, expiryTargets } from '../../core/tenant/expiry.ts';
import { logError } from '../../observe/log.ts';
import { BUNDLED, type CellRow } from '../manifest/cells.ts';
import { type CurrentBucket, publishCurrent } from '../manifest/current.ts';
import { type Dropped, droppedOf, LAKE_DROPPED, selectDropped, type Tier } from '../manifest/dropped.ts';
import { afterScans, throwAwayFound } from '../manifest/garbage.ts';
import { hoursPathSql, traitsPathSql } from '../manifest/paths.ts';
import { FROM_UNCOVERED } from '../manifest/uncovered.ts';
import { FROM_VOID } from '../manifest/versions.ts';
import { queueAnew } from '../seal/schedule.ts';
import { nextTenants, type TenantRound } from './tenant-round.ts';

export interface ExpiryServices {
  readonly db: D1Database;
  readonly lake: CurrentBucket;
  readonly sealQueue: SealQueue;
}

const ROUND: TenantRound = {
  name: 'schedule/retention',
  everyMs: 6 * HOUR_MS,
  select: `SELECT r.uid FROM retention r JOIN tenants t ON t.uid = r.uid
    WHERE t.deleted_at_ms IS NULL AND r.uid > ?1 ORDER BY r.uid LIMIT ?2`,
};
/** The most days of a tenant that one run has sealed anew: the queue must have room for other duties. */
const RESEALS_PER_RUN_MAX = 100;

export async function readPolicy(db: D1Database, uid: string): Promise<ExpiryPolicy | null> {
  const text = await db.prepare('SELECT policy FROM retention WHERE uid = ?').bind(uid).first<string>('policy');
  return text === null ? null : expirySchema.parse(JSON.parse(text));
}

export async function storePolicy(db: D1Database, uid: string, policy: ExpiryPolicy, nowMs: number): Promise<void> {
  await db
    .prepare(
      `INSERT INTO retention (uid, policy, updated_at_ms) VALUES (?1, ?2, ?3)
         ON CONFLICT (uid) DO UPDATE SET policy = excluded.policy, updated_at_ms = excluded.updated_at_ms`,
    )
    .bind(uid, JSON.stringify(policy), nowMs)
    .run();
}

export async function readDropped(db: D1Database, uid: string): Promise<Dropped> {
  return droppedOf(await selectDropped(db, uid).all());
}

/** Each tenant is tried on its own: a failure does not keep the others from their turn. */
export async function scheduleExpiry(services: ExpiryServices, nowMs: number): Promise<void> {
  for (const uid of await nextTenants(services.db, ROUND, nowMs)) {
    try {
      await enforceExpiry(services, uid, nowMs);
    } catch (cause) {
      logError('retention', cause, { uid });
    }
  }
}

/** Does everything that the tenant's policy asks for now. */
export async function enforceExpiry(services: ExpiryServices, uid: string, nowMs: number): Promise<void> {
  const { db, lake, sealQueue } = services;
  const policy = await readPolicy(db, uid);
  if (policy === null) return;
  await db.batch(recordStatements(db, uid, expiryTargets(policy, nowMs), nowMs));
  const dropped = await readDropped(db, uid);
  const [, deleted] = await db.batch(deleteStatements(db, uid, dropped, nowMs));
  if ((deleted?.meta.changes ?? 0) > 0) await publishCurrent(db, lake, uid, nowMs);
  const days = await daysToSealAnew(db, uid, dropped);
  await queueAnew({ db, sealQueue }, uid, days, nowMs);
}

function recordStatements(
  db: D1Database,
  uid: string,
  { hour, day, lake, events }: ExpiryTargets,
  nowMs: number,
): D1PreparedStatement[] {
  const tiers: readonly [Tier, string, number | null][] = [
    ['hour', '', hour],
    ['day', '', day],
    ['lake', '', lake],
    ...[...events].map(([name, before]): [Tier, string, number] => ['event', name, before]),
  ];
  const statements = tiers.flatMap(([tier, name, before]) =>
    before === null ? [] : [db.prepare(RECORD).bind(uid, tier, name, before, nowMs)],
  );
  // An empty batch is refused.
  return [...statements, db.prepare('SELECT 1')];
}

/**
 * Drops up to the day wanted or the first day that is not sealed whole, if there is anything to drop; never moves back.
 * Parameters: uid, tier, name, the day wanted, now.
 */
const RECORD = `
  WITH target AS (
    SELECT MIN(?4,
      COALESCE((SELECT MIN(sd.day) ${FROM_UNCOVERED} AND sd.day < ?4), ?4),
      COALESCE((SELECT MIN(d.day) ${FROM_VOID} AND d.day < ?4 AND d.day >= ${LAKE_DROPPED}), ?4)) AS day_before
  )
  INSERT INTO dropped (uid, tier, name, day_from, day_before, updated_at_ms)
  SELECT ?1, ?2, ?3, MIN(d.day), target.day_before, ?5
  FROM target, sealed_days d WHERE d.uid = ?1 AND d.day < target.day_before
    AND d.day >= COALESCE((SELECT r.day_before FROM dropped r WHERE r.uid = ?1 AND r.tier = ?2 AND r.name = ?3), d.day)
  GROUP BY target.day_before
  ON CONFLICT (uid, tier, name) DO UPDATE SET day_from = MIN(dropped.day_from, excluded.day_from),
    day_before = excluded.day_before, updated_at_ms = excluded.updated_at_ms
  WHERE excluded.day_before > dropped.day_before`;

/**
 * Deletes files that lie wholly in dropped days. A file that also has rows of kept days stays; readers skip its other
 * rows.
 */
function deleteStatements(db: D1Database, uid: string, dropped: Dropped, nowMs: number): D1PreparedStatement[] {
  const { hour, day, lake } = dropped;
  const segments = `uid = ?1 AND ((source = 'seal' AND day < ?2) OR (source <> 'seal' AND at_max_ms < ?2 * ${DAY_MS}))`;
  const cells = (grain: CellRow['grain'] | typeof BUNDLED, before: number) =>
    db.prepare('DELETE FROM sealed_cells WHERE uid = ?1 AND grain = ?2 AND day < ?3').bind(uid, grain, before);
  const withHours = `FROM sealed_days d WHERE d.uid = ?1 AND d.day < ?2 AND d.lake_cells ->> '$.hours.file' IS NOT NULL`;
  return [
    throwAwayFound(
      db,
      `SELECT path, ?3 FROM segments WHERE ${segments}
         UNION ALL SELECT ${traitsPathSql('path')}, ?3 FROM segments WHERE ${segments} AND traits_rows > 0`,
      uid,
      lake.dayBefore,
      afterScans(nowMs),
    ),
    db.prepare(`DELETE FROM segments WHERE ${segments}`).bind(uid, lake.dayBefore),
    db.prepare('DELETE FROM segment_days WHERE uid = ?1 AND day < ?2').bind(uid, lake.dayBefore),
    db.prepare('DELETE FROM dirty_days WHERE uid = ?1 AND day < ?2').bind(uid, lake.dayBefore),
    db.prepare('DELETE FROM seal_plans WHERE uid = ?1 AND day < ?2').bind(uid, lake.dayBefore),
    cells('hour', hour.dayBefore),
    cells('hour-counts', hour.dayBefore),
    cells('day', day.dayBefore),
    // A row of all rollups goes as a whole when neither grain of it is kept.
    cells(BUNDLED, Math.min(hour.dayBefore, day.dayBefore)),
    db
      .prepare(
        `UPDATE sealed_cells SET cells = substr(cells, 1, sections ->> '$.hourFrom'), sections = json_set(sections, '$.hour', json('{}'))
         WHERE uid = ?1 AND grain = '${BUNDLED}' AND day < ?2 AND length(cells) > sections ->> '$.hourFrom'`,
      )
      .bind(uid, hour.dayBefore),
    throwAwayFound(
      db,
      `SELECT ${hoursPathSql('d.uid', 'd.day', "(d.lake_cells ->> '$.hours.file')")}, ?3 ${withHours}`,
      uid,
      hour.dayBefore,
      afterScans(nowMs),
    ),
    db
      .prepare(
        `UPDATE sealed_days SET lake_cells = json_set(lake_cells, '$.hours', json('null')) WHERE (uid, day) IN (SELECT d.uid, d.day ${withHours})`,
      )
      .bind(uid, hour.dayBefore),
  ];
}

/** Sealed days whose seal still holds events of an expired name, the oldest first. */
async function daysToSealAnew(db: D1Database, uid: string, { lake, events }: Dropped): Promise<number[]> {
  if (events.size === 0) return [];
  const { results } = await db
    .prepare(
      `SELECT DISTINCT d.day FROM sealed_days d JOIN dropped r ON r.uid = d.uid AND r.tier = 'event' AND d.day < r.day_before
         WHERE d.uid = ?1 AND d.day >= ?2 AND NOT EXISTS (SELECT 1 FROM json_each(d.expired) e WHERE e.value = r.name)
         ORDER BY d.day LIMIT ?3`,
    )
    .bind(uid, lake.dayBefore, RESEALS_PER_RUN_MAX)
    .all<{ day: number }>();
  return results.map(({ day }) => day);
}
