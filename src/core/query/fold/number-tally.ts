/**
 * NumberTally: sum, average, least and greatest of a numeric property in each slot, exactly, from values or from cells.
 *
 * A slot takes 41 bytes in flat arrays; an object with its sum would take four times that.
 */

import type { Statistic } from '../../event/measure.ts';
import type { NumberCell } from '../../rollup/cell.ts';
import { ExactSum } from '../../rollup/exact-sum.ts';
import { ByteReader, ByteWriter } from '../../std/bytes.ts';
import type { Value } from './fold.ts';
import type { SizedTally, Slots } from './grouping.ts';
import type { PartialTally } from './partial-fold.ts';

type Numbers = Pick<NumberCell, 'count' | 'min' | 'max' | 'sum'>;

export class NumberTally implements SizedTally {
  readonly isFull = false;
  readonly rowsPerSlot = 0.1;
  readonly #statistic: Statistic;
  #counts = new Float64Array();
  #mins = new Float64Array();
  #maxs = new Float64Array();
  /** Words of the sums, and 1 for those that are not exact. */
  #highs = new Float64Array();
  #lows = new Float64Array();
  #inexact = new Uint8Array();
  /** Scratch sum, loaded with one slot at a time. */
  readonly #sum = new ExactSum();

  constructor(statistic: Statistic) {
    this.#statistic = statistic;
    this.#cover(15);
  }

  get sizeBytes(): number {
    return 5 * this.#counts.byteLength + this.#inexact.byteLength;
  }

  /** Adds a finite number; -0 counts as 0. */
  add(slot: number, value: number): void {
    if (slot >= this.#counts.length) this.#cover(slot);
    const number = value + 0;
    this.#counts[slot]!++;
    if (number < this.#mins[slot]!) this.#mins[slot] = number;
    if (number > this.#maxs[slot]!) this.#maxs[slot] = number;
    this.#load(slot).add(number);
    this.#keep(slot);
  }

  addCell(slot: number, { count, min, max, sum }: Numbers): void {
    if (slot >= this.#counts.length) this.#cover(slot);
    this.#counts[slot]! += count;
    if (min < this.#mins[slot]!) this.#mins[slot] = min;
    if (max > this.#maxs[slot]!) this.#maxs[slot] = max;
    this.#load(slot).merge(sum);
    this.#keep(slot);
  }

  /** Makes the slot exist, with no number so far. */
  touch(slot: number): void {
    if (slot >= this.#counts.length) this.#cover(slot);
  }

  partial(slotCount: number): PartialTally {
    const writer = new ByteWriter();
    if (slotCount > 0) this.touch(slotCount - 1);
    for (let slot = 0; slot < slotCount; slot++) {
      writer.varint(this.#counts[slot]!);
      writer.f64(this.#mins[slot]!);
      writer.f64(this.#maxs[slot]!);
      this.#load(slot).encode(writer);
    }
    return { kind: 'numbers', bytes: writer.finish() };
  }

  absorb({ bytes }: Extract<PartialTally, { kind: 'numbers' }>, slotOf: Uint32Array): void {
    const reader = new ByteReader(bytes);
    for (const slot of slotOf) {
      const count = reader.varint();
      const min = reader.f64();
      const max = reader.f64();
      this.addCell(slot, { count, min, max, sum: ExactSum.decode(reader) });
    }
  }

  merged(slots: Slots): Value {
    let count = 0;
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    const sum = new ExactSum();
    for (const slot of slots) {
      count += this.#counts[slot]!;
      min = Math.min(min, this.#mins[slot]!);
      max = Math.max(max, this.#maxs[slot]!);
      sum.merge(this.#load(slot));
    }
    return this.#value({ count, sum, min, max });
  }

  #load(slot: number): ExactSum {
    return this.#sum.restore(this.#highs[slot]!, this.#lows[slot]!, this.#inexact[slot] === 0);
  }

  #keep(slot: number): void {
    this.#highs[slot] = this.#sum.high;
    this.#lows[slot] = this.#sum.low;
    this.#inexact[slot] = Number(!this.#sum.isExact);
  }

  #cover(slot: number): void {
    const from = this.#counts.length;
    const length = Math.max(slot + 1, 2 * from);
    this.#counts = grown(this.#counts, length);
    this.#mins = grown(this.#mins, length).fill(Number.POSITIVE_INFINITY, from);
    this.#maxs = grown(this.#maxs, length).fill(Number.NEGATIVE_INFINITY, from);
    this.#highs = grown(this.#highs, length);
    this.#lows = grown(this.#lows, length);
    const inexact = new Uint8Array(length);
    inexact.set(this.#inexact);
    this.#inexact = inexact;
  }

  #value({ count, sum, min, max }: Numbers): Value {
    const estimated = !sum.isExact;
    switch (this.#statistic) {
      case 'sum':
        return { value: sum.toNumber(), estimated };
      case 'avg':
        return { value: count === 0 ? null : sum.toNumber() / count, estimated };
      case 'min':
        return { value: count === 0 ? null : min, estimated: false };
      default:
        return { value: count === 0 ? null : max, estimated: false };
    }
  }
}

function grown(list: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(length);
  larger.set(list);
  return larger;
}
