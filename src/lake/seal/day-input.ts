/**
 * Day input: the rows of one day in the segments a plan names, in the order that decides between copies.
 *
 * Rows are numbered from 0 through all inputs, the same whatever columns or people are read, so that a result about a
 * row in one reading can be used in another.
 */
import type { EventColumns } from '../../core/event/columns.ts';
import type { PersonRange } from '../segment/people-bounds.ts';
import { type SegmentCache, WHOLE_SIZE_BYTES_MAX } from '../segment/segment-cache.ts';
import { readRowGroups } from '../segment/segment-read.ts';
import type { LakeColumn } from '../segment/segment-schema.ts';
import type { DayInput } from './plan.ts';

export interface DayBatch {
  readonly columns: EventColumns;
  /** Number of its first row. */
  readonly firstRow: number;
}

/** `people`: only row groups that may hold some of them. */
export async function* readDay(
  day: number,
  inputs: readonly DayInput[],
  columns: ReadonlySet<LakeColumn>,
  cache: SegmentCache,
  people?: PersonRange,
): AsyncGenerator<DayBatch> {
  const days = new Set([day]);
  const isWhole = inputs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) <= WHOLE_SIZE_BYTES_MAX;
  let first = 0;
  for (const { path, sizeBytes, rowCount } of inputs) {
    const { source, footer } = await cache.open(path, sizeBytes, isWhole);
    const options = { columns, days, footer, ...(people && { people }) };
    for await (const group of readRowGroups(source, options)) {
      yield { columns: group.columns, firstRow: first + group.firstRow };
    }
    first += rowCount;
  }
}
