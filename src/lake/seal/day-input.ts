/**
 * Day input: the rows of one day in the segments a plan names, in the order that decides between copies.
 *
 * Rows are numbered from 0 through all inputs, the same whatever columns or people are read, so that a result about a
 * row in one reading can be used in another.
 */
import type { EventColumns } from '../../core/event/columns.ts';
import type { PersonRange } from '../segment/people-bounds.ts';
import { type OpenSegment, type SegmentCache, WHOLE_SIZE_BYTES_MAX } from '../segment/segment-cache.ts';
import { readRowGroups } from '../segment/segment-read.ts';
import type { LakeColumn } from '../segment/segment-schema.ts';
import { READS_AT_ONCE } from '../std/read-ahead.ts';
import type { DayInput } from './plan.ts';

export interface DayBatch {
  readonly columns: EventColumns;
  /** Number of its first row. */
  readonly firstRow: number;
}

/** Segments opened with one look into the manifest: some 13 KB of footer each. */
const OPENED_AT_ONCE = 24;
/** Rows that are read ahead of their turn, about 1 KB each. A bigger file is read by itself, row group by row group. */
const AHEAD_ROWS_MAX = 5_000;

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
  const groupsOf = ({ source, footer }: OpenSegment) =>
    readRowGroups(source, { columns, days, footer, ...(people && { people }) });
  let first = 0;
  for (let at = 0; at < inputs.length; at += OPENED_AT_ONCE) {
    const listed = inputs.slice(at, at + OPENED_AT_ONCE);
    const opened = await cache.openAll(listed, isWhole);
    for (const { from, to } of waves(listed)) {
      const isAlone = to === from + 1;
      const wave = opened.slice(from, to);
      // Small files are read side by side: one after the other their latencies would add up.
      const read = isAlone ? wave.map(groupsOf) : await Promise.all(wave.map((each) => allOf(groupsOf(each))));
      for (const [index, groups] of read.entries()) {
        for await (const group of groups) yield { columns: group.columns, firstRow: first + group.firstRow };
        first += listed[from + index]!.rowCount;
      }
    }
  }
}

/** Stretches of neighbours that are read at once: few files, and few rows unless it is one file. */
function waves(inputs: readonly DayInput[]): { readonly from: number; to: number }[] {
  const found: { readonly from: number; to: number }[] = [];
  let rows = 0;
  for (const [index, { rowCount }] of inputs.entries()) {
    const last = found.at(-1);
    rows += rowCount;
    if (last !== undefined && rows <= AHEAD_ROWS_MAX && index - last.from < READS_AT_ONCE) last.to = index + 1;
    else {
      found.push({ from: index, to: index + 1 });
      rows = rowCount;
    }
  }
  return found;
}

async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
