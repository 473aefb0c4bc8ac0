/**
 * Segment rows: the writes to the tables `segments` and `segment_days`, in a batch of a flush, an import or a seal.
 */
import { LAKE_COLUMNS } from '../../core/event/lake-columns.ts';
import { hashHex } from '../../core/std/hash.ts';
import { packFooter } from '../segment/footer.ts';
import type { EncodedSegment } from '../segment/segment-write.ts';
import { IS_NOT_OVERTAKEN } from './sealed-days.ts';

/** An encoded segment and where `putSegment` put it. */
export interface PlacedSegment {
  readonly path: string;
  readonly encoded: EncodedSegment;
  /** Size of the object that is there; another release may have written it (`PutOutcome`). */
  readonly sizeBytes: number;
  /** The object's bytes are those encoded here, so the footer describes them. */
  readonly isOurs: boolean;
}

/** An L1 file and, where it has events with traits, the file of those. */
export interface PlacedL1 extends PlacedSegment {
  readonly traits: PlacedSegment | null;
}

/** Parameters: uid, incarnation, seqFrom, path, days. Takes the manifest_seq of the segment row just written. */
export const INSERT_SEGMENT_DAYS = `INSERT INTO segment_days (uid, day, manifest_seq, row_count, uncounted, undecided)
  SELECT s.uid, j.value ->> 'day', s.manifest_seq, j.value ->> 'rowCount', j.value ->> 'uncounted', j.value ->> 'undecided'
  FROM segments s, json_each(?5) j WHERE s.uid = ?1 AND s.path = ?4 AND s.incarnation = ?2 AND s.seq_from = ?3`;

/** The days as one parameter: a segment may have thousands of days, and a parameter 2 MB. */
export function segmentDaysJson({ days }: EncodedSegment): string {
  return JSON.stringify(
    days.map(({ day, rowCount, uncounted, undecided }) => ({ day, rowCount, uncounted, undecided })),
  );
}

/** Values of row_count, size_bytes, at_min_ms, at_max_ms, content_hash, footer; no footer when it describes other bytes. */
export function segmentValues({ encoded, sizeBytes, isOurs }: PlacedSegment): (string | number | null)[] {
  const { rowCount, atMinMs, atMaxMs, contentHash, footer } = encoded;
  return [rowCount, sizeBytes, atMinMs, atMaxMs, contentHash, isOurs ? packFooter(footer) : null];
}

/** The revision of a day that a seal writes. */
export interface Revision {
  readonly uid: string;
  readonly day: number;
  readonly revision: number;
}

/**
 * The hash of all columns that this release knows. A sealed file with another one may lack a column of the files that it was
 * made from: those stay.
 */
export const COLUMNS_HASH = hashHex(LAKE_COLUMNS.join());

/** The row of an L1 file. No reader sees it before the day is flipped to the revision. May be written twice. */
export function insertL1(
  db: D1Database,
  { uid, day, revision }: Revision,
  planHash: string,
  segment: PlacedL1,
): D1PreparedStatement {
  const [traitsRows, traitsSizeBytes, , , , traitsFooter] = segment.traits
    ? segmentValues(segment.traits)
    : [0, 0, 0, 0, 0, null];
  const traits = [traitsRows!, traitsSizeBytes!, traitsFooter ?? null];
  return db
    .prepare(
      `INSERT INTO segments (uid, day, revision, source, path, incarnation, seq_from, seq_to, row_count, size_bytes, at_min_ms, at_max_ms, content_hash, footer, traits_rows, traits_size_bytes, traits_footer, columns_hash)
       SELECT ?1, ?2, ?3, 'seal', ?4, ?5, 0, 0, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15
       WHERE ${IS_NOT_OVERTAKEN} ON CONFLICT DO NOTHING`,
    )
    .bind(uid, day, revision, segment.path, planHash, ...segmentValues(segment), ...traits, COLUMNS_HASH);
}
