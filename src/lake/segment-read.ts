/**
 * Segment reader: Parquet → EventColumns, one batch a row group, only the columns and row groups asked for.
 *
 * Numeric columns that were not asked for are empty arrays; text columns are absent.
 */
import type { EventColumns } from '../core/columns.ts';
import type { LakeColumn } from './segment-schema.ts';
import type { SegmentSource } from './source.ts';

export interface ReadOptions {
  readonly columns: ReadonlySet<LakeColumn>;
  /** Only row groups of these days (since the epoch, UTC). */
  readonly days?: ReadonlySet<number>;
  /** Only row groups that may hold an event of [startMs, endMs); rows are not filtered. */
  readonly startMs?: number;
  readonly endMs?: number;
  /** As the writer returned it; read from the source when absent. */
  readonly footer?: Uint8Array;
}

// biome-ignore lint/correctness/useYield: skeleton
export async function* readSegment(_source: SegmentSource, _options: ReadOptions): AsyncGenerator<EventColumns> {
  throw new Error('not yet');
}
