/**
 * Quantiles: a DDSketch: counts of numbers in bins whose bounds grow by a factor, so that any quantile is known within
 * 0.5 %.
 *
 * Bin k holds the numbers of (gamma^(k-1), gamma^k], with gamma = 1.005 / 0.995. Positive numbers have one set of bins,
 * negative ones another, zero a count. Merging adds counts, so it is exact, commutative and associative: the merged
 * sketch is the sketch of the union.
 *
 * The index of a bin comes from `@datadog/sketches-js`; the bins are ours, because its stores (2.1.1) are dense (a
 * kilobyte for one number, a megabyte for 1e-300 beside 1e300; most cells hold a few numbers), its `merge` forgets the
 * negative bins, and extends a range wrongly when a bound is bin 0. Its protobuf form is not used, so `protobufjs` is
 * never loaded.
 *
 * Range: a magnitude below a millionth counts as zero, one beyond 2^53 as 2^53, as in ExactSum: at most 5,100 bins a
 * sign.
 *
 * ```text
 * varint zeros | bins of the negative | bins of the positive
 * bins: varint how many | for each, ascending: signed key minus the key before, varint count
 * ```
 *
 * Source: Masson, Rim and Lee, "DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees",
 * 2019.
 */
import { DDSketch } from '@datadog/sketches-js';
import type { ByteReader, ByteWriter } from '../std/bytes.ts';

export const QUANTILE_RELATIVE_ACCURACY = 0.005;

const { mapping } = new DDSketch({ relativeAccuracy: QUANTILE_RELATIVE_ACCURACY });
const MAGNITUDE_MIN = 1e-6;
const MAGNITUDE_MAX = 2 ** 53;

type Bins = Map<number, number>;

export class Quantiles {
  #zeroCount = 0;
  #negative: Bins | null = null;
  #positive: Bins | null = null;

  get binCount(): number {
    return (this.#negative?.size ?? 0) + (this.#positive?.size ?? 0);
  }

  /** Adds a finite number, `weight` times. */
  add(value: number, weight = 1): void {
    const magnitude = value < 0 ? -value : value;
    if (magnitude < MAGNITUDE_MIN) {
      this.#zeroCount += weight;
      return;
    }
    const key = mapping.key(Math.min(magnitude, MAGNITUDE_MAX));
    if (value < 0) {
      this.#negative ??= new Map();
      increase(this.#negative, key, weight);
    } else {
      this.#positive ??= new Map();
      increase(this.#positive, key, weight);
    }
  }

  merge(other: Quantiles): void {
    this.#zeroCount += other.#zeroCount;
    this.#negative = mergedBins(this.#negative, other.#negative);
    this.#positive = mergedBins(this.#positive, other.#positive);
  }

  /** Returns the number at rank q * (count - 1), within 0.5 %, for q in [0, 1]; NaN when there is none. */
  quantile(q: number): number {
    const ascending = this.#ascending();
    const count = ascending.reduce((sum, [, binCount]) => sum + binCount, 0);
    if (count === 0) return Number.NaN;
    const rank = q * (count - 1);
    let below = 0;
    for (const [value, binCount] of ascending) {
      below += binCount;
      if (below > rank) return value;
    }
    return ascending.at(-1)![0];
  }

  encode(writer: ByteWriter): void {
    writer.varint(this.#zeroCount);
    encodeBins(writer, this.#negative);
    encodeBins(writer, this.#positive);
  }

  static decode(reader: ByteReader): Quantiles {
    const quantiles = new Quantiles();
    quantiles.#zeroCount = reader.varint();
    quantiles.#negative = decodeBins(reader);
    quantiles.#positive = decodeBins(reader);
    return quantiles;
  }

  /** Returns the bins as [value, count], ascending by value. */
  #ascending(): [number, number][] {
    const negative = sortedBins(this.#negative).reverse();
    return [
      ...negative.map(([key, count]): [number, number] => [-mapping.value(key), count]),
      [0, this.#zeroCount],
      ...sortedBins(this.#positive).map(([key, count]): [number, number] => [mapping.value(key), count]),
    ];
  }
}

function increase(bins: Bins, key: number, count: number): void {
  bins.set(key, (bins.get(key) ?? 0) + count);
}

function mergedBins(bins: Bins | null, other: Bins | null): Bins | null {
  if (other === null) return bins;
  if (bins === null) return new Map(other);
  for (const [key, count] of other) increase(bins, key, count);
  return bins;
}

function sortedBins(bins: Bins | null): [number, number][] {
  return bins === null ? [] : [...bins].sort(([a], [b]) => a - b);
}

function encodeBins(writer: ByteWriter, bins: Bins | null): void {
  writer.varint(bins?.size ?? 0);
  let before = 0;
  for (const [key, count] of sortedBins(bins)) {
    writer.signed(key - before);
    writer.varint(count);
    before = key;
  }
}

function decodeBins(reader: ByteReader): Bins | null {
  const size = reader.varint();
  if (size === 0) return null;
  const bins: Bins = new Map();
  let key = 0;
  for (let at = 0; at < size; at++) {
    key += reader.signed();
    bins.set(key, reader.varint());
  }
  return bins;
}
