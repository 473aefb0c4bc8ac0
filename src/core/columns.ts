/**
 * EventColumns: a batch of events by column, the common shape of decoded EventBlocks, Parquet segments and lake scans.
 *
 * A reader may ask for some columns only; the others are absent. 64-bit hashes are BigInt64Array, seen as (low, high)
 * pairs of 32 bits through a Uint32Array view on hot paths; 0 means "no person".
 */
import type { StringColumn } from './event.ts';

export interface EventColumns {
  readonly rowCount: number;
  readonly at: Float64Array;
  readonly receivedAt: Float64Array;
  readonly person: BigInt64Array;
  readonly keyHash: BigInt64Array;
  /** 0, or bits of `LATE_*`. */
  readonly late: Uint8Array;
  readonly strings: { readonly [column in StringColumn]?: readonly (string | null)[] };
}

/** The event's window was closed when it came: counted as a correction. */
export const LATE_CORRECTION = 1;
/** Older than the allowed lateness (or than the dedupe horizon): in no part, counted by the seal only. */
export const LATE_BEYOND = 2;
/** Came from an import: in no part, counted by the seal only. */
export const LATE_IMPORT = 4;
/** Event time was clamped from the future. */
export const FLAG_CLAMPED = 8;
