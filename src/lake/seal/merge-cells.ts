/**
 * Merge cells: the cells of a day's people ranges → those of the day.
 *
 * Ranges divide the people, so exact counts of people add up, where a union of sketches would estimate. Ranges are merged in
 * their order, so that the plan alone decides which tuples go to `other` beyond the cap.
 */
import type { Cell } from '../../core/rollup/cell.ts';
import { decodeRollupCells } from '../../core/rollup/cell-codec.ts';
import type { Rollup } from '../../core/rollup/rollup.ts';
import { RollupCells } from '../../core/rollup/rollup-cells.ts';
import type { CellRow } from '../manifest/cells.ts';
import type { RollupDay } from './rollup-day.ts';

/** Adds up one rollup and grain. */
class Merge {
  readonly #cells: RollupCells;
  /** The exact count of people; null when a range was merged into the cell twice, so that people may be in it twice. */
  readonly #exact = new Map<Cell, number | null>();

  constructor(rollup: Rollup) {
    this.#cells = new RollupCells(rollup.dimensions.length, rollup.numbers.length);
  }

  /** Adds all chunks of one range. */
  add(chunks: readonly CellRow[]): void {
    const merged = new Set<Cell>();
    for (const { cells, overflowed } of chunks) {
      for (const [startMs, window] of decodeRollupCells(cells).windows) {
        for (const [key, cell] of window) this.#merge(this.#cells.cell(startMs, key), cell, merged);
      }
      if (overflowed) this.#cells.overflowed = true;
    }
  }

  #merge(target: Cell, cell: Cell, merged: Set<Cell>): void {
    const known = this.#exact.get(target);
    const exact =
      known === null || merged.has(target) || !cell.peopleAreExact ? null : (known ?? 0) + cell.peopleCount();
    merged.add(target);
    this.#exact.set(target, exact);
    target.merge(cell);
  }

  finish(): RollupCells {
    for (const [cell, exact] of this.#exact) {
      if (exact === null) continue;
      cell.peopleFloor = 0;
      cell.exactPeople = cell.people.isExact ? null : exact;
    }
    return this.#cells;
  }
}

/** `rangeCells` gives the cells of a range; ranges are asked for one after the other, so that few cells are held. */
export async function mergeCells(
  rollups: readonly Rollup[],
  rangeCount: number,
  rangeCells: (range: number) => Promise<readonly CellRow[]>,
): Promise<RollupDay[]> {
  const merges = rollups.map((rollup) => ({ rollupId: rollup.id, day: new Merge(rollup), hour: new Merge(rollup) }));
  for (let range = 0; range < rangeCount; range++) {
    const rows = await rangeCells(range);
    for (const merge of merges) {
      const ofRollup = rows.filter((row) => row.rollupId === merge.rollupId);
      for (const grain of ['day', 'hour'] as const) merge[grain].add(ofRollup.filter((row) => row.grain === grain));
    }
  }
  return merges.map(({ rollupId, day, hour }) => ({ rollupId, day: day.finish(), hours: hour.finish() }));
}
