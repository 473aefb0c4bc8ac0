/**
 * Quantiles by nearest rank: among n values in ascending order, the one at place ceil(q * n), counted from 1; q = 0 is
 * the least. So each quantile is a value that occurred.
 */
import { z } from 'zod';
import { LIMITS } from '../../limits.ts';
import { NumberCell } from '../../rollup/cell.ts';
import { sortWords } from '../../std/sort-words.ts';

const SHARES = {
  p0: 0,
  p5: 0.05,
  p25: 0.25,
  p50: 0.5,
  p75: 0.75,
  p90: 0.9,
  p95: 0.95,
  p99: 0.99,
  'p99.9': 0.999,
  p100: 1,
} as const;
type Share = keyof typeof SHARES;
const QUANTILE_NAMES = Object.keys(SHARES) as Share[];

function byShare<Value>(valueAt: (name: Share) => Value): { [name in Share]: Value } {
  return Object.fromEntries(QUANTILE_NAMES.map((name) => [name, valueAt(name)])) as { [name in Share]: Value };
}

export const quantilesSchema = z
  .object({ n: z.int(), mean: z.number().nullable(), ...byShare(() => z.number().nullable()) })
  .describe('The number of values, their mean, and quantiles by nearest rank; null when there is no value.');
export type Quantiles = z.output<typeof quantilesSchema>;

function quantilesBy(n: number, mean: number, valueAt: (place: number) => number): Quantiles {
  if (n === 0) return { n, mean: null, ...byShare(() => null) };
  return { n, mean, ...byShare((name) => valueAt(nearestPlace(SHARES[name], n))) };
}

/**
 * The place counted from 0. A product of a share and a whole number is slightly off, so it is rounded before `ceil`.
 */
function nearestPlace(share: number, n: number): number {
  return Math.max(0, Math.ceil(Number((share * n).toFixed(6))) - 1);
}

/** The quantiles of values that come with their occurrences. */
export function quantilesOfCounts(counts: ReadonlyMap<number, number>): Quantiles {
  const sorted = [...counts].sort(([left], [right]) => left - right);
  const ends: number[] = [];
  let n = 0;
  let sum = 0;
  for (const [value, count] of sorted) {
    n += count;
    sum += value * count;
    ends.push(n);
  }
  return quantilesBy(n, sum / n, (place) => sorted[ends.findIndex((end) => end > place)]![0]);
}

/** A value takes 12 bytes. */
const EXACT_VALUES_MAX = 2_000_000;

/**
 * Durations by slot, in milliseconds. All values are kept up to `exactMax`; beyond that each slot has a sketch, which
 * is within 0.5 %, and the answer says that it is estimated.
 */
export class DurationBag {
  readonly #exactMax: number;
  #slots = new Uint32Array(1_024);
  #values = new Float64Array(1_024);
  #size = 0;
  #sketches: Map<number, NumberCell> | null = null;

  constructor(exactMax = EXACT_VALUES_MAX) {
    this.#exactMax = exactMax;
  }

  get isEstimated(): boolean {
    return this.#sketches !== null;
  }

  /** Whether there are more sketches than allowed. A full bag takes no further values and is void. */
  get isFull(): boolean {
    return this.#sketches !== null && this.#sketches.size > LIMITS.journeySketchesMax;
  }

  add(slot: number, valueMs: number): void {
    if (this.#sketches === null && this.#size === this.#exactMax) this.#toSketches();
    if (this.#sketches !== null) {
      if (!this.isFull) sketchOf(this.#sketches, slot).add(valueMs);
      return;
    }
    if (this.#size === this.#values.length) this.#grow();
    this.#slots[this.#size] = slot;
    this.#values[this.#size++] = valueMs;
  }

  /** Quantiles in seconds by group. `groupOf` assigns slots to groups; a slot without a group is left out. */
  seconds(groupCount: number, groupOf: (slot: number) => number | undefined): Quantiles[] {
    return this.#sketches === null
      ? this.#exactSeconds(groupCount, groupOf)
      : this.#sketchedSeconds(this.#sketches, groupCount, groupOf);
  }

  #exactSeconds(groupCount: number, groupOf: (slot: number) => number | undefined): Quantiles[] {
    const slots = this.#slots.subarray(0, this.#size);
    const numbers = numbersBySlot(slots, groupOf);
    const counts = countNumbers(slots, numbers, groupCount + 1);
    counts[NO_GROUP] = 0;
    const lists = Array.from(counts, (count) => new Float64Array(count));
    divide(this.#values, slots, numbers, lists);
    return lists.slice(NO_GROUP + 1).map((list) => {
      const sorted = sortedValues(list);
      const mean = sumOf(sorted) / sorted.length;
      return quantilesBy(sorted.length, mean / 1_000, (place) => sorted[place]! / 1_000);
    });
  }

  #sketchedSeconds(
    sketches: ReadonlyMap<number, NumberCell>,
    groupCount: number,
    groupOf: (slot: number) => number | undefined,
  ): Quantiles[] {
    const merged = Array.from({ length: groupCount }, () => new NumberCell());
    for (const [slot, sketch] of sketches) {
      const group = groupOf(slot);
      if (group !== undefined) merged[group]!.merge(sketch);
    }
    return merged.map((sketch) => {
      const { count } = sketch;
      // The sketch finds the value at place q * (count - 1), rounded down: half a place more avoids an error of rounding.
      const valueAt = (place: number) => {
        if (place === 0) return sketch.min / 1_000;
        return place === count - 1 ? sketch.max / 1_000 : sketch.quantile((place + 0.5) / (count - 1)) / 1_000;
      };
      return quantilesBy(count, sketch.sum.toNumber() / count / 1_000, valueAt);
    });
  }

  #toSketches(): void {
    this.#sketches = new Map();
    for (let at = 0; at < this.#size && !this.isFull; at++) {
      sketchOf(this.#sketches, this.#slots[at]!).add(this.#values[at]!);
    }
    this.#slots = new Uint32Array(0);
    this.#values = new Float64Array(0);
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

function countNumbers(slots: Uint32Array, numbers: Uint32Array, numberCount: number): Uint32Array {
  const counts = new Uint32Array(numberCount);
  for (let at = 0; at < slots.length; at++) counts[numbers[slots[at]!]!]!++;
  return counts;
}

/** Writes each value into the list of its slot's number. */
function divide(values: Float64Array, slots: Uint32Array, numbers: Uint32Array, lists: readonly Float64Array[]): void {
  const next = new Uint32Array(lists.length);
  for (let at = 0; at < slots.length; at++) {
    const number = numbers[slots[at]!]!;
    if (number !== NO_GROUP) lists[number]![next[number]!++] = values[at]!;
  }
}

function sumOf(values: Float64Array | Uint32Array): number {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += values[at]!;
  return sum;
}

/** The values in ascending order. Nearly all durations are whole and of 32 bits, and those are sorted sooner. */
function sortedValues(values: Float64Array): Float64Array | Uint32Array {
  const whole = new Uint32Array(values);
  for (let at = 0; at < values.length; at++) if (whole[at] !== values[at]) return values.sort();
  return sortWords(whole);
}

const NO_GROUP = 0;

/** For each slot that occurs, one more than its group, or NO_GROUP. A slot is asked about once, however many values it has. */
function numbersBySlot(slots: Uint32Array, groupOf: (slot: number) => number | undefined): Uint32Array {
  let last = 0;
  for (let at = 0; at < slots.length; at++) if (slots[at]! > last) last = slots[at]!;
  const occurs = new Uint8Array(last + 1);
  for (let at = 0; at < slots.length; at++) occurs[slots[at]!] = 1;
  return Uint32Array.from(occurs, (found, slot) => (found === 0 ? NO_GROUP : (groupOf(slot) ?? -1) + 1));
}

function sketchOf(sketches: Map<number, NumberCell>, slot: number): NumberCell {
  let sketch = sketches.get(slot);
  if (sketch === undefined) {
    sketch = new NumberCell();
    sketches.set(slot, sketch);
  }
  return sketch;
}
