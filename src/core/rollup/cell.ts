/**
 * Cell: the mergeable value of one dimension tuple of one rollup in one window: events, people, and its numbers.
 *
 * Cells are a monoid: `merge` is commutative and associative, a new Cell is its identity, and the merged cell is the
 * cell of both sets of events.
 *
 * People are counted by the sketch, and after a seal also by `exactPeople`. An exact count cannot be merged: once
 * another cell is merged in, it is kept as a floor only, and the answer is max(floor, estimate) (CORRECTNESS N2).
 */
import { Distinct } from './distinct.ts';
import { ExactSum } from './exact-sum.ts';
import { Quantiles } from './quantile.ts';

const NO_NUMBERS: NumberCell[] = [];

export class Cell {
  /** Number of events. */
  count = 0;
  people = new Distinct();
  /** People as a seal counted them; null when they are not known, or when another cell was merged in since. */
  exactPeople: number | null = null;
  /** Lower bound of the people, from exact counts that were merged; 0 when nothing is known. */
  peopleFloor = 0;
  /** One for each of the rollup's `numbers`, in their order. */
  readonly numbers: NumberCell[];

  constructor(numberCount: number) {
    this.numbers = numberCount === 0 ? NO_NUMBERS : Array.from({ length: numberCount }, () => new NumberCell());
  }

  get isEmpty(): boolean {
    return this.count === 0;
  }

  /** Returns the best count of people that the cell knows. */
  peopleCount(): number {
    return this.exactPeople ?? Math.max(this.peopleFloor, this.people.count());
  }

  /** True unless `peopleCount` is an estimate. */
  get peopleAreExact(): boolean {
    return this.exactPeople !== null || (this.people.isExact && this.peopleFloor <= this.people.count());
  }

  /** Merges the other cell in. The other stays as it is and shares nothing with this one. */
  merge(other: Cell): void {
    if (other.isEmpty) return;
    if (this.isEmpty) {
      this.exactPeople = other.exactPeople;
      this.peopleFloor = other.peopleFloor;
    } else {
      this.peopleFloor = Math.max(this.peopleFloor, other.peopleFloor, this.exactPeople ?? 0, other.exactPeople ?? 0);
      this.exactPeople = null;
    }
    this.count += other.count;
    this.people.merge(other.people);
    for (let at = 0; at < this.numbers.length; at++) {
      const others = other.numbers[at];
      if (others !== undefined) this.numbers[at]!.merge(others);
    }
  }
}

/** Summary of one numeric property: the events that have it, their exact sum, bounds and quantiles. */
export class NumberCell {
  /** Number of events that have the property as a number. */
  count = 0;
  sum = new ExactSum();
  /** Infinity while the cell is empty. */
  min = Number.POSITIVE_INFINITY;
  /** -Infinity while the cell is empty. */
  max = Number.NEGATIVE_INFINITY;
  quantiles = new Quantiles();

  /** Adds a number. Infinities and NaN, which JSON does not have, are not counted. */
  add(number: number): void {
    if (!Number.isFinite(number)) return;
    const value = number + 0; // -0 becomes 0: which of them is the least would depend on the order
    this.count++;
    this.sum.add(value);
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    this.quantiles.add(value);
  }

  merge(other: NumberCell): void {
    if (other.count === 0) return;
    this.count += other.count;
    this.sum.merge(other.sum);
    if (other.min < this.min) this.min = other.min;
    if (other.max > this.max) this.max = other.max;
    this.quantiles.merge(other.quantiles);
  }

  /**
   * Returns the number at rank `q`, within 0.5 %, exact at 0 and 1, never outside [min, max]; NaN when there is none.
   */
  quantile(q: number): number {
    if (this.count === 0) return Number.NaN;
    if (q <= 0) return this.min;
    if (q >= 1) return this.max;
    return Math.min(this.max, Math.max(this.min, this.quantiles.quantile(q)));
  }
}
