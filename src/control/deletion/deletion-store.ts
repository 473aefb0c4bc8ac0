/**
 * Deletion store: all SQL of the table `tenant_deletions`, and the deleting of a tenant's rows from every other table.
 *
 * Two rows of a deleted tenant stay: a tombstone in `tenants` with the uid and the time of deletion, so that the uid is
 * never reused (CORRECTNESS C1), and the account of the work. The trail (audit-store.ts) stays too, for its own time: it tells
 * who deleted the tenant, and holds nothing of its data.
 */

export interface Deletion {
  readonly uid: string;
  readonly requestedAtMs: number;
  /** Every shard found by any attempt. */
  readonly shards: readonly DeletedShard[];
  readonly objects: number;
  readonly rowCount: number;
  /** The error of the latest attempt; null when it did not fail. */
  readonly error: string | null;
  readonly emptiedAtMs: number | null;
  readonly finishedAtMs: number | null;
}
export interface DeletedShard {
  readonly region: string;
  readonly index: number;
}

type DeletionRow = Omit<Deletion, 'shards'> & { readonly shards: string };

/** Tables with rows by uid, each with the other columns of its primary key. */
export const TABLES_BY_UID: Readonly<Record<string, readonly string[]>> = {
  keys: ['hash'],
  rollups: ['rollup_id'],
  segments: ['manifest_seq'],
  segment_days: ['day', 'manifest_seq'],
  flushes: ['incarnation', 'seq_from'],
  flush_heads: ['incarnation'],
  parts: ['rollup_id', 'kind', 'day_min', 'incarnation', 'seq_from', 'chunk'],
  seal_plans: ['day', 'revision'],
  seal_tasks: ['day', 'revision', 'task'],
  sealed_days: ['day'],
  dirty_days: ['day'],
  collections: ['day'],
  tenant_usage: ['uid'],
  sealed_cells: ['rollup_id', 'day', 'grain', 'revision', 'chunk'],
  import_versions: ['import_id', 'version'],
  import_chunks: ['import_id', 'version', 'chunk'],
  import_days: ['import_id', 'version', 'day'],
  waiting_segments: ['import_id', 'version', 'chunk'],
  waiting_links: ['import_id', 'version', 'kind', 'from_hash', 'to_hash'],
  supersessions: ['supersession_seq'],
  superseded_days: ['day'],
  flush_failures: ['incarnation', 'seq_from'],
  exports: ['export_id'],
  links: ['link_seq'],
  full_people: ['person_hash'],
  cohorts: ['cohort_id'],
  insights: ['insight_id'],
  profiles: ['block', 'bucket'],
  retention: ['uid'],
  dropped: ['tier', 'name'],
  cursors: ['destination'],
  names: ['kind', 'name'],
  name_facts: ['kind', 'name'],
  boards: ['board_id'],
  tile_answers: ['board_id', 'tile_id'],
  shares: ['hash'],
  annotations: ['annotation_id'],
};

/** Tables whose rows name the tenant within a text, and the condition that finds them. Parameter 1 is the uid. */
export const TABLES_BY_TEXT: Readonly<Record<string, string>> = {
  leases: `name LIKE '%/' || ?1 || '/%'`,
  garbage: `path >= 'lake/v1/' || ?1 || '/' AND path < 'lake/v1/' || ?1 || '0'`,
  dead_letters: 'instr(body, ?1) > 0',
};

const COLUMNS = `uid, requested_at_ms AS requestedAtMs, shards, objects, row_count AS rowCount, error,
  emptied_at_ms AS emptiedAtMs, finished_at_ms AS finishedAtMs`;

/** The statement that notes the deletion; it belongs to the batch that marks the tenant and stands before the mark. */
export function insertDeletion(db: D1Database, tenantId: string, nowMs: number): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO tenant_deletions (uid, requested_at_ms)
         SELECT uid, ?2 FROM tenants WHERE id = ?1 AND deleted_at_ms IS NULL`,
    )
    .bind(tenantId, nowMs);
}

/** The deletions, the latest first. */
export async function listDeletions(db: D1Database, countMax: number): Promise<Deletion[]> {
  const { results } = await db
    .prepare(`SELECT ${COLUMNS} FROM tenant_deletions ORDER BY requested_at_ms DESC, uid LIMIT ?`)
    .bind(countMax)
    .all<DeletionRow>();
  return results.map(deletionOf);
}

/**
 * Claims deletions until `untilMs`: those that are due and unclaimed, the oldest first. A deletion is due while it is
 * not emptied, or when it was requested before `settledBeforeMs`.
 */
export async function takeDeletions(
  db: D1Database,
  { nowMs, untilMs, settledBeforeMs }: { nowMs: number; untilMs: number; settledBeforeMs: number },
): Promise<Deletion[]> {
  const { results } = await db
    .prepare(
      `UPDATE tenant_deletions SET busy_until_ms = ?2
         WHERE finished_at_ms IS NULL AND busy_until_ms <= ?1 AND (emptied_at_ms IS NULL OR requested_at_ms <= ?3)
         RETURNING ${COLUMNS}`,
    )
    .bind(nowMs, untilMs, settledBeforeMs)
    .all<DeletionRow>();
  return results.map(deletionOf).sort((a, b) => a.requestedAtMs - b.requestedAtMs);
}

/** Notes the shards before the first of them is wiped, so that an attempt that dies leaves none unknown. */
export async function noteShards(db: D1Database, uid: string, shards: readonly DeletedShard[]): Promise<void> {
  await db.prepare('UPDATE tenant_deletions SET shards = ?2 WHERE uid = ?1').bind(uid, JSON.stringify(shards)).run();
}

export interface Attempt {
  readonly objects: number;
  readonly rowCount: number;
  readonly error: string | null;
  /** True when the attempt left nothing. */
  readonly isEmpty: boolean;
  /** True when the attempt left nothing and no late write can arrive any more. */
  readonly isFinished: boolean;
}

/** Writes the account of an attempt and releases the work for the next one. */
export async function endAttempt(db: D1Database, uid: string, attempt: Attempt, nowMs: number): Promise<void> {
  const { objects, rowCount, error, isEmpty, isFinished } = attempt;
  const statements = [
    db
      .prepare(
        `UPDATE tenant_deletions SET objects = objects + ?2, row_count = row_count + ?3, error = ?4, busy_until_ms = 0,
           emptied_at_ms = COALESCE(emptied_at_ms, ?5), finished_at_ms = ?6 WHERE uid = ?1`,
      )
      .bind(uid, objects, rowCount, error, isEmpty ? nowMs : null, isFinished ? nowMs : null),
  ];
  if (isFinished) {
    statements.push(
      db
        .prepare(
          `UPDATE tenants SET id = '', name = '', regions = '[]', timezone = '', hash_key = '', shard_count = 0, origins = '[]',
             shard_map = NULL WHERE uid = ?1 AND deleted_at_ms IS NOT NULL`,
        )
        .bind(uid),
    );
  }
  await db.batch(statements);
}

/** Deletes up to `countMax` of the tenant's rows in each table and returns how many it deleted. */
export async function deleteRows(db: D1Database, uid: string, countMax: number): Promise<number> {
  const statements = [
    ...Object.entries(TABLES_BY_UID).map(([table, key]) => {
      const columns = key.join(', ');
      return db
        .prepare(
          `DELETE FROM ${table} WHERE uid = ?1 AND (${columns}) IN (SELECT ${columns} FROM ${table} WHERE uid = ?1 LIMIT ?2)`,
        )
        .bind(uid, countMax);
    }),
    ...Object.entries(TABLES_BY_TEXT).map(([table, condition]) =>
      db.prepare(`DELETE FROM ${table} WHERE ${condition}`).bind(uid),
    ),
  ];
  const results = await db.batch(statements);
  return results.reduce((sum, { meta }) => sum + meta.changes, 0);
}

function deletionOf({ shards, ...row }: DeletionRow): Deletion {
  return { ...row, shards: JSON.parse(shards) };
}
