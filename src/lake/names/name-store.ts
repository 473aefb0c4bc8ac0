/**
 * NameStore: all SQL of the table `names`: the names of events and properties that a tenant has sent.
 *
 * - Names are written in the batch of the flush or chunk that brings them, so that a name which is neither here nor in
 *   a shard's tail was never sent. They are never removed while the tenant lives.
 * - At most `LIMITS.namesKeptMax` of a kind are kept. Beyond it a row without a name says that there are others.
 * - The names are whole while nothing of the tenant is stored, and from the batch on that found it so: a row of the kind
 *   `whole` says it. A tenant with events of an earlier release has no such row.
 */

import { LIMITS } from '../../core/limits.ts';
import { NAME_KINDS, type NameKind, type Names, OTHER_NAMES } from '../../core/names/sent-names.ts';

export interface KeptNames extends Names {
  /** Kinds of which every name that is stored is here. */
  readonly whole: ReadonlySet<NameKind>;
}

const WHOLE = 'whole';
/** A day that was sealed once counts: its cells may outlive its files. */
const NOTHING_IS_STORED = ['flushes', 'segments', 'sealed_days']
  .map((table) => `NOT EXISTS (SELECT 1 FROM ${table} WHERE uid = ?1)`)
  .join(' AND ');

export async function readNames(db: D1Database, uid: string): Promise<KeptNames> {
  const { results } = await db
    .prepare(`SELECT kind, name FROM names WHERE uid = ?1 UNION ALL SELECT '${WHOLE}', '' WHERE ${NOTHING_IS_STORED}`)
    .bind(uid)
    .all<{ kind: NameKind | typeof WHOLE; name: string }>();
  const names = { event: new Set<string>(), property: new Set<string>() };
  const others = new Set<NameKind>();
  let isWhole = false;
  for (const { kind, name } of results) {
    if (kind === WHOLE) isWhole = true;
    else if (name === OTHER_NAMES) others.add(kind);
    else names[kind].add(name);
  }
  return { ...names, whole: new Set(isWhole ? NAME_KINDS.filter((kind) => !others.has(kind)) : []) };
}

/** Says that the names are whole if nothing of the tenant is stored. It goes before what the batch stores. */
export function insertWhole(db: D1Database, uid: string): D1PreparedStatement {
  return db
    .prepare(
      `INSERT OR IGNORE INTO names (uid, kind, name) SELECT ?1, '${WHOLE}', ''
       WHERE ${NOTHING_IS_STORED}`,
    )
    .bind(uid);
}

/** Adds names of a kind while there is room. `isCut`: there are more than `names`. */
export function insertNames(
  db: D1Database,
  uid: string,
  kind: NameKind,
  { names, isCut }: { readonly names: readonly string[]; readonly isCut: boolean },
): D1PreparedStatement[] {
  const count = '(SELECT count(*) FROM names WHERE uid = ?1 AND kind = ?2)';
  return [
    db
      .prepare(
        `INSERT OR IGNORE INTO names (uid, kind, name) SELECT ?1, ?2, j.value FROM json_each(?3) j
         WHERE ${count} < ?4`,
      )
      .bind(uid, kind, JSON.stringify(names), LIMITS.namesKeptMax),
    db
      .prepare(`INSERT OR IGNORE INTO names (uid, kind, name) SELECT ?1, ?2, '' WHERE ?3 = 1 OR ${count} >= ?4`)
      .bind(uid, kind, isCut ? 1 : 0, LIMITS.namesKeptMax),
  ];
}
