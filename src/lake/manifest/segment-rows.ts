/**
 * Segment rows: the tables `segments` and `segment_days` as they are written, in a batch of a flush, an import or a seal.
 */
import { packFooter } from '../segment/footer.ts';
import type { EncodedSegment } from '../segment/segment-write.ts';

/** An encoded segment and where `putSegment` put it. */
export interface PlacedSegment {
  readonly path: string;
  readonly encoded: EncodedSegment;
  /** Of the object that is there; another release may have written it (`PutOutcome`). */
  readonly sizeBytes: number;
  /** The object's bytes are those encoded here, so the footer describes them. */
  readonly isOurs: boolean;
}

/** An L1 file and, where it has events with traits, the file of those. */
export interface PlacedL1 extends PlacedSegment {
  readonly traits: PlacedSegment | null;
}

/** Parameters: uid, incarnation, seqFrom, path, days. The manifest_seq is that of the segment row just written. */
export const INSERT_SEGMENT_DAYS = `INSERT INTO segment_days (uid, day, manifest_seq, row_count, uncounted)
  SELECT s.uid, j.value ->> 'day', s.manifest_seq, j.value ->> 'rowCount', j.value ->> 'uncounted'
  FROM segments s, json_each(?5) j WHERE s.uid = ?1 AND s.path = ?4 AND s.incarnation = ?2 AND s.seq_from = ?3`;

/** The days, as a parameter: a segment may have thousands, and a parameter 2 MB. */
export function segmentDaysJson({ days }: EncodedSegment): string {
  return JSON.stringify(days.map(({ day, rowCount, uncounted }) => ({ day, rowCount, uncounted })));
}

/** row_count, size_bytes, at_min_ms, at_max_ms, content_hash, footer. The footer of other bytes than ours is not kept. */
export function segmentValues({ encoded, sizeBytes, isOurs }: PlacedSegment): (string | number | null)[] {
  const { rowCount, atMinMs, atMaxMs, contentHash, footer } = encoded;
  return [rowCount, sizeBytes, atMinMs, atMaxMs, contentHash, isOurs ? packFooter(footer) : null];
}
