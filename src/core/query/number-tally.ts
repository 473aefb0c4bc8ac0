/**
 * NumberTally: sum, average, least and greatest of a numeric property in each slot, exactly, from values or from cells.
 */
import { ByteReader, ByteWriter } from '../bytes.ts';
import type { NumberCell } from '../cell.ts';
import type { Statistic } from '../measure.ts';
import { ExactSum } from '../sketches/exact-sum.ts';
import type { Value } from './fold.ts';
import type { Tally } from './grouping.ts';
import type { PartialTally } from './partial-fold.ts';

class Numbers {
  count = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  readonly sum = new ExactSum();

  add(value: number): void {
    this.count++;
    this.sum.add(value);
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
  }

  merge(other: Pick<NumberCell, 'count' | 'min' | 'max' | 'sum'>): void {
    this.count += other.count;
    this.sum.merge(other.sum);
    if (other.min < this.min) this.min = other.min;
    if (other.max > this.max) this.max = other.max;
  }
}

export class NumberTally implements Tally {
  readonly #statistic: Statistic;
  readonly #slots: Numbers[] = [];

  constructor(statistic: Statistic) {
    this.#statistic = statistic;
  }

  /** A finite number; -0 counts as 0. */
  add(slot: number, value: number): void {
    this.#at(slot).add(value + 0);
  }

  addCell(slot: number, cell: NumberCell): void {
    this.#at(slot).merge(cell);
  }

  /** The slot exists, with no number so far. */
  touch(slot: number): void {
    this.#at(slot);
  }

  partial(slotCount: number): PartialTally {
    const writer = new ByteWriter();
    for (let slot = 0; slot < slotCount; slot++) {
      const { count, min, max, sum } = this.#at(slot);
      writer.varint(count);
      writer.f64(min);
      writer.f64(max);
      sum.encode(writer);
    }
    return { kind: 'numbers', bytes: writer.finish() };
  }

  absorb({ bytes }: Extract<PartialTally, { kind: 'numbers' }>, slotOf: Uint32Array): void {
    const reader = new ByteReader(bytes);
    for (const slot of slotOf) {
      const count = reader.varint();
      const min = reader.f64();
      const max = reader.f64();
      this.#at(slot).merge({ count, min, max, sum: ExactSum.decode(reader) });
    }
  }

  merged(slots: readonly number[]): Value {
    if (slots.length === 1) return this.#value(this.#slots[slots[0]!]!);
    const together = new Numbers();
    for (const slot of slots) together.merge(this.#slots[slot]!);
    return this.#value(together);
  }

  #at(slot: number): Numbers {
    let numbers = this.#slots[slot];
    if (numbers === undefined) {
      numbers = new Numbers();
      this.#slots[slot] = numbers;
    }
    return numbers;
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
