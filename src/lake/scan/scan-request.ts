/**
 * Scan request: the input of a scan, the batches that it hands to its caller, and the ways in which it ends.
 */
import type { EventColumns } from '../../core/event/columns.ts';
import type { HashKey } from '../../core/std/hash.ts';
import type { KeptColumns } from '../segment/kept-columns.ts';
import type { People, PersonRange } from '../segment/people-bounds.ts';
import type { LakeColumn } from '../segment/segment-schema.ts';
import type { ReadBucket } from '../segment/source.ts';
import type { Copies } from './copies.ts';
import type { RowBudget } from './row-budget.ts';

export interface ScanSegment {
  readonly path: string;
  readonly sizeBytes: number;
  readonly source: 'flush' | 'import' | 'seal';
  readonly incarnation: string;
  readonly seqFrom: number;
  /** Days for which this segment's rows count: those that no seal covers; for a seal, its own day. */
  readonly days: readonly { readonly day: number; readonly rowCount: number }[];
  /** Read from the object when null or absent. */
  readonly footer?: Uint8Array | null;
  /** The whole file as the manifest lists it. Absent where the caller does not know it. */
  readonly file?: ScanFile;
}

/** A file with its rows of all days, those that do not count among them. */
export interface ScanFile {
  readonly manifestSeq: number;
  readonly rowCount: number;
  readonly atMinMs: number;
  readonly atMaxMs: number;
}

/** Events of a shard that are not stored yet, with the columns wanted, id and sender. */
export interface ScanTail {
  readonly columns: EventColumns;
  readonly incarnation: string;
  readonly seqFrom: number;
}

export interface ScanRequest {
  readonly bucket: ReadBucket;
  /** The tenant's key, by which ids are compared. null when all segments are seals, which have no copies. */
  readonly hashKey: HashKey | null;
  readonly segments: readonly ScanSegment[];
  readonly tails: readonly ScanTail[];
  readonly startMs: number;
  readonly endMs: number;
  readonly wanted: ReadonlySet<LakeColumn>;
  /** `properties` is wanted only to know these: a segment with a column for each of them is read without the JSON. */
  readonly properties?: ReadonlySet<string>;
  /** Only rows of these people. Their ids are compared with everyone's, wherever no seal covers the day. */
  readonly people?: People;
  /**
   * Asked before each reading of a sealed file: row groups without any of these people are left out. For a scan that finds
   * on its way that it wants fewer than `people`, null while it wants them all; rows are not filtered by it.
   */
  readonly narrowed?: () => PersonRange | null;
  /**
   * The further copies of each day, shared by repeated scans of one view, each for some of its people. The first scan
   * compares the ids of all people and fills it; later scans reuse it.
   */
  readonly copies?: CopiesByDay;
  /** Most rows that may be touched. Default: `LIMITS.scanRowsMax`. */
  readonly rowsMax?: number;
  /** Decoded columns of earlier readings. Absent: every column is read from its file. */
  readonly kept?: KeptColumns;
  /**
   * Whether days whose rows are of one shard, and hold no copies as far as the shard remembers, are read without comparing
   * ids (file-facts.ts). Default: false.
   */
  readonly trustsShards?: boolean;
  /** Pays for each row of a segment that is read, also when it is read again. */
  readonly budget?: RowBudget;
}

export type CopiesByDay = Map<number, Copies>;

/**
 * Gets a batch, the rows of it that count (ascending), and their day. The column `at` is always there, others at least as
 * wanted. Days come in ascending order; within a day the order of rows is not defined. The answer 'stop' ends the scan.
 */
export type OnBatch = (
  batch: EventColumns,
  rows: Uint32Array,
  day: number,
  // biome-ignore lint/suspicious/noConfusingVoidType: a caller that never stops returns nothing
) => 'stop' | void | Promise<'stop' | void>;

export interface ScanTotals {
  /** Rows that were delivered to the caller. */
  readonly eventCount: number;
  /** Rows that the scan covers: those of the segments' days and of the tails, within the days of the range. */
  readonly scannedRowCount: number;
  /** Further copies left out, in the days of the range. */
  readonly duplicateCount: number;
  /** Present when the caller stopped the scan: later rows were neither delivered nor compared. */
  readonly isStopped?: true;
}

/**
 * The reason for which a scan is refused. With 'budget-spent' some rows may have been delivered; otherwise nothing was
 * read.
 */
export interface ScanTooLarge {
  /** The scan would touch too many rows; or compare too many rows of one day; or it has read too many. */
  readonly code: 'scan-too-large' | 'day-too-mixed' | 'budget-spent';
  readonly rowCount: number;
  readonly rowsMax: number;
}
