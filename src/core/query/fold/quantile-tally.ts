/**
 * QuantileTally: quantiles of a numeric property in each slot, by nearest rank: the value at place ceil(q * n) of n in
 * ascending order, which is always a value that occurred.
 *
 * Quantiles of events are exact while there are at most `QUANTILE_EXACT_VALUES_MAX` of them. Beyond that, and from
 * cells always, they come from a sketch, within 0.5 %.
 */

import type { Statistic } from '../../event/measure.ts';
import { LIMITS } from '../../limits.ts';
import { NumberCell } from '../../rollup/cell.ts';
import { valueAt } from '../../std/value-at.ts';
import type { Value } from './fold.ts';
import type { SizedTally, Slots, Tally } from './grouping.ts';

/** Values kept exactly, 12 bytes each. */
export const QUANTILE_EXACT_VALUES_MAX = 2_000_000;

/** Memory of a sketch without its bins, and of one bin. */
const SKETCH_SIZE_BYTES = 500;
const BIN_SIZE_BYTES = 40;

/** Returns the quantile a statistic asks for; null when it is not a quantile. */
export function quantileOf(statistic: Statistic): number | null {
  return statistic.startsWith('p') ? Number(statistic.slice(1)) / 100 : null;
}

/** Returns the place of the quantile among `count` values, from 0. */
function placeOf(quantile: number, count: number): number {
  // 0.9 * 10 is 9.000000000000002 in other orders of magnitude: whole places must not be rounded up.
  return Math.max(0, Math.ceil(Number((quantile * count).toFixed(6))) - 1);
}

export class SketchedQuantileTally implements Tally {
  readonly rowsPerSlot = 8;
  readonly #quantile: number;
  readonly #slots: NumberCell[] = [];
  #binCount = 0;

  constructor(quantile: number) {
    this.#quantile = quantile;
  }

  /** Memory of the sketches that were added to by value. */
  get sizeBytes(): number {
    return this.#slots.length * SKETCH_SIZE_BYTES + this.#binCount * BIN_SIZE_BYTES;
  }

  add(slot: number, value: number): void {
    const sketch = this.#at(slot);
    this.#binCount -= sketch.quantiles.binCount;
    sketch.add(value);
    this.#binCount += sketch.quantiles.binCount;
  }

  addCell(slot: number, cell: NumberCell): void {
    this.#at(slot).merge(cell);
  }

  touch(slot: number): void {
    this.#at(slot);
  }

  merged(slots: Slots): Value {
    if (slots.length === 1) return this.#value(this.#slots[slots[0]!]!);
    const union = new NumberCell();
    for (const slot of slots) union.merge(this.#slots[slot]!);
    return this.#value(union);
  }

  #at(slot: number): NumberCell {
    let sketch = this.#slots[slot];
    if (sketch === undefined) {
      sketch = new NumberCell();
      this.#slots[slot] = sketch;
    }
    return sketch;
  }

  #value(sketch: NumberCell): Value {
    const { count, min, max } = sketch;
    if (count === 0) return { value: null, estimated: false };
    if (min === max) return { value: min, estimated: false };
    // The sketch finds the value at place q * (count - 1), rounded down: half a place further stands clear of rounding.
    const place = placeOf(this.#quantile, count);
    if (place === 0) return { value: min, estimated: false };
    if (place === count - 1) return { value: max, estimated: false };
    return { value: sketch.quantile((place + 0.5) / (count - 1)), estimated: true };
  }
}

export class QuantileTally implements SizedTally {
  readonly #quantile: number;
  #slots = new Uint32Array(1024);
  #values = new Float64Array(1024);
  #size = 0;
  #slotCount = 0;
  /** Set when there are too many values to be kept exactly. */
  #sketched: SketchedQuantileTally | null = null;
  #isFull = false;
  #offsets: Uint32Array | null = null;

  constructor(quantile: number) {
    this.#quantile = quantile;
  }

  get isFull(): boolean {
    return this.#isFull;
  }

  get sizeBytes(): number {
    return this.#slots.byteLength + this.#values.byteLength + (this.#sketched?.sizeBytes ?? 0);
  }

  get rowsPerSlot(): number {
    return this.#sketched?.rowsPerSlot ?? 0.1 + (0.02 * this.#size) / Math.max(1, this.#slotCount);
  }

  /** Adds a finite number; -0 counts as 0. */
  add(slot: number, value: number): void {
    if (this.#size === QUANTILE_EXACT_VALUES_MAX && this.#sketched === null) {
      // A sketch for each of so many slots would be too much at once.
      this.#isFull ||= this.#slotCount * SKETCH_SIZE_BYTES > LIMITS.queryHeldSizeBytesMax;
      if (this.#isFull) return;
      this.#sketched = this.#toSketches();
    }
    if (this.#sketched) {
      this.#sketched.add(slot, value + 0);
      return;
    }
    if (this.#size === this.#values.length) this.#grow();
    this.#slots[this.#size] = slot;
    this.#values[this.#size++] = value + 0;
    if (slot >= this.#slotCount) this.#slotCount = slot + 1;
  }

  touch(slot: number): void {
    this.#sketched?.touch(slot);
    if (slot >= this.#slotCount) this.#slotCount = slot + 1;
  }

  merged(slots: Slots): Value {
    if (this.#sketched) return this.#sketched.merged(slots);
    const values = this.#valuesOf(slots);
    if (values.length === 0) return { value: null, estimated: false };
    return { value: valueAt(values, placeOf(this.#quantile, values.length)), estimated: false };
  }

  #valuesOf(slots: Slots): Float64Array {
    this.#offsets ??= this.#sortBySlot();
    const offsets = this.#offsets;
    let size = 0;
    for (const slot of slots) size += offsets[slot + 1]! - offsets[slot]!;
    const values = new Float64Array(size);
    let to = 0;
    for (const slot of slots) {
      // Most slots have few values, for which a view takes longer than they do.
      for (let at = offsets[slot]!; at < offsets[slot + 1]!; at++) values[to++] = this.#values[at]!;
    }
    return values;
  }

  /** Sorts the values by slot (counting sort); nothing is added after it. */
  #sortBySlot(): Uint32Array {
    const offsets = new Uint32Array(this.#slotCount + 1);
    for (let at = 0; at < this.#size; at++) offsets[this.#slots[at]! + 1]!++;
    for (let slot = 0; slot < this.#slotCount; slot++) offsets[slot + 1]! += offsets[slot]!;
    const next = offsets.slice();
    const sorted = new Float64Array(this.#size);
    for (let at = 0; at < this.#size; at++) sorted[next[this.#slots[at]!]!++] = this.#values[at]!;
    this.#values = sorted;
    return offsets;
  }

  #toSketches(): SketchedQuantileTally {
    const sketched = new SketchedQuantileTally(this.#quantile);
    for (let slot = 0; slot < this.#slotCount; slot++) sketched.touch(slot);
    for (let at = 0; at < this.#size; at++) sketched.add(this.#slots[at]!, this.#values[at]!);
    this.#values = new Float64Array(0);
    this.#slots = new Uint32Array(0);
    return sketched;
  }

  #grow(): void {
    const slots = new Uint32Array(this.#slots.length * 2);
    slots.set(this.#slots);
    this.#slots = slots;
    const values = new Float64Array(this.#values.length * 2);
    values.set(this.#values);
    this.#values = values;
  }
}
