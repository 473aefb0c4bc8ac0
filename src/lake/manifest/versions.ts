/** Versions: what readers ask of the versions of imports: rows that wait for a finish, and days of which some were taken back. */

import type { DayRange } from '../../core/std/day.ts';

/** The sum of the rows of open versions in the days, as `rows`. */
export function selectWaitingRows(db: D1Database, uid: string, dayFrom: number, dayTo: number): D1PreparedStatement {
  return db
    .prepare(
      `SELECT COALESCE(SUM(i.row_count), 0) AS rows
       FROM import_versions v JOIN import_days i ON i.uid = v.uid AND i.import_id = v.import_id AND i.version = v.version
       WHERE v.uid = ?1 AND v.state = 'open' AND i.day BETWEEN ?2 AND ?3`,
    )
    .bind(uid, dayFrom, dayTo);
}

export function waitingRowsOf({ results }: Pick<D1Result<unknown>, 'results'>): number {
  return (results as { rows: number }[])[0]!.rows;
}

/**
 * The sealed days of which something was superseded since, so that their seals do not count: `FROM … WHERE …` with the seal as `d`.
 * Parameter 1 is the uid.
 */
export const FROM_VOID = `FROM superseded_days v JOIN sealed_days d ON d.uid = v.uid AND d.day = v.day
  WHERE v.uid = ?1 AND v.superseded_seq > d.superseded_seq`;

export function selectVoidDays(db: D1Database, uid: string, dayFrom: number, dayTo: number): D1PreparedStatement {
  return db.prepare(`SELECT d.day ${FROM_VOID} AND v.day BETWEEN ?2 AND ?3`).bind(uid, dayFrom, dayTo);
}

export function voidDaysOf({ results }: Pick<D1Result<unknown>, 'results'>): ReadonlySet<number> {
  return new Set((results as { day: number }[]).map(({ day }) => day));
}

/**
 * A text that differs whenever a version with events in the days was finished or superseded, as \`imports\`. A reading of several
 * batches that finds it changed would mix two states of an import (CORRECTNESS J2).
 */
export function selectImportsVersion(db: D1Database, uid: string, { dayFrom, dayTo }: DayRange): D1PreparedStatement {
  return db
    .prepare(
      `SELECT (SELECT COUNT(*) FROM import_versions v WHERE v.uid = ?1 AND v.state = 'finished' AND EXISTS (
           SELECT 1 FROM import_days i WHERE i.uid = v.uid AND i.import_id = v.import_id AND i.version = v.version AND i.day BETWEEN ?2 AND ?3))
         || '/' || (SELECT COALESCE(MAX(superseded_seq), 0) FROM superseded_days WHERE uid = ?1 AND day BETWEEN ?2 AND ?3) AS imports`,
    )
    .bind(uid, dayFrom, dayTo);
}

export function importsVersionOf({ results }: Pick<D1Result<unknown>, 'results'>): string {
  return (results as { imports: string }[])[0]!.imports;
}
