/**
 * Annotation store: all SQL of the table `annotations`: marks on the time line of a tenant's charts.
 */
import { LIMITS } from '../../core/limits.ts';
import type { AnnotationKind } from '../../wire/boards/annotation.ts';

export interface Annotation {
  readonly id: string;
  readonly atMs: number;
  /** Exclusive; null for an instant. */
  readonly untilMs: number | null;
  readonly kind: AnnotationKind;
  readonly text: string;
  readonly updatedAtMs: number;
}

export interface AnnotationRange {
  readonly startMs: number | null;
  readonly endMs: number | null;
  readonly kind: AnnotationKind | null;
}

/** Lists the annotations that touch the range, by time. A tenant has few enough that all are looked at. */
export async function listAnnotations(db: D1Database, uid: string, range: AnnotationRange): Promise<Annotation[]> {
  const { startMs, endMs, kind } = range;
  const { results } = await db
    .prepare(
      `SELECT annotation_id AS id, at_ms AS atMs, until_ms AS untilMs, kind, text, updated_at_ms AS updatedAtMs
         FROM annotations WHERE uid = ?1 AND (?2 IS NULL OR at_ms >= ?2 OR until_ms > ?2) AND (?3 IS NULL OR at_ms < ?3)
           AND (?4 IS NULL OR kind = ?4) ORDER BY at_ms, annotation_id`,
    )
    .bind(uid, startMs, endMs, kind)
    .all<Annotation>();
  return results;
}

/** Adds or replaces. Returns false when it would be new and the tenant has the largest number of annotations. */
export async function putAnnotation(db: D1Database, uid: string, annotation: Annotation): Promise<boolean> {
  const { id, atMs, untilMs, kind, text, updatedAtMs } = annotation;
  const { meta } = await db
    .prepare(
      `INSERT INTO annotations (uid, annotation_id, at_ms, until_ms, kind, text, updated_at_ms)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE EXISTS (SELECT 1 FROM annotations WHERE uid = ?1 AND annotation_id = ?2)
           OR (SELECT count(*) FROM annotations WHERE uid = ?1) < ?8
         ON CONFLICT (uid, annotation_id) DO UPDATE SET at_ms = excluded.at_ms, until_ms = excluded.until_ms,
           kind = excluded.kind, text = excluded.text, updated_at_ms = excluded.updated_at_ms`,
    )
    .bind(uid, id, atMs, untilMs, kind, text, updatedAtMs, LIMITS.annotationsMax)
    .run();
  return meta.changes > 0;
}

/** Returns false when there was no such annotation. */
export async function deleteAnnotation(db: D1Database, uid: string, id: string): Promise<boolean> {
  const { meta } = await db.prepare('DELETE FROM annotations WHERE uid = ? AND annotation_id = ?').bind(uid, id).run();
  return meta.changes > 0;
}
