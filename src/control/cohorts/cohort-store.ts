/**
 * CohortStore: all SQL of the table `cohorts`: a tenant's saved definitions (src/core/cohorts/cohort.ts).
 *
 * A definition is kept as it was sent, with the zone its dates are in, and checked again when it is read. `checked` says that
 * its names were looked for when it was saved, or that the caller said not to; a cohort of an older release lacks it.
 */
import { parseWho } from '../../core/cohorts/cohort.ts';
import type { SavedCohort } from '../../core/cohorts/cohort-counts.ts';
import { LIMITS } from '../../core/limits.ts';
import { assert, err, ok, type Result } from '../../core/std/result.ts';

interface CohortRow {
  readonly id: string;
  readonly name: string;
  readonly definition: string;
  readonly createdAtMs: number;
}

/** The definition as it was sent. */
export interface CohortDefinition {
  readonly id: string;
  readonly name: string;
  readonly who: unknown;
  readonly timezone: string;
  readonly createdAtMs: number;
}

const COLUMNS = 'cohort_id AS id, name, definition, created_at_ms AS createdAtMs';

export async function listCohorts(db: D1Database, uid: string): Promise<CohortDefinition[]> {
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS} FROM cohorts WHERE uid = ?1 AND deleted_at_ms IS NULL ORDER BY created_at_ms, cohort_id`,
    )
    .bind(uid)
    .all<CohortRow>();
  return results.map(definitionOf);
}

export async function getCohort(db: D1Database, uid: string, id: string): Promise<CohortDefinition | null> {
  const row = await db
    .prepare(`SELECT ${COLUMNS} FROM cohorts WHERE uid = ?1 AND cohort_id = ?2 AND deleted_at_ms IS NULL`)
    .bind(uid, id)
    .first<CohortRow>();
  return row === null ? null : definitionOf(row);
}

/** Adds a cohort; refuses with `cohorts-full` at the limit, which the insert itself checks. */
export async function createCohort(
  db: D1Database,
  uid: string,
  { id, name, who, timezone, createdAtMs }: CohortDefinition,
): Promise<Result<null, 'cohorts-full'>> {
  const { meta } = await db
    .prepare(
      `INSERT INTO cohorts (uid, cohort_id, name, definition, created_at_ms) SELECT ?1, ?2, ?3, ?4, ?5
       WHERE (SELECT count(*) FROM cohorts WHERE uid = ?1 AND deleted_at_ms IS NULL) < ?6`,
    )
    .bind(uid, id, name, JSON.stringify({ who, timezone, checked: true }), createdAtMs, LIMITS.cohortsMax)
    .run();
  return meta.changes ? ok(null) : err('cohorts-full');
}

/** Rows that differ whenever a cohort was made, changed or deleted: rows of deleted cohorts are included. */
export function selectCohortVersions(db: D1Database, uid: string): D1PreparedStatement {
  return db
    .prepare(
      `SELECT cohort_id AS id, definition, deleted_at_ms AS deletedAtMs FROM cohorts WHERE uid = ?1 ORDER BY cohort_id`,
    )
    .bind(uid);
}

/** Removes a cohort; false when the tenant has none with that id. */
export async function deleteCohort(db: D1Database, uid: string, id: string, nowMs: number): Promise<boolean> {
  const { meta } = await db
    .prepare('UPDATE cohorts SET deleted_at_ms = ?3 WHERE uid = ?1 AND cohort_id = ?2 AND deleted_at_ms IS NULL')
    .bind(uid, id, nowMs)
    .run();
  return meta.changes > 0;
}

/** The cohorts with these ids that the tenant has, ready to be counted. */
export function readCohorts(db: D1Database, uid: string, ids: readonly string[]): Promise<SavedCohort[]> {
  return readWhere(db, uid, ids, '');
}

/** Those of them whose names were never looked for. */
export function readUncheckedCohorts(db: D1Database, uid: string, ids: readonly string[]): Promise<SavedCohort[]> {
  return readWhere(db, uid, ids, "AND json_extract(definition, '$.checked') IS NULL");
}

async function readWhere(db: D1Database, uid: string, ids: readonly string[], further: string): Promise<SavedCohort[]> {
  if (ids.length === 0) return [];
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS} FROM cohorts
       WHERE uid = ?1 AND deleted_at_ms IS NULL AND cohort_id IN (SELECT value FROM json_each(?2)) ${further}`,
    )
    .bind(uid, JSON.stringify(ids))
    .all<CohortRow>();
  return results.map((row) => {
    const { id, name, who, timezone } = definitionOf(row);
    const parsed = parseWho(who);
    assert(parsed.ok, `the saved cohort ${id} is not valid`);
    return { id, name, who: parsed.value, timezone };
  });
}

function definitionOf({ definition, ...row }: CohortRow): CohortDefinition {
  const { who, timezone } = JSON.parse(definition) as { who: unknown; timezone: string };
  return { ...row, who, timezone };
}
