/**
 * Fold flushes: the rows of an incarnation's oldest flushes become one row, which has their sums and says up to where its flushes
 * are stored (CORRECTNESS A3).
 *
 * Only a stretch without a gap is folded, from the first row on: what lies below the folded row's end counts as stored, and a
 * flush that is missing would be taken for a redelivery. A flush whose segment is still there stays.
 */
import { l0PathSql } from '../manifest/paths.ts';

/** Columns of sums. */
const SUMS = ['received', 'accepted', 'duplicate', 'quarantined', 'rejected', 'clamped', 'corrections'];

/** The first row of the incarnation `i` that is not to be folded; null without one. Parameter 2: stored before. */
const STOP = `(
  SELECT f.seq_from FROM flushes f WHERE f.uid = i.uid AND f.incarnation = i.incarnation AND (
    f.stored_at_ms > ?2
    OR f.seq_from <> COALESCE(
      (SELECT e.seq_to FROM flushes e WHERE e.uid = f.uid AND e.incarnation = f.incarnation AND e.seq_from < f.seq_from
       ORDER BY e.seq_from DESC LIMIT 1),
      (SELECT h.seq_to FROM flush_heads h WHERE h.uid = f.uid AND h.incarnation = f.incarnation), 0)
    OR EXISTS (SELECT 1 FROM segments s WHERE s.uid = f.uid
      AND s.path = ${l0PathSql('f.uid', 'f.incarnation', 'f.seq_from', 'f.seq_to')}))
  ORDER BY f.seq_from LIMIT 1)`;

const INCARNATIONS = `(SELECT value ->> 'uid' AS uid, value ->> 'incarnation' AS incarnation FROM json_each(?1))`;

/** The statements belong to one batch: the rows are added up, then deleted. */
export function foldFlushes(
  db: D1Database,
  incarnations: readonly { readonly uid: string; readonly incarnation: string }[],
  storedBeforeMs: number,
): D1PreparedStatement[] {
  const json = JSON.stringify(incarnations);
  return [
    db
      .prepare(
        `INSERT INTO flush_heads (uid, incarnation, seq_to, flushes, stored_at_ms, ${SUMS.join(', ')})
         SELECT f.uid, f.incarnation, MAX(f.seq_to), COUNT(*), MAX(f.stored_at_ms), ${SUMS.map((name) => `SUM(f.${name})`).join(', ')}
         FROM (SELECT i.uid, i.incarnation, ${STOP} AS stop FROM ${INCARNATIONS} i) g
         JOIN flushes f ON f.uid = g.uid AND f.incarnation = g.incarnation AND f.seq_from < COALESCE(g.stop, f.seq_from + 1)
         GROUP BY f.uid, f.incarnation
         ON CONFLICT (uid, incarnation) DO UPDATE SET seq_to = excluded.seq_to, flushes = flushes + excluded.flushes,
           stored_at_ms = excluded.stored_at_ms, ${SUMS.map((name) => `${name} = ${name} + excluded.${name}`).join(', ')}`,
      )
      .bind(json, storedBeforeMs),
    db
      .prepare(
        `DELETE FROM flushes WHERE (uid, incarnation, seq_from) IN (
           SELECT f.uid, f.incarnation, f.seq_from FROM ${INCARNATIONS} i
           JOIN flush_heads h ON h.uid = i.uid AND h.incarnation = i.incarnation
           JOIN flushes f ON f.uid = h.uid AND f.incarnation = h.incarnation AND f.seq_from < h.seq_to)`,
      )
      .bind(json),
  ];
}
