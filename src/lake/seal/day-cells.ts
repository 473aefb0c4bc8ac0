/**
 * Day cells: the hour and day cells of every rollup of one sealed day, with exact counts of people.
 *
 * in: the day's rows without copies, sorted by person · out: cells. Because equal persons are neighbours, a cell
 * counts a person when it differs from the last one it saw: an exact distinct count in 12 bytes a cell instead of a set.
 * People ranges are fed one after the other; a person is in one range only.
 *
 * Beyond `LIMITS.windowCellsMax` tuples are counted as `other`, in the order of rows, which depends on the events alone:
 * two seals of the same events are equal.
 */

import type { EventColumns } from '../../core/event/columns.ts';
import { DAY_MS, HOUR_MS } from '../../core/limits.ts';
import type { Cell } from '../../core/rollup/cell.ts';
import type { Rollup } from '../../core/rollup/rollup.ts';
import { RollupCells } from '../../core/rollup/rollup-cells.ts';
import { wordsOf } from '../../core/std/words.ts';
import type { RollupDay } from './rollup-day.ts';
import { RowReader } from './row-reader.ts';
import { RowTuples } from './row-tuples.ts';

/** The last person that a cell saw, and the number of people so far. */
interface PeopleCount {
  high: number;
  low: number;
  exact: number;
}

const HOURS = DAY_MS / HOUR_MS;

/** Events of the day, with what each call that adds some of them reads. */
interface DayBatch {
  /** The words of the persons. */
  readonly words: Uint32Array;
  /** The hour of the day of each row. */
  readonly hours: Uint8Array;
  readonly reader: RowReader;
}

export class DayCells {
  readonly #dayMs: number;
  readonly #rollups: readonly RollupSum[];
  readonly #people: PeopleCount = { high: 0, low: 0, exact: 0 };
  #eventCount = 0;

  constructor(day: number, rollups: readonly Rollup[]) {
    this.#dayMs = day * DAY_MS;
    this.#rollups = rollups.map((rollup) => new RollupSum(rollup, this.#dayMs));
  }

  get eventCount(): number {
    return this.#eventCount;
  }

  /** The exact number of people of the day. */
  get peopleCount(): number {
    return this.#people.exact;
  }

  batchOf(columns: EventColumns): DayBatch {
    const hours = new Uint8Array(columns.rowCount);
    for (let row = 0; row < hours.length; row++) {
      hours[row] = Math.min(HOURS - 1, Math.floor((columns.at[row]! - this.#dayMs) / HOUR_MS));
    }
    return { words: wordsOf(columns.person), hours, reader: new RowReader(columns) };
  }

  /** `rows`: in the order of persons. Rows that follow in that order may be added by further calls. */
  add({ words, hours, reader }: DayBatch, rows: Uint32Array): void {
    for (const row of rows) countPerson(this.#people, words[2 * row + 1]!, words[2 * row]!);
    this.#eventCount += rows.length;
    for (const rollup of this.#rollups) rollup.add(reader, words, hours, rows);
  }

  finish(): RollupDay[] {
    return this.#rollups.map((rollup) => rollup.finish());
  }
}

/** Counts the person and returns true, unless it is the person before or the event has none. */
function countPerson(count: PeopleCount, high: number, low: number): boolean {
  if ((high === count.high && low === count.low) || (high === 0 && low === 0)) return false;
  count.high = high;
  count.low = low;
  count.exact++;
  return true;
}

class RollupSum {
  readonly #rollup: Rollup;
  readonly #tuples: RowTuples;
  readonly #dayMs: number;
  readonly #day: RollupCells;
  readonly #hours: RollupCells;
  readonly #counts = new Map<Cell, PeopleCount>();

  constructor(rollup: Rollup, dayMs: number) {
    this.#rollup = rollup;
    this.#tuples = new RowTuples(rollup);
    this.#dayMs = dayMs;
    this.#day = new RollupCells(rollup.dimensions.length, rollup.numbers.length);
    this.#hours = new RollupCells(rollup.dimensions.length, rollup.numbers.length);
  }

  add(reader: RowReader, words: Uint32Array, hours: Uint8Array, rows: Uint32Array): void {
    for (const row of rows) {
      reader.row = row;
      const key = this.#tuples.keyOf(reader);
      if (key === null) continue;
      const high = words[2 * row + 1]!;
      const low = words[2 * row]!;
      this.#addTo(this.#day.cell(this.#dayMs, key), high, low, reader);
      this.#addTo(this.#hours.cell(this.#dayMs + hours[row]! * HOUR_MS, key), high, low, reader);
    }
  }

  #addTo(cell: Cell, high: number, low: number, reader: RowReader): void {
    cell.count++;
    let people = this.#counts.get(cell);
    if (people === undefined) {
      people = { high: 0, low: 0, exact: 0 };
      this.#counts.set(cell, people);
    }
    if (countPerson(people, high, low)) cell.people.add(high, low);
    this.#tuples.addNumbers(cell, reader);
  }

  finish(): RollupDay {
    // Below 1,000 people the sketch is exact itself.
    for (const [cell, { exact }] of this.#counts) if (!cell.people.isExact) cell.exactPeople = exact;
    return { rollupId: this.#rollup.id, day: this.#day, hours: this.#hours };
  }
}
