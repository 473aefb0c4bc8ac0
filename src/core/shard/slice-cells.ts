/**
 * Slice cells: the cells of the events of a slice of a minute, which a shard has not stored yet.
 *
 * A flush holds cells of whole minutes, so the blocks of its range are read back from the log; a flush without events of
 * such a minute is passed over.
 */
import type { EventBlock } from '../block/block.ts';
import { encodeRollupCells } from '../rollup/cell-codec.ts';
import { RollupCells } from '../rollup/rollup-cells.ts';
import type { TimeRange } from '../std/time-range.ts';
import { addSection } from './section-cells.ts';
import { windowStart } from './window.ts';

/** The blocks of one row of the log, with the decision on each of their events. */
interface LoggedRow {
  readonly blocks: readonly EventBlock[];
  readonly dispositions: readonly Uint8Array[];
}
/** Reads rows [seqFrom, seqTo) of the log. */
export type ReadLog = (seqFrom: number, seqTo: number) => Iterable<LoggedRow>;

interface Flush {
  readonly seqFrom: number;
  readonly seqTo: number;
  readonly cells: ReadonlyMap<string, RollupCells>;
}

/** Returns encoded RollupCells, each window beginning where its slice does. Each slice lies within one minute. */
export function sliceCells(
  flushes: readonly Flush[],
  { rollupId, slices }: { readonly rollupId: string; readonly slices: readonly TimeRange[] },
  readLog: ReadLog,
): Uint8Array[] {
  let cells: RollupCells | null = null;
  for (const flush of flushes) {
    const windows = flush.cells.get(rollupId)?.windows;
    const touched = slices.filter(({ startMs }) => windows?.has(windowStart(startMs)));
    if (touched.length === 0) continue;
    for (const { blocks, dispositions } of readLog(flush.seqFrom, flush.seqTo)) {
      for (const [i, block] of blocks.entries()) {
        const section = block.rollups.find(({ id }) => id === rollupId);
        if (section === undefined) continue;
        cells ??= new RollupCells(section.dimensionCount, section.numberColumns.length);
        addSection(cells, { block, section, dispositions: dispositions[i]! }, touched);
      }
    }
  }
  return cells === null ? [] : encodeRollupCells(cells);
}
