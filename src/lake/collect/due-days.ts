/**
 * Due days: all SQL of the table `collections`, the days of which something may be collected. Triggers write its rows: with each
 * seal, and with each undo. A row is a reminder and decides nothing.
 *
 * A day is due `LIMITS.collectAfterMs` after the time in its row. A run that takes a day sets the time to its own, so that the day
 * comes again if the run dies.
 */
import { DAY_MS, LIMITS } from '../../core/limits.ts';

export interface DueDay {
  readonly uid: string;
  readonly day: number;
}

/** A day that waits for an import to close is looked at again after this. */
const WAITING_MS = DAY_MS;

/** The days that are due, those that wait longest first. */
export async function takeDueDays(db: D1Database, nowMs: number): Promise<DueDay[]> {
  const { results } = await db
    .prepare(
      `UPDATE collections SET since_ms = ?1 FROM (
         SELECT uid AS due_uid, day AS due_day FROM collections INDEXED BY collections_since
         WHERE since_ms <= ?2 ORDER BY since_ms LIMIT ?3) AS due
       WHERE uid = due_uid AND day = due_day RETURNING uid, day`,
    )
    .bind(nowMs, nowMs - LIMITS.collectAfterMs, LIMITS.collectDaysMax)
    .all<DueDay>();
  return results;
}

/** Whether the seal `d` holds, beyond its ground, rows of an import, which may be taken back. */
export const IS_HELD_BY_IMPORT = `EXISTS (
  SELECT 1 FROM segment_days sd JOIN segments s ON s.manifest_seq = sd.manifest_seq
  WHERE sd.uid = d.uid AND sd.day = d.day AND sd.manifest_seq > d.ground_seq AND sd.manifest_seq <= d.covered_seq
    AND s.source = 'import' AND s.superseded_seq IS NULL)`;

/** The days of the run that took them at ?2, and that no seal has renewed since. */
const OF_RUN = `(uid, day) IN (SELECT value ->> 'uid', value ->> 'day' FROM json_each(?1)) AND since_ms = ?2
  AND NOT EXISTS (SELECT 1 FROM sealed_days d WHERE d.uid = collections.uid AND d.day = collections.day AND d.sealed_at_ms = ?2)`;

/** Ends a run: its days are forgotten, but for those that wait for an import. */
export async function settleDays(db: D1Database, days: readonly DueDay[], takenAtMs: number): Promise<void> {
  const json = JSON.stringify(days);
  const waits = `EXISTS (SELECT 1 FROM sealed_days d WHERE d.uid = collections.uid AND d.day = collections.day AND ${IS_HELD_BY_IMPORT})`;
  const laterMs = takenAtMs + WAITING_MS;
  await db.batch([
    db.prepare(`UPDATE collections SET since_ms = ?3 WHERE ${OF_RUN} AND ${waits}`).bind(json, takenAtMs, laterMs),
    db.prepare(`DELETE FROM collections WHERE ${OF_RUN}`).bind(json, takenAtMs),
  ]);
}

/** Ends a run that left some: its days are due at once. */
export async function giveBackDays(db: D1Database, days: readonly DueDay[], takenAtMs: number): Promise<void> {
  await db
    .prepare(`UPDATE collections SET since_ms = ?3 WHERE ${OF_RUN}`)
    .bind(JSON.stringify(days), takenAtMs, takenAtMs - LIMITS.collectAfterMs)
    .run();
}
