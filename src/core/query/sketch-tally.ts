/** SketchTally: the people of each slot, from cells: exact below 1,000 and where a seal counted, else a sketch. */
import { Cell } from '../cell.ts';
import type { Value } from './fold.ts';
import type { Tally } from './grouping.ts';

export class SketchTally implements Tally {
  readonly #slots: Cell[] = [];

  addCell(slot: number, cell: Cell): void {
    let people = this.#slots[slot];
    if (people === undefined) {
      people = new Cell(0);
      this.#slots[slot] = people;
    }
    people.merge(cell);
  }

  merged(slots: readonly number[]): Value {
    if (slots.length === 1) return peopleOf(this.#slots[slots[0]!]!);
    const together = new Cell(0);
    for (const slot of slots) together.merge(this.#slots[slot]!);
    return peopleOf(together);
  }
}

function peopleOf(cell: Cell): Value {
  return { value: cell.peopleCount(), estimated: !cell.peopleAreExact };
}
