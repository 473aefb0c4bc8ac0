/**
 * Merge cells: the cells of a day's people ranges → those of the day.
 *
 * Ranges divide the people, so exact counts of people add up, where a union of sketches would estimate. Ranges are merged in
 * their order, so that the plan alone decides which tuples go to `other` beyond the cap.
 */
import type { Cell } from '../../core/rollup/cell.ts';
import { decodeRollupCells, encodeRollupCells } from '../../core/rollup/cell-codec.ts';
import type { Rollup } from '../../core/rollup/rollup.ts';
import { RollupCells } from '../../core/rollup/rollup-cells.ts';
import type { CellRow } from '../manifest/cells.ts';

/** Adds up one rollup and grain. */
class Merge {
  readonly #cells: RollupCells;
  /** The exact count of people; null when a range was merged into the cell twice, so that people may be in it twice. */
  readonly #exact = new Map<Cell, number | null>();

  constructor(rollup: Rollup) {
    this.#cells = new RollupCells(rollup.dimensions.length, rollup.numbers.length);
  }

  get cells(): RollupCells {
    return this.#cells;
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

  finish(): void {
    for (const [cell, exact] of this.#exact) {
      if (exact === null) continue;
      cell.peopleFloor = 0;
      cell.exactPeople = cell.people.isExact ? null : exact;
    }
  }
}

/** `rangeCells` gives the cells of a range; ranges are asked for one after the other, so that few cells are held. */
export async function mergeCells(
  rollups: readonly Rollup[],
  rangeCount: number,
  rangeCells: (range: number) => Promise<readonly CellRow[]>,
): Promise<CellRow[]> {
  const merges = rollups.flatMap((rollup) =>
    (['day', 'hour'] as const).map((grain) => ({ rollup, grain, merge: new Merge(rollup) })),
  );
  for (let range = 0; range < rangeCount; range++) {
    const rows = await rangeCells(range);
    for (const { rollup, grain, merge } of merges) {
      merge.add(rows.filter((row) => row.rollupId === rollup.id && row.grain === grain));
    }
  }
  return merges.flatMap(({ rollup, grain, merge }) => {
    merge.finish();
    const { overflowed } = merge.cells;
    return encodeRollupCells(merge.cells, { sharesPeople: true }).map(
      (cells, chunk): CellRow => ({ rollupId: rollup.id, grain, chunk, overflowed, cells }),
    );
  });
}
