/**
 * Quantiles by nearest rank: of n values in ascending order the one at place ceil(q * n), from 1; q = 0 is the least. So each
 * is a value that occurred.
 */

import { LIMITS } from '../../limits.ts';
import { NumberCell } from '../../rollup/cell.ts';

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
export const QUANTILE_NAMES = Object.keys(SHARES) as Share[];

/** `n` values with their mean and quantiles; null where there is none. */
export type Quantiles = { readonly n: number; readonly mean: number | null } & {
  readonly [share in Share]: number | null;
};

function quantilesBy(n: number, mean: number, valueAt: (place: number) => number): Quantiles {
  const entries = QUANTILE_NAMES.map((name) => [name, n === 0 ? null : valueAt(placeOf(SHARES[name], n))]);
  return { n, mean: n === 0 ? null : mean, ...Object.fromEntries(entries) };
}

/** From 0. Products of shares and whole numbers are a little off: whole places must not be rounded up. */
function placeOf(share: number, n: number): number {
  return Math.max(0, Math.ceil(Number((share * n).toFixed(6))) - 1);
}

/** Of values given with how often each occurred. */
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

/** 12 bytes each. */
const EXACT_VALUES_MAX = 2_000_000;

/**
 * Values by slot, in milliseconds. All of them are kept while they are at most `exactMax`; from then on a sketch a slot, within
 * 0.5 %, and the answer says so.
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

  /** More sketches than may be: it takes nothing any more, and is worth nothing. */
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

  /** In seconds, by group: `groupOf` puts slots together; slots of no group are left out. */
  seconds(groupCount: number, groupOf: (slot: number) => number | undefined): Quantiles[] {
    return this.#sketches === null
      ? this.#exactSeconds(groupCount, groupOf)
      : this.#sketchedSeconds(this.#sketches, groupCount, groupOf);
  }

  #exactSeconds(groupCount: number, groupOf: (slot: number) => number | undefined): Quantiles[] {
    const counts = new Uint32Array(groupCount);
    for (let at = 0; at < this.#size; at++) {
      const group = groupOf(this.#slots[at]!);
      if (group !== undefined) counts[group]!++;
    }
    const lists = Array.from(counts, (count) => new Float64Array(count));
    const next = new Uint32Array(groupCount);
    for (let at = 0; at < this.#size; at++) {
      const group = groupOf(this.#slots[at]!);
      if (group !== undefined) lists[group]![next[group]!++] = this.#values[at]!;
    }
    return lists.map((values) => {
      values.sort();
      const sum = values.reduce((total, value) => total + value, 0);
      return quantilesBy(values.length, sum / values.length / 1_000, (place) => values[place]! / 1_000);
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
      // The sketch finds the value at place q * (count - 1), rounded down: half a place on stands clear of rounding.
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

function sketchOf(sketches: Map<number, NumberCell>, slot: number): NumberCell {
  let sketch = sketches.get(slot);
  if (sketch === undefined) {
    sketch = new NumberCell();
    sketches.set(slot, sketch);
  }
  return sketch;
}
