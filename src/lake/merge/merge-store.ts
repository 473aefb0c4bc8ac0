/**
 * Merge store: the SQL of merging: flushes that have aged, their parts, and the batch that puts one part in their place.
 *
 * The batch writes only when the parts are still those that were read, nothing else overlaps them, and no seal's vector lies
 * inside of their range (CORRECTNESS K1, K2).
 */
import type { DayRange } from '../../core/std/day.ts';
import { dayOf } from '../../core/std/day.ts';
import { isHeldBy } from '../manifest/leases.ts';
import { l0PathSql } from '../manifest/paths.ts';
import { fromBase64, toBase64 } from '../std/base64.ts';
import { jsonParameters } from '../std/json-parameters.ts';
import { fingerprintOf, type MergedPart } from './merged-part.ts';
import type { AgedFlush, Span, SpanPart } from './span.ts';

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
         s.rollup_ids AS rollupIds
       FROM flushes f LEFT JOIN segments s
         ON s.uid = f.uid AND s.path = ${l0PathSql('f.uid', 'f.incarnation', 'f.seq_from', 'f.seq_to')}
       WHERE f.uid = ?1 AND f.incarnation = ?2 AND f.seq_from >= ?3 AND f.stored_at_ms < ?4
       ORDER BY f.seq_from LIMIT ?5`,
    )
    .bind(uid, incarnation, seqFrom, storedBeforeMs, max)
    .all<Omit<AgedFlush, 'rollupIds'> & { readonly rollupIds: string | null }>();
  return results.map(({ rollupIds, ...flush }) => ({
    ...flush,
    rollupIds: rollupIds === null ? null : (JSON.parse(rollupIds) as string[]),
  }));
}

/** The parts of a rollup that overlap the span. */
export async function readSpanParts(
  db: D1Database,
  { uid, incarnation, seqFrom, seqTo }: Span,
  rollupId: string,
): Promise<SpanPart[]> {
  const { results } = await db
    .prepare(
      `SELECT seq_from AS seqFrom, seq_to AS seqTo, chunk, checksum, cells FROM parts
       WHERE uid = ?1 AND rollup_id = ?2 AND incarnation = ?3 AND seq_from < ?5 AND seq_to > ?4 ORDER BY seq_from, chunk`,
    )
    .bind(uid, rollupId, incarnation, seqFrom, seqTo)
    .all<Omit<SpanPart, 'cells'> & { readonly cells: string }>();
  return results.map((row) => ({ ...row, cells: fromBase64(row.cells) }));
}

export interface Replacement {
  readonly span: Span;
  readonly rollupId: string;
  readonly parts: readonly SpanPart[];
  readonly part: MergedPart;
  readonly days: DayRange;
}

/** Puts the merged part in the place of the others, all or nothing. False when something has changed since the reading. */
export async function replaceParts(db: D1Database, replacement: Replacement): Promise<boolean> {
  const { span, rollupId, parts, part, days } = replacement;
  const { uid, incarnation, seqFrom, seqTo } = span;
  const lease = { name: `merging/${uid}/${incarnation}`, holder: part.checksum };
  const rows = part.rows.map(({ cells, startMsMin, overflowed }, chunk) => ({
    c: chunk,
    d: dayOf(startMsMin),
    o: overflowed ? 1 : 0,
    b: toBase64(cells),
  }));
  const inserts = jsonParameters(rows, ({ b }) => b.length + 100).map((json) =>
    db
      .prepare(
        `INSERT INTO parts (uid, rollup_id, incarnation, seq_from, chunk, seq_to, day_min, day_max, overflowed, corrections, checksum, cells)
         SELECT ?1, ?2, ?3, ?4, j.value ->> 'c', ?5, j.value ->> 'd', j.value ->> 'd', j.value ->> 'o', ?6, ?9, j.value ->> 'b'
         FROM json_each(?7) j WHERE ${isHeldBy('?8', '?9')}`,
      )
      .bind(uid, rollupId, incarnation, seqFrom, seqTo, part.corrections, json, lease.name, lease.holder),
  );
  const [taken] = await db.batch([
    db
      .prepare(
        `INSERT INTO leases (name, holder, until_ms) SELECT ?1, ?2, 0
         WHERE (${PARTS_FINGERPRINT}) = ?7 AND NOT EXISTS (${VECTORS_INSIDE})
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder`,
      )
      .bind(
        lease.name,
        lease.holder,
        uid,
        incarnation,
        seqFrom,
        seqTo,
        fingerprintOf(parts),
        rollupId,
        days.dayFrom,
        days.dayTo,
      ),
    db
      .prepare(
        `DELETE FROM parts WHERE uid = ?1 AND rollup_id = ?2 AND incarnation = ?3 AND seq_from >= ?4 AND seq_to <= ?5
         AND ${isHeldBy('?6', '?7')}`,
      )
      .bind(uid, rollupId, incarnation, seqFrom, seqTo, lease.name, lease.holder),
    ...inserts,
    db.prepare('DELETE FROM leases WHERE name = ?1').bind(lease.name),
  ]);
  return taken!.meta.changes > 0;
}

const PARTS_FINGERPRINT = `
  SELECT group_concat(seq_from || '-' || seq_to || '-' || chunk || '-' || checksum, ',') FROM (
    SELECT seq_from, seq_to, chunk, checksum FROM parts
    WHERE uid = ?3 AND rollup_id = ?8 AND incarnation = ?4 AND seq_from < ?6 AND seq_to > ?5 ORDER BY seq_from, chunk
  )`;

/** Vectors of plans and seals of the days that lie inside of the range. */
const VECTORS_INSIDE = `
  SELECT 1 FROM seal_plans p, json_each(p.plan, '$.vector') v
  WHERE p.uid = ?3 AND p.day BETWEEN ?9 AND ?10 AND v.key = ?4 AND v.value > ?5 AND v.value < ?6
  UNION ALL
  SELECT 1 FROM sealed_days d, json_each(d.vector) v
  WHERE d.uid = ?3 AND d.day BETWEEN ?9 AND ?10 AND v.key = ?4 AND v.value > ?5 AND v.value < ?6`;
