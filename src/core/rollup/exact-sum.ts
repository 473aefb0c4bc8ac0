/**
 * ExactSum: a sum of decimal numbers that does not depend on the order in which they are added (CORRECTNESS N1).
 *
 * A number is taken as the decimal it prints as, to the millionth: 0.1 is 100,000 millionths, so ten of them are 1. The
 * sum is an integer in two words, `high * 2^50 + low` with 0 <= low < 2^50, the same words for the same sum: 2^103
 * millionths fit, and a number holds at most 2^73, so it cannot overflow. `isExact` turns false, for good, once a
 * number had more than six decimals (it is rounded to the millionth) or was beyond ±(2^53 - 1) (it is taken as that
 * bound).
 *
 * ```text
 * varint  2 * zigzag(high) + (exact ? 0 : 1)
 * varint  low
 * ```
 *
 * Refused: floats with Kahan's correction (the order still shows) and a BigInt per addition (ten times slower).
 */
import type { ByteReader, ByteWriter } from '../std/bytes.ts';

const WORD = 2 ** 50;
const MILLIONTHS = 1_000_000;
/**
 * Bound of the fast path: below it, value * 10^6 is off its integer by less than a quarter, so rounding finds the
 * integer.
 */
const FAST_MAX = 2 ** 30;

export class ExactSum {
  #high = 0;
  #low = 0;
  #isExact = true;

  /** False when some number could not be held to its last digit. */
  get isExact(): boolean {
    return this.#isExact;
  }

  /** The sum is `high * 2^50 + low` millionths, for callers that keep many sums side by side. */
  get high(): number {
    return this.#high;
  }
  get low(): number {
    return this.#low;
  }

  /** Sets this sum to the one of these words. */
  restore(high: number, low: number, isExact: boolean): this {
    this.#high = high;
    this.#low = low;
    this.#isExact = isExact;
    return this;
  }

  /** Adds a finite number. */
  add(value: number): void {
    if (value < FAST_MAX && value > -FAST_MAX) {
      const millionths = Math.round(value * MILLIONTHS);
      if (millionths / MILLIONTHS !== value) this.#isExact = false;
      this.#carry(0, millionths);
    } else {
      this.#addLarge(value);
    }
  }

  merge(other: ExactSum): void {
    this.#carry(other.#high, other.#low);
    if (!other.#isExact) this.#isExact = false;
  }

  /** Returns the double nearest to the sum. */
  toNumber(): number {
    const total = this.toMillionths();
    if (-WORD < total && total < WORD) return Number(total) / MILLIONTHS;
    const magnitude = total < 0n ? -total : total;
    const fraction = String(magnitude % 1_000_000n).padStart(6, '0');
    return Number(`${total < 0n ? '-' : ''}${magnitude / 1_000_000n}.${fraction}`);
  }

  toMillionths(): bigint {
    return (BigInt(this.#high) << 50n) + BigInt(this.#low);
  }

  encode(writer: ByteWriter): void {
    const zigzag = this.#high < 0 ? -2 * this.#high - 1 : 2 * this.#high;
    writer.varint(2 * zigzag + (this.#isExact ? 0 : 1));
    writer.varint(this.#low);
  }

  static decode(reader: ByteReader): ExactSum {
    const sum = new ExactSum();
    const head = reader.varint();
    sum.#isExact = head % 2 === 0;
    const zigzag = Math.floor(head / 2);
    sum.#high = zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
    sum.#low = reader.varint();
    return sum;
  }

  /** Adds a number beyond 2^30, where a product would round: its digits are read from its text. */
  #addLarge(value: number): void {
    const magnitude = Math.min(Math.abs(value), Number.MAX_SAFE_INTEGER);
    if (magnitude !== Math.abs(value)) this.#isExact = false;
    const [whole = '0', fraction = ''] = String(magnitude).split('.');
    if (fraction.length > 6) this.#isExact = false;
    const millionths = BigInt(whole) * 1_000_000n + BigInt(Math.round(Number(`0.${fraction}`) * MILLIONTHS));
    const signed = value < 0 ? -millionths : millionths;
    this.#carry(Number(signed >> 50n), Number(signed & (BigInt(WORD) - 1n)));
  }

  /** Adds two words. Both lows are within ±2^50, so one carry is enough. */
  #carry(high: number, low: number): void {
    const sum = this.#low + low;
    const carry = sum >= WORD ? 1 : sum < 0 ? -1 : 0;
    this.#high += high + carry;
    this.#low = sum - carry * WORD;
  }
}
