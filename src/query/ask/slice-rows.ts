/**
 * Slice rows: the stored events of slices of minutes, counted into cells as a shard counts its own.
 *
 * Events that are in no cell (imports, and those beyond the allowed lateness) are left out here too: a question counts the
 * same events whether its bounds are on a minute or cut one. Copies are as rare as in cells, and are not looked for.
 */
import { type EventColumns, LATE_BEYOND } from '../../core/event/columns.ts';
import { LIMITS } from '../../core/limits.ts';
import type { Rollup } from '../../core/rollup/rollup.ts';
import { RollupCells } from '../../core/rollup/rollup-cells.ts';
import { dayOf } from '../../core/std/day.ts';
import type { TimeRange } from '../../core/std/time-range.ts';
import { wordsOf } from '../../core/std/words.ts';
import type { RangeReading } from '../../lake/manifest/range.ts';
import type { SliceFile } from '../../lake/manifest/slice-files.ts';
import { RowReader } from '../../lake/seal/row-reader.ts';
import { RowTuples } from '../../lake/seal/row-tuples.ts';
import { readSegment } from '../../lake/segment/segment-read.ts';
import type { LakeColumn } from '../../lake/segment/segment-schema.ts';
import { type ReadBucket, r2Source } from '../../lake/segment/source.ts';
import { Pacer } from '../../lake/std/pacer.ts';
import { readAhead } from '../../lake/std/read-ahead.ts';
import { type Coverage, isCounted } from '../view/coverage.ts';

/** The events of slices: a window for each slice, which begins where the slice does. */
export interface SliceRows {
  readonly cells: RollupCells;
  readonly scannedEvents: number;
}

/** The files whose rows count. Of a void day none does: all of its rows are pending. */
export function countingFiles(
  { sliceFiles, voidDays }: Pick<RangeReading, 'sliceFiles' | 'voidDays'>,
  coverage: Coverage,
): SliceFile[] {
  return sliceFiles.filter((file) => isCounted(coverage, file) && !voidDays.has(dayOf(file.slice.startMs)));
}

/** null when the files have more rows than one question may read. */
export async function readSliceRows(
  lake: ReadBucket,
  rollup: Rollup,
  files: readonly SliceFile[],
): Promise<SliceRows | null> {
  if (files.reduce((sum, { rowCount }) => sum + rowCount, 0) > LIMITS.scanRowsMax) return null;
  const cells = new RollupCells(rollup.dimensions.length, rollup.numbers.length);
  const tuples = new RowTuples(rollup);
  const pacer = new Pacer();
  let scannedEvents = 0;
  for await (const { slice, batches } of readAhead(files, (file) => readFile(lake, tuples, file))) {
    for (const columns of batches) {
      addRows(cells, tuples, columns, slice);
      scannedEvents += columns.rowCount;
      await pacer.spend(columns.rowCount);
    }
  }
  return { cells, scannedEvents };
}

/** The row groups of the file that may have events of its slice. */
async function readFile(lake: ReadBucket, { columns, properties }: RowTuples, file: SliceFile) {
  const { slice, path, sizeBytes, footer } = file;
  const batches: EventColumns[] = [];
  const options = {
    columns: new Set<LakeColumn>([...columns, 'at', 'late', 'person']),
    days: new Set([dayOf(slice.startMs)]),
    ...slice,
    ...(properties && { properties }),
    ...(footer && { footer }),
  };
  for await (const batch of readSegment(r2Source(lake, path, sizeBytes), options)) batches.push(batch);
  return { slice, batches };
}

function addRows(cells: RollupCells, tuples: RowTuples, columns: EventColumns, { startMs, endMs }: TimeRange): void {
  const { at, late, rowCount } = columns;
  const people = wordsOf(columns.person);
  const reader = new RowReader(columns);
  for (let row = 0; row < rowCount; row++) {
    if (at[row]! < startMs || at[row]! >= endMs || late[row]! & LATE_BEYOND) continue;
    reader.row = row;
    const key = tuples.keyOf(reader);
    if (key === null) continue;
    const cell = cells.cell(startMs, key);
    cell.count++;
    const low = people[2 * row]!;
    const high = people[2 * row + 1]!;
    if ((low | high) !== 0) cell.people.add(high, low);
    tuples.addNumbers(cell, reader);
  }
}
