/**
 * Collect store: the SQL that finds segments which nothing needs any more, and takes them and their flushes away.
 *
 * A segment goes when each of its days either has a ground that covers it, or (a version of an import that was taken back) has no
 * plan that may still name it. No reader goes by it then: a sealed day is read from beyond its seal, and one whose seal does not
 * count from beyond its ground. A destination that has not got the flush yet keeps its file.
 */
import { LIMITS } from '../../core/limits.ts';
import { afterScans } from '../manifest/garbage.ts';
import type { DueDay } from './due-days.ts';
import { foldFlushes } from './fold-flushes.ts';

export interface CollectableSegment {
  readonly uid: string;
  readonly manifestSeq: number;
  readonly source: 'flush' | 'import';
  readonly incarnation: string;
}

/** Whether nothing needs the segment `s`. Parameter 2: the time by which a version was taken back long enough ago. */
const IS_COLLECTABLE = `s.source <> 'seal' AND NOT EXISTS (
    SELECT 1 FROM segment_days o LEFT JOIN sealed_days d ON d.uid = o.uid AND d.day = o.day
    WHERE o.uid = s.uid AND o.manifest_seq = s.manifest_seq AND COALESCE(d.ground_seq, 0) < s.manifest_seq AND NOT (
      s.superseded_seq IS NOT NULL
      AND COALESCE((SELECT x.at_ms FROM supersessions x WHERE x.supersession_seq = s.superseded_seq), 0) <= ?2
      AND NOT EXISTS (
        SELECT 1 FROM seal_plans p WHERE p.uid = o.uid AND p.day = o.day AND p.revision > COALESCE(d.revision, 0))))
  AND (s.source <> 'flush' OR NOT EXISTS (
    SELECT 1 FROM cursors c WHERE c.uid = s.uid AND c.position < s.manifest_seq))`;

export async function findCollectable(
  db: D1Database,
  days: readonly DueDay[],
  nowMs: number,
): Promise<CollectableSegment[]> {
  const { results } = await db
    .prepare(
      `SELECT DISTINCT s.uid, s.manifest_seq AS manifestSeq, s.source, s.incarnation
       FROM json_each(?1) g JOIN segment_days sd ON sd.uid = g.value ->> 'uid' AND sd.day = g.value ->> 'day'
       JOIN segments s ON s.manifest_seq = sd.manifest_seq WHERE ${IS_COLLECTABLE} LIMIT ?3`,
    )
    .bind(JSON.stringify(days), nowMs - LIMITS.collectAfterMs, LIMITS.collectFilesMax)
    .all<CollectableSegment>();
  return results;
}

/**
 * Throws the segments away, in one batch. Each statement looks again whether the segment may go: a plan may have been written since
 * it was found.
 */
export async function collectSegments(
  db: D1Database,
  segments: readonly CollectableSegment[],
  nowMs: number,
): Promise<void> {
  const json = JSON.stringify(segments.map(({ uid, manifestSeq }) => ({ u: uid, s: manifestSeq })));
  const graceMs = nowMs - LIMITS.collectAfterMs;
  await db.batch([
    db
      .prepare(
        `INSERT OR IGNORE INTO garbage (path, after_ms) SELECT s.path, ?3
         FROM json_each(?1) l JOIN segments s ON s.manifest_seq = l.value ->> 's' WHERE ${IS_COLLECTABLE}`,
      )
      .bind(json, graceMs, afterScans(nowMs)),
    db
      .prepare(
        `DELETE FROM segments AS s WHERE s.manifest_seq IN (SELECT l.value ->> 's' FROM json_each(?1) l) AND ${IS_COLLECTABLE}`,
      )
      .bind(json, graceMs),
    db
      .prepare(
        `DELETE FROM segment_days WHERE (uid, day, manifest_seq) IN (
           SELECT sd.uid, sd.day, sd.manifest_seq FROM json_each(?1) l
           JOIN segment_days sd ON sd.uid = l.value ->> 'u' AND sd.manifest_seq = l.value ->> 's'
           WHERE NOT EXISTS (SELECT 1 FROM segments s WHERE s.manifest_seq = sd.manifest_seq))`,
      )
      .bind(json),
    ...foldFlushes(db, incarnationsOf(segments), graceMs),
  ]);
}

function incarnationsOf(segments: readonly CollectableSegment[]): { uid: string; incarnation: string }[] {
  const known = new Map<string, { uid: string; incarnation: string }>();
  for (const { uid, source, incarnation } of segments) {
    if (source === 'flush') known.set(`${uid}/${incarnation}`, { uid, incarnation });
  }
  return [...known.values()];
}
