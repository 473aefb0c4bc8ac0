/**
 * Merge store: the SQL of merging: flushes that have aged, their parts, and the batch that puts one part of each kind in their place.
 *
 * The batch writes only when the parts are still those that were read, nothing else overlaps them, and no seal's vector lies
 * inside of their range (CORRECTNESS K1, K2).
 */
import { LIMITS } from '../../core/limits.ts';
import { isHeldBy } from '../manifest/leases.ts';
import { l0PathSql } from '../manifest/paths.ts';
import { fromBase64, toBase64 } from '../std/base64.ts';
import { jsonParameters } from '../std/json-parameters.ts';
import { fingerprintOf, type MergedPart } from './merged-part.ts';
import type { AgedFlush, Span, SpanPart } from './span.ts';

/** All kinds, so that SQLite goes by the table's key. Parts of the kind 'all' are read to be told, and never merged. */
const KINDS = `'all', 'counts', 'people'`;

export interface AgedRequest {
  readonly uid: string;
  readonly incarnation: string;
  readonly seqFrom: number;
  readonly storedBeforeMs: number;
  readonly max: number;
}

/** The flushes from a row on that were stored before a time, in their order. */
export async function readAgedFlushes(
  db: D1Database,
  { uid, incarnation, seqFrom, storedBeforeMs, max }: AgedRequest,
): Promise<AgedFlush[]> {
  const { results } = await db
    .prepare(
      `SELECT f.seq_from AS seqFrom, f.seq_to AS seqTo, f.stored_at_ms AS storedAtMs, f.accepted, f.corrections,
         s.rollup_ids AS rollupIds,
         (SELECT json_group_array(sd.day) FROM segment_days sd WHERE sd.uid = s.uid AND sd.manifest_seq = s.manifest_seq) AS days
       FROM flushes f LEFT JOIN segments s
         ON s.uid = f.uid AND s.path = ${l0PathSql('f.uid', 'f.incarnation', 'f.seq_from', 'f.seq_to')}
       WHERE f.uid = ?1 AND f.incarnation = ?2 AND f.seq_from >= ?3 AND f.stored_at_ms < ?4
       ORDER BY f.seq_from LIMIT ?5`,
    )
    .bind(uid, incarnation, seqFrom, storedBeforeMs, max)
    .all<Omit<AgedFlush, 'rollupIds' | 'days'> & { readonly rollupIds: string | null; readonly days: string }>();
  return results.map(({ rollupIds, days, ...flush }) => ({
    ...flush,
    rollupIds: rollupIds === null ? null : (JSON.parse(rollupIds) as string[]),
    days: JSON.parse(days) as number[],
  }));
}

export interface SpanPartsRequest {
  readonly span: Span;
  readonly rollupId: string;
  readonly days: readonly number[];
}

/** The parts of a rollup and of some days that overlap the span, of days that are not too big to be merged. */
export async function readSpanParts(
  db: D1Database,
  { span: { uid, incarnation, seqFrom, seqTo }, rollupId, days }: SpanPartsRequest,
): Promise<SpanPart[]> {
  const { results } = await db
    .prepare(
      `SELECT kind, day_min AS day, seq_from AS seqFrom, seq_to AS seqTo, chunk, checksum, cells FROM parts
       WHERE ${OF_SPAN} AND day_min IN (SELECT day_min FROM parts WHERE ${OF_SPAN} GROUP BY day_min HAVING SUM(size_bytes) * 3 / 4 <= ?7)
       ORDER BY kind, seq_from, chunk`,
    )
    .bind(uid, rollupId, incarnation, seqFrom, seqTo, JSON.stringify(days), LIMITS.mergeSizeBytesMax)
    .all<Omit<SpanPart, 'cells'> & { readonly cells: string }>();
  return results.map((row) => ({ ...row, cells: fromBase64(row.cells) }));
}

/** Parameters: uid, rollupId, incarnation, seqFrom, seqTo, days. */
const OF_SPAN = `uid = ?1 AND rollup_id = ?2 AND kind IN (${KINDS}) AND day_min IN (SELECT value FROM json_each(?6))
  AND incarnation = ?3 AND seq_from < ?5 AND seq_to > ?4`;

export interface Replacement {
  readonly span: Span;
  readonly rollupId: string;
  readonly day: number;
  readonly parts: readonly SpanPart[];
  readonly part: MergedPart;
}

/** Puts the merged part in the place of the others, both kinds, all or nothing. False when something has changed since the reading. */
export async function replaceParts(db: D1Database, replacement: Replacement): Promise<boolean> {
  const { span, rollupId, day, parts, part } = replacement;
  const { uid, incarnation, seqFrom, seqTo } = span;
  const lease = { name: `merging/${uid}/${incarnation}`, holder: part.checksum };
  const rows = part.rows.map(({ kind, chunk, cells, startMsMin, startMsMax, overflowed }) => ({
    k: kind,
    c: chunk,
    s: startMsMin,
    e: startMsMax,
    o: overflowed ? 1 : 0,
    b: toBase64(cells),
  }));
  const inserts = jsonParameters(rows, ({ b }) => b.length + 200).map((json) =>
    db
      .prepare(
        `INSERT INTO parts (uid, rollup_id, kind, day_min, incarnation, seq_from, chunk, seq_to, day_max, start_ms_min, start_ms_max, overflowed, corrections, size_bytes, checksum, cells)
         SELECT ?1, ?2, j.value ->> 'k', ?10, ?3, ?4, j.value ->> 'c', ?5, ?10, j.value ->> 's', j.value ->> 'e',
           j.value ->> 'o', ?6, length(j.value ->> 'b'), ?9, j.value ->> 'b'
         FROM json_each(?7) j WHERE ${isHeldBy('?8', '?9')}`,
      )
      .bind(uid, rollupId, incarnation, seqFrom, seqTo, part.corrections, json, lease.name, lease.holder, day),
  );
  const [taken] = await db.batch([
    db
      .prepare(
        `INSERT INTO leases (name, holder, until_ms) SELECT ?1, ?2, 0
         WHERE (${PARTS_FINGERPRINT}) = ?7 AND NOT EXISTS (${VECTORS_INSIDE})
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder`,
      )
      .bind(lease.name, lease.holder, uid, incarnation, seqFrom, seqTo, fingerprintOf(parts), rollupId, day),
    db
      .prepare(
        `DELETE FROM parts WHERE uid = ?1 AND rollup_id = ?2 AND kind IN (${KINDS}) AND day_min = ?8
         AND incarnation = ?3 AND seq_from >= ?4 AND seq_to <= ?5 AND ${isHeldBy('?6', '?7')}`,
      )
      .bind(uid, rollupId, incarnation, seqFrom, seqTo, lease.name, lease.holder, day),
    ...inserts,
    db.prepare('DELETE FROM leases WHERE name = ?1').bind(lease.name),
  ]);
  return taken!.meta.changes > 0;
}

const PARTS_FINGERPRINT = `
  SELECT group_concat(kind || '-' || seq_from || '-' || seq_to || '-' || chunk || '-' || checksum, ',') FROM (
    SELECT kind, seq_from, seq_to, chunk, checksum FROM parts
    WHERE uid = ?3 AND rollup_id = ?8 AND kind IN (${KINDS}) AND day_min = ?9
      AND incarnation = ?4 AND seq_from < ?6 AND seq_to > ?5 ORDER BY kind, seq_from, chunk
  )`;

/** Vectors of plans and seals of the day that lie inside of the range. */
const VECTORS_INSIDE = `
  SELECT 1 FROM seal_plans p, json_each(p.plan, '$.vector') v
  WHERE p.uid = ?3 AND p.day = ?9 AND v.key = ?4 AND v.value > ?5 AND v.value < ?6
  UNION ALL
  SELECT 1 FROM sealed_days d, json_each(d.vector) v
  WHERE d.uid = ?3 AND d.day = ?9 AND v.key = ?4 AND v.value > ?5 AND v.value < ?6`;
