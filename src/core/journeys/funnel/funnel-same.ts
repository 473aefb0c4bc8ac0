/**
 * SameFunnel: a funnel whose steps share the value of one property: the product that was viewed is the one that is bought.
 *
 * The events of a person are divided by their marks, the hashes of their values, and the funnel is followed for each value
 * by itself. The person gets as far as the best of them. An event without a value is no step; an excluded one without a
 * value applies to all values, and is laid among the events of each that it may lie between.
 */
import type { Sequences } from '../kit/sequences.ts';
import { type ChainTimes, noTimes } from './funnel-chain.ts';
import type { MaskAlgorithm, StepAlgorithm } from './step-algorithm.ts';

/** The events of one value, in the order of time. */
interface ValueEvents {
  readonly mark: number;
  readonly at: Float64Array;
  readonly codes: Uint32Array;
}

export class SameFunnel implements StepAlgorithm {
  readonly times: ChainTimes = noTimes();
  readonly #inner: MaskAlgorithm;
  readonly #stepMask: number;
  /** The events that were divided last: a person is asked about several times. */
  #people: Sequences | null = null;
  #from = -1;
  #values: readonly ValueEvents[] = [];
  /** Marks whose chains begin at the earliest anchor of the last call of `time`. */
  readonly #anchorMarks = new Set<number>();

  constructor(inner: MaskAlgorithm, stepCount: number) {
    this.#inner = inner;
    this.#stepMask = 2 ** stepCount - 1;
  }

  reach(people: Sequences, from: number, to: number): number {
    let reached = 0;
    for (const { at, codes } of this.#valuesOf(people, from, to)) {
      reached = Math.max(reached, this.#inner.reach(at, codes, 0, at.length));
    }
    return reached;
  }

  time(people: Sequences, from: number, to: number, target: number): void {
    Object.assign(this.times, noTimes());
    this.#anchorMarks.clear();
    for (const { mark, at, codes } of this.#valuesOf(people, from, to)) {
      this.#inner.time(at, codes, 0, at.length, target);
      this.#take(this.#inner.times, mark);
    }
  }

  isOfAnchor({ marks }: Sequences, row: number): boolean {
    return this.#anchorMarks.has(marks[row]!);
  }

  #take({ earliestAnchorMs, earliestMs, shortestMs }: ChainTimes, mark: number): void {
    const { times } = this;
    if (Number.isNaN(earliestAnchorMs)) return;
    if (!(shortestMs >= times.shortestMs)) times.shortestMs = shortestMs;
    if (earliestAnchorMs > times.earliestAnchorMs) return;
    if (earliestAnchorMs < times.earliestAnchorMs) this.#anchorMarks.clear();
    const isFirst = this.#anchorMarks.size === 0;
    this.#anchorMarks.add(mark);
    times.earliestMs = isFirst ? earliestMs : Math.min(times.earliestMs, earliestMs);
    times.earliestAnchorMs = earliestAnchorMs;
  }

  #valuesOf(people: Sequences, from: number, to: number): readonly ValueEvents[] {
    if (this.#people !== people || this.#from !== from) {
      this.#people = people;
      this.#from = from;
      this.#values = divide(people, from, to, this.#stepMask);
    }
    return this.#values;
  }
}

function divide({ at, codes, marks }: Sequences, from: number, to: number, stepMask: number): ValueEvents[] {
  const rowsOf = new Map<number, number[]>();
  const unmarked: number[] = [];
  for (let row = from; row < to; row++) {
    const mark = marks[row]!;
    const rows = rowsOf.get(mark);
    if (Number.isNaN(mark)) unmarked.push(row);
    else if (rows === undefined) rowsOf.set(mark, [row]);
    else rows.push(row);
  }
  const excluded = unmarked.filter((row) => (codes[row]! & ~stepMask) !== 0);
  return Array.from(rowsOf, ([mark, own]) => {
    const rows = excluded.length === 0 ? own : mergedRows(own, excluded);
    return {
      mark,
      at: Float64Array.from(rows, (row) => at[row]!),
      codes: Uint32Array.from(rows, (row) => (marks[row] === mark ? codes[row]! : codes[row]! & ~stepMask)),
    };
  });
}

/** The rows with those of the others that lie between them, in the order of rows, which is that of time. */
function mergedRows(rows: readonly number[], others: readonly number[]): number[] {
  const [first, last] = [rows[0]!, rows.at(-1)!];
  return [...rows, ...others.filter((row) => row > first && row < last)].sort((left, right) => left - right);
}
