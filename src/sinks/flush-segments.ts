/**
 * Flush segments: the stored flushes of a tenant in the order in which they were stored, for readers with a cursor.
 *
 * The row of a segment is written in the batch that stores its flush, and `manifest_seq` grows from batch to batch. A seal
 * leaves the row in place; expiry removes it, and so does collection once the cursors of all destinations have passed it. A flush
 * without events has no segment.
 */
import type { FlushRef } from '../core/shard/rpc.ts';
import { type Dropped, droppedOf, LAKE_DROPPED, selectDropped } from '../lake/manifest/dropped.ts';

export interface FlushSegment extends FlushRef {
  readonly manifestSeq: number;
  readonly path: string;
  readonly sizeBytes: number;
  /** Days whose events have not been dropped; rows of other days in the file do not count. */
  readonly days: readonly number[];
}

export interface FlushSegments {
  /** Ascending by `manifestSeq`; without those of which every day was dropped. */
  readonly segments: readonly FlushSegment[];
  readonly dropped: Dropped;
}

type FlushSegmentRow = Omit<FlushSegment, 'days'> & { readonly days: string };

/** At most `countMax` segments of flushes beyond a position, and the dropped days at that moment. */
export async function readFlushSegments(
  db: D1Database,
  uid: string,
  afterSeq: number,
  countMax: number,
): Promise<FlushSegments> {
  const [dropped, segments] = await db.batch<unknown>([
    selectDropped(db, uid),
    db
      .prepare(
        `SELECT s.manifest_seq AS manifestSeq, s.path, s.size_bytes AS sizeBytes, s.incarnation, s.seq_from AS seqFrom,
           s.seq_to AS seqTo, json_group_array(sd.day) AS days
         FROM segment_days sd JOIN segments s ON s.manifest_seq = sd.manifest_seq AND s.source = 'flush'
         WHERE sd.uid = ?1 AND sd.manifest_seq > ?2 AND sd.day >= ${LAKE_DROPPED}
         GROUP BY sd.manifest_seq ORDER BY sd.manifest_seq LIMIT ?3`,
      )
      .bind(uid, afterSeq, countMax),
  ]);
  const rows = segments!.results as FlushSegmentRow[];
  return { segments: rows.map((row) => ({ ...row, days: JSON.parse(row.days) })), dropped: droppedOf(dropped!) };
}
