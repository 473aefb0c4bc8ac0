/** SketchTally: the people of each slot, from cells: exact below 1,000 and where a seal counted, else a sketch. */
import { Cell } from '../../rollup/cell.ts';
import type { Value } from './fold.ts';
import type { Slots, Tally } from './grouping.ts';

export class SketchTally implements Tally {
  readonly rowsPerSlot = 8;
  /** Cells of each slot as they came: most slots have one cell, and are only merged for a total. */
  readonly #slots: Cell[][] = [];

  addCell(slot: number, cell: Cell): void {
    const cells = this.#slots[slot];
    if (cells === undefined) this.#slots[slot] = [cell];
    else if (cells.length < CELLS_KEPT_MAX) cells.push(cell);
    else this.#slots[slot] = [mergedCells([...cells, cell])];
  }

  merged(slots: Slots): Value {
    const cells = slots.length === 1 ? this.#slots[slots[0]!]! : Array.from(slots, (slot) => this.#slots[slot]!).flat();
    return peopleOf(cells.length === 1 ? cells[0]! : mergedCells(cells));
  }
}

/**
 * Cells that a slot keeps before it merges them: minutes of a day without interval would else be kept by the thousand.
 */
const CELLS_KEPT_MAX = 16;

function mergedCells(cells: readonly Cell[]): Cell {
  const merged = new Cell(0);
  for (const cell of cells) merged.merge(cell);
  return merged;
}

function peopleOf(cell: Cell): Value {
  return { value: cell.peopleCount(), estimated: !cell.peopleAreExact };
}
