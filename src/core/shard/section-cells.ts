/**
 * Section cells: the accepted events of a block, added to the cells of one rollup by the tuples that the edge has found.
 */
import type { EventBlock } from '../block/block.ts';
import { firstBotTupleOf, type RollupSection } from '../block/block-rollups.ts';
import { isAccepted } from '../block/disposition.ts';
import { LATE_BEYOND } from '../event/columns.ts';
import { botsKey, type RollupCells, tupleKey } from '../rollup/rollup-cells.ts';
import type { TimeRange } from '../std/time-range.ts';
import { windowStart } from './window.ts';

/** A block of the log as one rollup sees it. */
export interface BlockSection {
  readonly block: EventBlock;
  readonly section: RollupSection;
  /** One byte an event. */
  readonly dispositions: Uint8Array;
}

/**
 * Adds the events to the windows of their minutes. With `slices` only their events are added, each to a window that begins
 * where its slice does.
 */
export function addSection(
  cells: RollupCells,
  { block, section, dispositions }: BlockSection,
  slices: readonly TimeRange[] | null,
): void {
  const keys = new Array<string | undefined>(section.tupleCount);
  const found = new Array<ReturnType<RollupCells['cell']> | undefined>(section.tupleCount);
  const firstOfBots = firstBotTupleOf(section);
  let openStartMs = Number.NaN;
  const n = block.eventCount;
  const { at, person, numbers } = block;
  const { tupleOf, numberColumns } = section;
  for (let row = 0; row < n; row++) {
    const disposition = dispositions[row]!;
    const tuple = tupleOf[row]! - 1;
    if (tuple < 0 || !isAccepted(disposition) || disposition & LATE_BEYOND) continue;
    const startMs = slices === null ? windowStart(at[row]!) : sliceStart(slices, at[row]!);
    if (startMs === null) continue;
    if (startMs !== openStartMs) {
      found.fill(undefined);
      openStartMs = startMs;
    }
    let cell = found[tuple];
    if (cell === undefined) {
      keys[tuple] ??= keyOf(tupleTexts(block, section, tuple), tuple >= firstOfBots);
      cell = cells.cell(startMs, keys[tuple]);
      found[tuple] = cell;
    }
    cell.count++;
    const low = person[2 * row]!;
    const high = person[2 * row + 1]!;
    if ((low | high) !== 0) cell.people.add(high, low);
    for (let i = 0; i < numberColumns.length; i++) {
      const value = numbers[numberColumns[i]! * n + row]!;
      if (!Number.isNaN(value)) cell.numbers[i]?.add(value);
    }
  }
}

/** Returns the start of the slice that holds the instant; null when none does. */
export function sliceStart(slices: readonly TimeRange[], atMs: number): number | null {
  for (const { startMs, endMs } of slices) if (atMs >= startMs && atMs < endMs) return startMs;
  return null;
}

function keyOf(texts: readonly (string | null)[], isOfBots: boolean): string {
  const key = tupleKey(texts);
  return isOfBots ? botsKey(key) : key;
}

function tupleTexts(block: EventBlock, section: RollupSection, tuple: number): (string | null)[] {
  const texts = block.strings();
  const values: (string | null)[] = [];
  for (let d = 0; d < section.dimensionCount; d++) {
    const index = section.tuples[tuple * section.dimensionCount + d]!;
    values.push(index === 0 ? null : texts[index - 1]!);
  }
  return values;
}
