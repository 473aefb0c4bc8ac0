/**
 * RollupCells: the cells of one rollup, by window and dimension tuple.
 *
 * A window holds at most `windowCellsMax` tuples; what comes after them is counted in its OTHER cell and `overflowed` is
 * set. So totals stay exact, while which tuples are named may depend on the order of arrival, until the seal.
 */

import { LIMITS } from '../limits.ts';
import { Cell } from './cell.ts';

/** Ends each value of a tuple's key; a value that holds it, or another of these characters, is escaped. */
const END = '\u0001';
const ESCAPE = '\u0002';
const NULL = '\u0000';

/** Key of the cell of the tuples beyond the cap. No tuple has it: a tuple's key is empty or ends in U+0001. */
export const OTHER_KEY = `${ESCAPE}other`;

/** One string for a tuple of dimension values, another for any other tuple: null, '' and no value at all differ. */
export function tupleKey(values: readonly (string | null)[]): string {
  let key = '';
  for (let at = 0; at < values.length; at++) {
    const value = values[at]!;
    key += value === null ? NULL + END : escaped(value) + END;
  }
  return key;
}

/** The tuple of a key. Not for OTHER_KEY, which has none. */
export function tupleValues(key: string): (string | null)[] {
  const values = key.split(END);
  values.pop();
  return values.map((value) => (value === NULL ? null : unescaped(value)));
}

/** About what a cell takes in memory: itself with its place in the map, and each of its numbers with its sketch. */
const CELL_SIZE_BYTES = 450;
const NUMBER_SIZE_BYTES = 250;

export class RollupCells {
  readonly dimensionCount: number;
  readonly numberCount: number;
  readonly windowCellsMax: number;
  /** Some tuple was counted under OTHER. */
  overflowed = false;
  #cellCount = 0;
  #sizeBytes = 0;
  readonly #windows = new Map<number, Map<string, Cell>>();
  // Events come in runs of the same window.
  #lastStartMs = Number.NaN;
  #lastWindow = new Map<string, Cell>();

  constructor(dimensionCount: number, numberCount: number, windowCellsMax: number = LIMITS.windowCellsMax) {
    this.dimensionCount = dimensionCount;
    this.numberCount = numberCount;
    this.windowCellsMax = windowCellsMax;
  }

  /** By start of the window, then tuple key, in no order. */
  get windows(): ReadonlyMap<number, ReadonlyMap<string, Cell>> {
    return this.#windows;
  }

  get isEmpty(): boolean {
    return this.#windows.size === 0;
  }

  /** Of all windows. */
  get cellCount(): number {
    return this.#cellCount;
  }

  /** About what they take in memory, without the people in them, of whom there are no more than events. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** The cell of a tuple in a window, made if need be; beyond the cap the OTHER cell of that window. */
  cell(startMs: number, key: string): Cell {
    const window = startMs === this.#lastStartMs ? this.#lastWindow : this.#window(startMs);
    return window.get(key) ?? this.#newCell(window, key);
  }

  /** Takes the other's cells in; the other stays as it is and shares nothing with this one. */
  merge(other: RollupCells): void {
    for (const [startMs, cells] of other.#windows) {
      for (const [key, cell] of cells) this.cell(startMs, key).merge(cell);
    }
    if (other.overflowed) this.overflowed = true;
  }

  #window(startMs: number): Map<string, Cell> {
    let window = this.#windows.get(startMs);
    if (window === undefined) {
      window = new Map();
      this.#windows.set(startMs, window);
    }
    this.#lastStartMs = startMs;
    this.#lastWindow = window;
    return window;
  }

  #newCell(window: Map<string, Cell>, wantedKey: string): Cell {
    // Keys are stored as UTF-8, where lone surrogates are all the same: they must be the same here too.
    const wellFormed = wantedKey.toWellFormed();
    const namedCount = window.size - (window.has(OTHER_KEY) ? 1 : 0);
    const isOver = wellFormed !== OTHER_KEY && namedCount >= this.windowCellsMax && !window.has(wellFormed);
    const key = isOver ? OTHER_KEY : wellFormed;
    if (key === OTHER_KEY) this.overflowed = true;
    let cell = window.get(key);
    if (cell === undefined) {
      cell = new Cell(this.numberCount);
      window.set(key, cell);
      this.#cellCount++;
      this.#sizeBytes += CELL_SIZE_BYTES + key.length + NUMBER_SIZE_BYTES * this.numberCount;
    }
    return cell;
  }
}

/** As it is, save that each character of the format becomes U+0002 and a letter. */
function escaped(value: string): string {
  for (let at = 0; at < value.length; at++) {
    if (value.charCodeAt(at) <= 2) {
      return value.replaceAll(ESCAPE, `${ESCAPE}e`).replaceAll(NULL, `${ESCAPE}n`).replaceAll(END, `${ESCAPE}t`);
    }
  }
  return value;
}

function unescaped(value: string): string {
  if (!value.includes(ESCAPE)) return value;
  return value.replaceAll(`${ESCAPE}t`, END).replaceAll(`${ESCAPE}n`, NULL).replaceAll(`${ESCAPE}e`, ESCAPE);
}
