/**
 * Scan: the events of a time range from segments and tails, day by day, de-duplicated (CORRECTNESS B7): of the copies of
 * one (id, key_hash) the survivor is the least (received_at, incarnation, seqFrom, row order).
 *
 * A day that comes from L1 segments alone was de-duplicated by its seal and is streamed as it is. Any other day is read
 * twice: first ids, then what is wanted of the survivors; so memory is bounded by the ids of one day.
 */
import type { EventColumns } from '../core/columns.ts';
import type { Result } from '../core/result.ts';
import type { LakeColumn } from './segment-schema.ts';
import type { ReadBucket } from './source.ts';

export interface ScanSegment {
  readonly path: string;
  readonly sizeBytes: number;
  readonly source: 'flush' | 'import' | 'seal';
  readonly incarnation: string;
  readonly seqFrom: number;
  /** Days of which this segment's rows count: those in its manifest rows that no seal covers; of a seal, its own day. */
  readonly days: readonly { readonly day: number; readonly rowCount: number }[];
  /** Absent: read from the object. */
  readonly footer?: Uint8Array;
}

/** Events of a shard that are not stored yet; all columns that are wanted, and id, key_hash. */
export interface ScanTail {
  readonly columns: EventColumns;
  readonly incarnation: string;
  readonly seqFrom: number;
}

export interface ScanRequest {
  readonly bucket: ReadBucket;
  readonly segments: readonly ScanSegment[];
  readonly tails: readonly ScanTail[];
  readonly startMs: number;
  readonly endMs: number;
  readonly wanted: ReadonlySet<LakeColumn>;
  /** Most rows to be touched; default LIMITS.scanRowsMax. */
  readonly rowsMax?: number;
}

export interface ScanTotals {
  /** Rows delivered. */
  readonly eventCount: number;
  /** Rows of the segments' days and tails that were looked at. */
  readonly scannedRowCount: number;
  /** Copies left out. */
  readonly duplicateCount: number;
}
/** The scan would touch more rows than allowed; nothing was read. */
export interface ScanTooLarge {
  readonly code: 'scan-too-large';
  readonly rowCount: number;
  readonly rowsMax: number;
}

/**
 * A batch, the rows of it that count (ascending), and their day. `at` is always there; other columns as wanted.
 * Days come in ascending order; within a day the order of rows is not defined.
 */
export type OnBatch = (batch: EventColumns, rows: Uint32Array, day: number) => void;

export async function scan(_request: ScanRequest, _onBatch: OnBatch): Promise<Result<ScanTotals, ScanTooLarge>> {
  throw new Error('not yet');
}
