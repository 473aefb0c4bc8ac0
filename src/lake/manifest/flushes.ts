/**
 * Flushes: a flush is stored as one: parts, segment, days, links and its row in the table `flushes`, in one D1 batch.
 *
 * A flush row makes every redelivery, however late, a no-op. Rows are collected into one of their incarnation, which says up to
 * where its flushes are stored, and which lives as long as the tenant (docs/correctness.md, A3).
 */
import type { Link } from '../../core/people/links.ts';
import type { FlushPart, FlushRef, Tally } from '../../core/shard/rpc.ts';
import { dayOf } from '../../core/std/day.ts';
import { assert, InvariantError } from '../../core/std/result.ts';
import type { NamesToKeep } from '../names/keep-names.ts';
import { toBase64 } from '../std/base64.ts';
import { jsonParameters } from '../std/json-parameters.ts';
import { afterScans, throwAwayFound } from './garbage.ts';
import { insertFullPeople, insertLinks } from './link-store.ts';
import { INSERT_SEGMENT_DAYS, type PlacedSegment, segmentDaysJson, segmentValues } from './segment-rows.ts';
import { isFlushCollectedSql, isFlushStoredSql } from './stored-flushes.ts';
import { addUsage } from './usage.ts';

export interface FlushRecord {
  readonly uid: string;
  readonly flush: FlushRef;
  readonly checksum: string;
  readonly tally: Tally;
  readonly corrections: number;
  readonly rollupIds: readonly string[];
  readonly parts: readonly FlushPart[];
  /** Null when the flush accepted nothing: it is an account of rejections only. */
  readonly segment: PlacedSegment | null;
  /** Ids that are one person, as the events of the flush say. */
  readonly links?: readonly Link[];
  /** Names that the events of the flush bring. */
  readonly names?: NamesToKeep;
  readonly nowMs: number;
}

/**
 * Stores one flush: parts, segment, days, links and the flush row, all or nothing.
 *
 * A redelivery does nothing, even if the rows of the first delivery were collected meanwhile. An equal key with another
 * `seqTo` or checksum throws an InvariantError (CORRECTNESS A2).
 */
export async function storeFlush(db: D1Database, record: FlushRecord): Promise<void> {
  const { uid, flush, segment, links = [], names } = record;
  assert(flush.seqTo > flush.seqFrom, `flush [${flush.seqFrom}, ${flush.seqTo}) of ${flush.incarnation} is empty`);
  const statements = [...(names?.statements ?? []), ...partStatements(db, record)];
  if (segment) statements.push(...flushSegmentStatements(db, record, segment));
  if (segment) statements.push(throwAwayUnnamed(db, record, segment));
  statements.push(...insertLinks(db, uid, flush.incarnation, links, flush.seqFrom));
  statements.push(...insertFullPeople(db, uid, links));
  statements.push(usageStatement(db, record), flushStatement(db, record));
  try {
    await db.batch(statements);
    names?.remember();
  } catch (cause) {
    if (!/flushes\.checksum/.test(String(cause))) throw cause;
    const { incarnation, seqFrom, seqTo } = flush;
    throw new InvariantError(
      `flush ${incarnation} [${seqFrom}, ${seqTo}) of ${uid} is stored with another end or checksum`,
      {
        cause,
      },
    );
  }
}

const FLUSH_IS_NEW = `NOT ${isFlushStoredSql('?1', '?2', '?3')}`;

function partStatements(db: D1Database, record: FlushRecord): D1PreparedStatement[] {
  const { uid, flush, checksum, parts } = record;
  const rows = parts.map((part) => ({
    r: part.rollupId,
    k: part.kind ?? 'all',
    c: part.chunk,
    a: dayOf(part.startMsMin),
    z: dayOf(part.startMsMax),
    s: part.startMsMin,
    e: part.startMsMax,
    o: part.overflowed ? 1 : 0,
    b: toBase64(part.cells),
  }));
  return jsonParameters(rows, (row) => row.b.length + 200).map((json) =>
    db
      .prepare(
        `INSERT INTO parts (uid, rollup_id, kind, day_min, incarnation, seq_from, chunk, seq_to, day_max, start_ms_min, start_ms_max, overflowed, corrections, size_bytes, checksum, cells)
         SELECT ?1, j.value ->> 'r', j.value ->> 'k', j.value ->> 'a', ?2, ?3, j.value ->> 'c', ?4, j.value ->> 'z', j.value ->> 's', j.value ->> 'e',
           j.value ->> 'o', ?5, length(j.value ->> 'b'), ?6, j.value ->> 'b'
         FROM json_each(?7) j WHERE ${FLUSH_IS_NEW}`,
      )
      .bind(uid, flush.incarnation, flush.seqFrom, flush.seqTo, record.corrections, checksum, json),
  );
}

function flushSegmentStatements(
  db: D1Database,
  { uid, flush, rollupIds }: FlushRecord,
  segment: PlacedSegment,
): D1PreparedStatement[] {
  const { incarnation, seqFrom, seqTo } = flush;
  return [
    db
      .prepare(
        `INSERT INTO segments (uid, incarnation, seq_from, seq_to, source, path, rollup_ids, row_count, size_bytes, at_min_ms, at_max_ms, content_hash, footer)
         SELECT ?1, ?2, ?3, ?4, 'flush', ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12 WHERE ${FLUSH_IS_NEW}`,
      )
      .bind(uid, incarnation, seqFrom, seqTo, segment.path, JSON.stringify(rollupIds), ...segmentValues(segment)),
    db
      .prepare(`${INSERT_SEGMENT_DAYS} AND ${FLUSH_IS_NEW}`)
      .bind(uid, incarnation, seqFrom, segment.path, segmentDaysJson(segment.encoded)),
  ];
}

/**
 * Throws the segment's object away where the flush is stored and no row names the object: the row was collected or has expired, and
 * a redelivery has just put the object again.
 */
function throwAwayUnnamed(
  db: D1Database,
  { uid, flush, nowMs }: FlushRecord,
  { path }: PlacedSegment,
): D1PreparedStatement {
  const isUnnamed = `${isFlushStoredSql('?3', '?4', '?5')} AND NOT EXISTS (SELECT 1 FROM segments s WHERE s.uid = ?3 AND s.path = ?1)`;
  const values = [uid, flush.incarnation, flush.seqFrom];
  return throwAwayFound(db, `SELECT ?1, ?2 WHERE ${isUnnamed}`, path, afterScans(nowMs), ...values);
}

/** Adds the bytes of the parts and of the segment's row, once. */
function usageStatement(db: D1Database, { uid, flush, parts, segment }: FlushRecord): D1PreparedStatement {
  const cellBytes = parts.reduce((sum, { cells }) => sum + cells.byteLength, 0);
  const footerBytes = segment?.encoded.footer.byteLength ?? 0;
  // Cells and footers are stored as base64.
  const sizeBytes = Math.ceil((4 * (cellBytes + footerBytes)) / 3);
  const condition = `NOT ${isFlushStoredSql('?1', '?3', '?4')}`;
  return addUsage(db, uid, sizeBytes, { condition, values: [flush.incarnation, flush.seqFrom] });
}

/** The last statement of the batch. A conflicting row fails on NOT NULL, so that nothing of the batch stays. */
function flushStatement(
  db: D1Database,
  { uid, flush, checksum, tally, corrections, nowMs }: FlushRecord,
): D1PreparedStatement {
  const { received, accepted, duplicate, quarantined, rejected, clamped } = tally;
  return db
    .prepare(
      `INSERT INTO flushes (uid, incarnation, seq_from, seq_to, checksum, received, accepted, duplicate, quarantined, rejected, corrections, stored_at_ms, clamped)
       SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13 WHERE NOT ${isFlushCollectedSql('?1', '?2', '?3')}
       ON CONFLICT (uid, incarnation, seq_from) DO UPDATE SET checksum = NULL
       WHERE flushes.checksum <> excluded.checksum OR flushes.seq_to <> excluded.seq_to`,
    )
    .bind(
      uid,
      flush.incarnation,
      flush.seqFrom,
      flush.seqTo,
      checksum,
      received,
      accepted,
      duplicate,
      quarantined,
      rejected,
      corrections,
      nowMs,
      clamped,
    );
}
