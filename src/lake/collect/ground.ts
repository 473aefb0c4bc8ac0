/**
 * Ground: the seal of a day upon which later seals build: it holds nothing that an undo could take, so that what it covers is
 * never read again but from its own files (CORRECTNESS L2).
 *
 * The ground moves up to the seal that counts once that seal is older than any question and
 * - nothing of it was superseded, and no import is in it that may be taken back,
 * - its files have every column that this release knows,
 * - no plan of the day waits for its flip: such a plan was made upon the ground before, and reads what that one did not cover.
 * A plan that is made upon the ground before, and written after the move, is refused by a trigger of its table.
 */
import { LIMITS } from '../../core/limits.ts';
import { dayTextSql, isL1PathSql } from '../manifest/paths.ts';
import { COLUMNS_HASH } from '../manifest/segment-rows.ts';
import type { DueDay } from './due-days.ts';
import { deleteReplacedFiles } from './replaced-files.ts';

const IS_WHOLE = `NOT EXISTS (
  SELECT 1 FROM segments s WHERE s.uid = d.uid AND ${isL1PathSql('s.path', 'd.uid', dayTextSql('d.day'))}
    AND s.source = 'seal' AND s.day = d.day AND s.revision = d.revision AND s.columns_hash IS NOT ?3)`;

const COUNTS = `d.superseded_seq >= COALESCE(
  (SELECT v.superseded_seq FROM superseded_days v WHERE v.uid = d.uid AND v.day = d.day), 0)`;

const IS_UNPLANNED =
  'NOT EXISTS (SELECT 1 FROM seal_plans p WHERE p.uid = d.uid AND p.day = d.day AND p.revision > d.revision)';

/** Whether the seal `d` holds, beyond its ground, rows of an import, which may be taken back. */
const IS_HELD_BY_IMPORT = `EXISTS (
  SELECT 1 FROM segment_days sd JOIN segments s ON s.manifest_seq = sd.manifest_seq
  WHERE sd.uid = d.uid AND sd.day = d.day AND sd.manifest_seq > d.ground_seq AND sd.manifest_seq <= d.covered_seq
    AND s.source = 'import' AND s.superseded_seq IS NULL)`;

/** Moves the grounds of the days that may be moved, and throws away the files that only the grounds before needed. */
export async function moveGrounds(db: D1Database, days: readonly DueDay[], nowMs: number): Promise<void> {
  const json = JSON.stringify(days);
  await db.batch([
    db
      .prepare(
        `UPDATE sealed_days AS d SET ground_revision = revision, ground_seq = covered_seq, ground_drift = NULL
         WHERE (d.uid, d.day) IN (SELECT value ->> 'uid', value ->> 'day' FROM json_each(?1)) AND d.ground_revision < d.revision
           AND d.sealed_at_ms <= ?2 AND ${COUNTS} AND ${IS_UNPLANNED} AND ${IS_WHOLE} AND NOT ${IS_HELD_BY_IMPORT}`,
      )
      .bind(json, nowMs - LIMITS.collectAfterMs, COLUMNS_HASH),
    ...deleteReplacedFiles(db, days, nowMs),
  ]);
}
