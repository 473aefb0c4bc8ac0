/**
 * Slice files: the files of flushes that no seal covers and that may have events of a slice of a minute, by their
 * statistics.
 */
import { dayOf } from '../../core/std/day.ts';
import type { TimeRange } from '../../core/std/time-range.ts';
import { unpackFooter } from '../segment/footer.ts';
import { FROM_UNCOVERED } from './uncovered.ts';

export interface SliceFile {
  readonly slice: TimeRange;
  readonly path: string;
  readonly sizeBytes: number;
  readonly source: 'flush';
  readonly incarnation: string;
  readonly seqTo: number;
  /** Rows of the slice's day. */
  readonly rowCount: number;
  /** Read from the object when null. */
  readonly footer: Uint8Array | null;
}

/** Selects the files of a slice, which lies in one day. */
export function selectSliceFiles(db: D1Database, uid: string, { startMs, endMs }: TimeRange): D1PreparedStatement {
  return db
    .prepare(
      `SELECT s.path, s.size_bytes AS sizeBytes, s.source, s.incarnation, s.seq_to AS seqTo, sd.row_count AS rowCount, s.footer
       ${FROM_UNCOVERED} AND sd.day = ?2 AND s.source = 'flush' AND s.at_min_ms < ?4 AND s.at_max_ms >= ?3
       ORDER BY sd.manifest_seq`,
    )
    .bind(uid, dayOf(startMs), startMs, endMs);
}

type SliceFileRow = Omit<SliceFile, 'slice' | 'footer'> & { readonly footer: string | null };

export function sliceFilesOf(slice: TimeRange, { results }: D1Result<unknown>): SliceFile[] {
  return (results as SliceFileRow[]).map((row) => ({
    ...row,
    slice,
    footer: row.footer === null ? null : unpackFooter(row.footer),
  }));
}
