/**
 * Merge cells: the cells of a day's buckets → those of the day.
 *
 * Buckets divide the people, so exact counts of people add up, where a union of sketches would estimate. Buckets are merged
 * in their order: what goes to `other` beyond the cap depends on the plan alone.
 */

import type { Cell } from '../../core/rollup/cell.ts';
import { decodeRollupCells, encodeRollupCells } from '../../core/rollup/cell-codec.ts';
import type { Rollup } from '../../core/rollup/rollup.ts';
import { RollupCells } from '../../core/rollup/rollup-cells.ts';
import type { CellRow } from '../manifest/cells.ts';

/** Adds up one rollup and grain. */
class Merge {
  readonly #cells: RollupCells;
  /** Null: some bucket was merged twice into it, so that people may be in it twice. */
  readonly #exact = new Map<Cell, number | null>();

  constructor(rollup: Rollup) {
    this.#cells = new RollupCells(rollup.dimensions.length, rollup.numbers.length);
  }

  get cells(): RollupCells {
    return this.#cells;
  }

  /** All chunks of one bucket. */
  add(chunks: readonly CellRow[]): void {
    const met = new Set<Cell>();
    for (const { cells, overflowed } of chunks) {
      for (const [startMs, window] of decodeRollupCells(cells).windows) {
        for (const [key, cell] of window) this.#merge(this.#cells.cell(startMs, key), cell, met);
      }
      if (overflowed) this.#cells.overflowed = true;
    }
  }

  #merge(target: Cell, cell: Cell, met: Set<Cell>): void {
    const known = this.#exact.get(target);
    const exact = known === null || met.has(target) || !cell.peopleAreExact ? null : (known ?? 0) + cell.peopleCount();
    met.add(target);
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

/** `buckets`: gives the cells of one bucket after the other; asked for once a rollup and grain, so that few are held. */
export async function mergeCells(
  rollups: readonly Rollup[],
  bucketCount: number,
  bucketCells: (bucket: number) => Promise<readonly CellRow[]>,
): Promise<CellRow[]> {
  const merges = rollups.flatMap((rollup) =>
    (['day', 'hour'] as const).map((grain) => ({ rollup, grain, merge: new Merge(rollup) })),
  );
  for (let bucket = 0; bucket < bucketCount; bucket++) {
    const rows = await bucketCells(bucket);
    for (const { rollup, grain, merge } of merges) {
      merge.add(rows.filter((row) => row.rollupId === rollup.id && row.grain === grain));
    }
  }
  return merges.flatMap(({ rollup, grain, merge }) => {
    merge.finish();
    const { overflowed } = merge.cells;
    return encodeRollupCells(merge.cells).map(
      (cells, chunk): CellRow => ({ rollupId: rollup.id, grain, chunk, overflowed, cells }),
    );
  });
}
