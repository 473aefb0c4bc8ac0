/**
 * RollupCells: the cells of one rollup, by window and dimension tuple.
 *
 * A window holds at most `windowCellsMax` tuples. Further ones are counted in its OTHER cell, and `overflowed` is set.
 * So totals stay exact, while which tuples are named may depend on the order of arrival, until the seal.
 *
 * A rollup that tells bots has their events under keys of their own: those of their tuples, marked. They have their own OTHER
 * and their own bound, so that a crawler of many pages leaves the pages of people named.
 */

import { LIMITS, MINUTE_MS } from '../limits.ts';
import { Cell } from './cell.ts';

/** Character that ends each value of a tuple's key. A value that holds one of these three characters is escaped. */
const END = '\u0001';
const ESCAPE = '\u0002';
const NULL = '\u0000';

/** Key of the cell of the tuples beyond the cap. No tuple has it: a tuple's key is empty or ends in U+0001. */
export const OTHER_KEY = `${ESCAPE}other`;
/** Ends the key of bots. No other key ends so: it is empty, ends in U+0001, or is OTHER_KEY. */
const BOTS_MARK = `${ESCAPE}b`;
const BOTS_OTHER_KEY = OTHER_KEY + BOTS_MARK;

/** Returns the key under which the events of bots with that key are counted. */
export function botsKey(key: string): string {
  return key + BOTS_MARK;
}

export function isBotsKey(key: string): boolean {
  return key.endsWith(BOTS_MARK);
}

/** Whether the key is that of tuples beyond the cap, of people or of bots. */
export function isOtherKey(key: string): boolean {
  return key === OTHER_KEY || key === BOTS_OTHER_KEY;
}

/** The number of named tuples of the window, of people or of bots, whichever are more. */
export function namedCountOf(window: ReadonlyMap<string, unknown>): number {
  let bots = 0;
  let others = 0;
  for (const key of window.keys()) {
    if (isOtherKey(key)) continue;
    if (isBotsKey(key)) bots++;
    else others++;
  }
  return Math.max(bots, others);
}

/** Returns a string that no other tuple of dimension values has: null, '' and no value at all differ. */
export function tupleKey(values: readonly (string | null)[]): string {
  let key = '';
  for (let at = 0; at < values.length; at++) {
    const value = values[at]!;
    key += value === null ? NULL + END : escaped(value) + END;
  }
  return key;
}

/** Returns the tuple of a key, whether or not it is of bots. A key beyond the cap has none. */
export function tupleValues(key: string): (string | null)[] {
  const values = key.split(END);
  values.pop();
  return values.map((value) => (value === NULL ? null : unescaped(value)));
}

/** Approximate memory of a cell with its place in the map, and of each of its numbers with its sketch. */
const CELL_SIZE_BYTES = 450;
const NUMBER_SIZE_BYTES = 250;

export class RollupCells {
  readonly dimensionCount: number;
  readonly numberCount: number;
  readonly windowCellsMax: number;
  /** True when some tuple was counted under OTHER. */
  overflowed = false;
  /** Length of the windows of live cells and parts: a minute, or a quarter of an hour once they are merged. */
  windowMs: number = MINUTE_MS;
  #cellCount = 0;
  #sizeBytes = 0;
  readonly #windows = new Map<number, Map<string, Cell>>();
  /** The number of named tuples of bots of the windows that have any. */
  readonly #botsCounts = new Map<ReadonlyMap<string, Cell>, number>();
  // The window used last is remembered: events come in runs of the same window.
  #lastStartMs = Number.NaN;
  #lastWindow = new Map<string, Cell>();

  constructor(dimensionCount: number, numberCount: number, windowCellsMax: number = LIMITS.windowCellsMax) {
    this.dimensionCount = dimensionCount;
    this.numberCount = numberCount;
    this.windowCellsMax = windowCellsMax;
  }

  /** Cells by start of the window, then by tuple key, in no order. */
  get windows(): ReadonlyMap<number, ReadonlyMap<string, Cell>> {
    return this.#windows;
  }

  get isEmpty(): boolean {
    return this.#windows.size === 0;
  }

  /** Number of cells of all windows. */
  get cellCount(): number {
    return this.#cellCount;
  }

  /** Approximate memory of the cells without their people, of whom there are no more than events. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /**
   * Returns the cell of a tuple in a window, which is made when missing; beyond the cap the OTHER cell of that window.
   */
  cell(startMs: number, key: string): Cell {
    const window = startMs === this.#lastStartMs ? this.#lastWindow : this.#window(startMs);
    return window.get(key) ?? this.#newCell(window, key);
  }

  /** Merges the other's cells in. The other stays as it is and shares nothing with this one. */
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
    const isBots = isBotsKey(wellFormed);
    const otherKey = isBots ? BOTS_OTHER_KEY : OTHER_KEY;
    const mayBeFull = window.size >= this.windowCellsMax;
    const isOver = mayBeFull && wellFormed !== otherKey && this.#namedCount(window, isBots) >= this.windowCellsMax;
    const key = isOver ? otherKey : wellFormed;
    if (key === otherKey) this.overflowed = true;
    let cell = window.get(key);
    if (cell === undefined) {
      cell = new Cell(this.numberCount);
      window.set(key, cell);
      if (isBots && key !== otherKey) this.#botsCounts.set(window, (this.#botsCounts.get(window) ?? 0) + 1);
      this.#cellCount++;
      this.#sizeBytes += CELL_SIZE_BYTES + key.length + NUMBER_SIZE_BYTES * this.numberCount;
    }
    return cell;
  }

  /** The number of named tuples of the window, of bots or of all others. */
  #namedCount(window: ReadonlyMap<string, Cell>, isBots: boolean): number {
    const bots = this.#botsCounts.get(window) ?? 0;
    if (isBots) return bots;
    return window.size - bots - (window.has(OTHER_KEY) ? 1 : 0) - (window.has(BOTS_OTHER_KEY) ? 1 : 0);
  }
}

/** Returns the value with each character of the format as U+0002 and a letter. */
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
