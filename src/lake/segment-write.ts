/**
 * Segment writer: EventColumns → one Parquet file in memory.
 *
 * L0 (one flush or import chunk): rows by (day, person, at, received_at); a row group never crosses a day, so sealing a
 * day reads only its row groups. L1 (one sealed day and bucket): rows by (person, at, received_at, id).
 */
import type { EventColumns } from '../core/columns.ts';

export type SegmentOrder = 'l0' | 'l1';

/** Rows of one day in a segment, for the manifest. */
export interface SegmentDay {
  /** Days since the epoch, UTC. */
  readonly day: number;
  readonly rowCount: number;
  /** Rows that are in no part: imports, and events beyond the allowed lateness. */
  readonly uncounted: number;
  readonly rowGroupFrom: number;
  /** Exclusive. */
  readonly rowGroupTo: number;
}

export interface EncodedSegment {
  readonly bytes: Uint8Array;
  readonly rowCount: number;
  readonly atMinMs: number;
  readonly atMaxMs: number;
  /** Ascending. */
  readonly days: readonly SegmentDay[];
  /** 64 hex digits: SHA-256 of the content, independent of the compressor (CORRECTNESS C2). */
  readonly contentHash: string;
  /** The end of the file from the Parquet metadata on; `packFooter` makes it a manifest text. */
  readonly footer: Uint8Array;
}

/** Throws InvariantError on an empty batch. */
export function encodeSegment(_columns: EventColumns, _options: { readonly order: SegmentOrder }): EncodedSegment {
  throw new Error('not yet');
}
