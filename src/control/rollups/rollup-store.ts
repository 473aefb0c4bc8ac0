/**
 * RollupStore: all SQL of the table `rollups`: a tenant's own definitions, beside the built-in ones.
 *
 * - Rollups are in the order of their creation, built-in ones first. The order decides which rollup answers when
 *   several could.
 * - Built-in and own rollups together stay within `LIMITS.rollupsMax`; the insert itself checks it.
 * - Deleting only marks the row: cells made under the rollup stay readable until they expire, and adding the same
 *   definition again revives the id.
 */
import { LIMITS } from '../../core/limits.ts';
import { meaningColumns } from '../../core/rollup/counted-names.ts';
import {
  BOT_ROLLUPS,
  DEFAULT_ROLLUPS,
  type Rollup,
  type RollupDefinition,
  rollupId,
} from '../../core/rollup/rollup.ts';
import { err, ok, type Result } from '../../core/std/result.ts';

export interface RollupRow {
  readonly rollup_id: string;
  readonly name: string;
  readonly definition: string;
}

export function selectRollups(db: D1Database, uid: string): D1PreparedStatement {
  return db
    .prepare(
      `SELECT rollup_id, name, definition FROM rollups
         WHERE uid = ? AND deleted_at_ms IS NULL ORDER BY created_at_ms, rollup_id`,
    )
    .bind(uid);
}

/** The columns of a tenant's row that decide which built-in rollups it has. */
export interface BuiltInsRow {
  /** Null for a tenant who has not chosen about bots: its rollups need not tell them apart. */
  readonly bots: string | null;
  /** 1 for a tenant from before the choice, who has days that are counted under rollups that do not. */
  readonly has_plain_rollups: 0 | 1;
}

/** The built-in rollups, then the tenant's own. */
export function rollupsFrom(rows: readonly RollupRow[], tenant: BuiltInsRow): readonly Rollup[] {
  const plain = tenant.has_plain_rollups === 1 ? DEFAULT_ROLLUPS : [];
  const builtIn = tenant.bots === null ? plain : [...plain, ...BOT_ROLLUPS];
  return [...builtIn, ...rows.map(rollupFrom).filter(({ id }) => !isBuiltIn(id))];
}

export async function listRollups(db: D1Database, uid: string): Promise<readonly Rollup[]> {
  const [tenants, rollups] = (await db.batch<unknown>([
    db.prepare('SELECT bots, has_plain_rollups FROM tenants WHERE uid = ?').bind(uid),
    selectRollups(db, uid),
  ])) as [D1Result<BuiltInsRow>, D1Result<RollupRow>];
  return rollupsFrom(rollups.results, tenants.results[0] ?? { bots: null, has_plain_rollups: 1 });
}

export function isBuiltIn(rollupId: string): boolean {
  return [...DEFAULT_ROLLUPS, ...BOT_ROLLUPS].some(({ id }) => id === rollupId);
}

/** Adds the rollup, or renames the one with the same definition; refuses with `rollups-full` at the limit. */
export async function createRollup(
  db: D1Database,
  uid: string,
  rollup: Rollup,
  nowMs: number,
): Promise<Result<Rollup, 'rollups-full'>> {
  const { id, name, ...definition } = rollup;
  const { meta } = await db
    .prepare(
      `INSERT INTO rollups (uid, rollup_id, name, definition, created_at_ms)
         SELECT ?1, ?2, ?3, ?4, ?5
           WHERE (SELECT count(*) FROM rollups WHERE uid = ?1 AND rollup_id <> ?2 AND deleted_at_ms IS NULL) < ?6
         ON CONFLICT DO UPDATE SET name = ?3, deleted_at_ms = NULL`,
    )
    .bind(uid, id, name, JSON.stringify(definition), nowMs, LIMITS.rollupsMax - DEFAULT_ROLLUPS.length)
    .run();
  return meta.changes ? ok(rollup) : err('rollups-full');
}

/** Removes a rollup; false when the tenant has no own rollup with that id. */
export async function deleteRollup(db: D1Database, uid: string, rollupId: string, nowMs: number): Promise<boolean> {
  const { meta } = await db
    .prepare('UPDATE rollups SET deleted_at_ms = ? WHERE uid = ? AND rollup_id = ? AND deleted_at_ms IS NULL')
    .bind(nowMs, uid, rollupId)
    .run();
  return meta.changes > 0;
}

function rollupFrom({ rollup_id: id, name, definition }: RollupRow): Rollup {
  const saved = JSON.parse(definition) as RollupDefinition;
  // A definition was saved under another id while a plain name meant the column: it goes on to mean that.
  return { ...(rollupId(saved) === id ? saved : meaningColumns(saved)), id, name };
}
