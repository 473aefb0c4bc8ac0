/**
 * Merge store: the SQL of merging: flushes that have aged, their parts, and the batch that puts one part of each kind in their place.
 *
 * The batch writes only when the parts are still those that were read, nothing else overlaps them, and no seal's vector lies
 * inside of their range (CORRECTNESS K1, K2).
 */
import { CHUNK_HEAD_SIZE_BYTES, countMemberships } from '../../core/rollup/cell-codec.ts';
import { isHeldBy } from '../manifest/leases.ts';
import { l0PathSql } from '../manifest/paths.ts';
import { fromBase64, toBase64 } from '../std/base64.ts';
import { jsonParameters } from '../std/json-parameters.ts';
import { fingerprintOf, type MergedPart, type PartCells } from './merged-part.ts';
import type { PartGroup } from './part-groups.ts';
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

/** The parts of a rollup and of some days that overlap the span, and those that end where it begins if it takes them. */
export async function readSpanParts(
  db: D1Database,
  { span: { uid, incarnation, seqFrom, seqTo, takesLeft }, rollupId, days }: SpanPartsRequest,
): Promise<SpanPart[]> {
  const { results } = await db
    .prepare(
      `SELECT kind, day_min AS day, seq_from AS seqFrom, seq_to AS seqTo, chunk, checksum, corrections, size_bytes AS sizeBytes,
         substr(cells, 1, ${HEAD_LENGTH}) AS head FROM parts
       WHERE uid = ?1 AND rollup_id = ?2 AND kind IN (${KINDS}) AND day_min IN (SELECT value FROM json_each(?6))
         AND incarnation = ?3 AND seq_from < ?5 AND seq_to > ?4
       ORDER BY kind, seq_from, chunk`,
    )
    .bind(uid, rollupId, incarnation, takesLeft ? seqFrom - 1 : seqFrom, seqTo, JSON.stringify(days))
    .all<Omit<SpanPart, 'memberships'> & { readonly head: string }>();
  return results.map(({ head, ...part }) => ({
    ...part,
    memberships: countMemberships(fromBase64(head), (part.sizeBytes * 3) / 4),
  }));
}

/** Length of the base64 of a chunk's head. */
const HEAD_LENGTH = 4 * Math.ceil(CHUNK_HEAD_SIZE_BYTES / 3);

export interface GroupRequest {
  readonly span: Span;
  readonly rollupId: string;
  readonly day: number;
  readonly group: PartGroup;
}

/** The cells of the group's parts, in their order. */
export async function readGroupCells(
  db: D1Database,
  { span: { uid, incarnation }, rollupId, day, group }: GroupRequest,
): Promise<PartCells[]> {
  const { results } = await db
    .prepare(
      `SELECT kind, cells FROM parts WHERE uid = ?1 AND rollup_id = ?2 AND kind IN ('counts', 'people') AND day_min = ?3
         AND incarnation = ?4 AND seq_from >= ?5 AND seq_to <= ?6 ORDER BY kind, seq_from, chunk`,
    )
    .bind(uid, rollupId, day, incarnation, group.seqFrom, group.seqTo)
    .all<{ readonly kind: PartCells['kind']; readonly cells: string }>();
  return results.map(({ kind, cells }) => ({ kind, cells: fromBase64(cells) }));
}

/** Puts the merged part in the place of the group, both kinds, all or nothing. False when something has changed since the reading. */
export async function replaceParts(db: D1Database, request: GroupRequest, part: MergedPart): Promise<boolean> {
  const { span, rollupId, day, group } = request;
  const { uid, incarnation } = span;
  const { seqFrom, seqTo, corrections } = group;
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
      .bind(uid, rollupId, incarnation, seqFrom, seqTo, corrections, json, lease.name, lease.holder, day),
  );
  const [taken] = await db.batch([
    db
      .prepare(
        `INSERT INTO leases (name, holder, until_ms) SELECT ?1, ?2, 0
         WHERE (${PARTS_FINGERPRINT}) = ?7 AND NOT EXISTS (${VECTORS_INSIDE})
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder`,
      )
      .bind(lease.name, lease.holder, uid, incarnation, seqFrom, seqTo, fingerprintOf(group.parts), rollupId, day),
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
