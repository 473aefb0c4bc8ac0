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

/** A day with files that wait for a destination is looked at again after this. */
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

/** The days of the run that took them at ?2, and that no seal has renewed since. */
const OF_RUN = `(uid, day) IN (SELECT value ->> 'uid', value ->> 'day' FROM json_each(?1)) AND since_ms = ?2
  AND NOT EXISTS (SELECT 1 FROM sealed_days d WHERE d.uid = collections.uid AND d.day = collections.day AND d.sealed_at_ms = ?2)`;

/** Whether a file that the day's ground covers waits for a destination. */
const WAITS = `EXISTS (
  SELECT 1 FROM sealed_days d JOIN segment_days sd ON sd.uid = d.uid AND sd.day = d.day AND sd.manifest_seq <= d.ground_seq
  JOIN cursors c ON c.uid = d.uid AND c.position < sd.manifest_seq
  WHERE d.uid = collections.uid AND d.day = collections.day)`;

/**
 * Ends a run: its days are forgotten, but for those that wait for a destination, whose cursor makes no row here. An import, a plan
 * or another day of a file needs no wait: an undo, a flip and that day's seal each make a row.
 */
export async function settleDays(db: D1Database, days: readonly DueDay[], takenAtMs: number): Promise<void> {
  const json = JSON.stringify(days);
  const laterMs = takenAtMs + WAITING_MS;
  await db.batch([
    db.prepare(`UPDATE collections SET since_ms = ?3 WHERE ${OF_RUN} AND ${WAITS}`).bind(json, takenAtMs, laterMs),
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
