/**
 * Number encoder: the numeric columns of one row group → page bytes. Times and people are encoded as differences, which
 * are small because rows are sorted; other hashes are plain. 64-bit columns are pairs of 32-bit words: no BigInt per
 * value.
 */
import { wordsOf } from '../../core/std/words.ts';
import { encodeDelta } from './delta.ts';
import { encodeIndexes, encodeLevels } from './hybrid.ts';
import type { EncodedValues } from './text-encode.ts';

const NONE = new Uint8Array();
const TWO_32 = 2 ** 32;
/** Bound of a dictionary of doubles: a row group with more different numbers has none. */
const DOUBLES_MAX = 2_048;

/** Encodes milliseconds as INT64, with their bounds. */
export function encodeTimes(values: Float64Array, rows: Uint32Array, from: number, to: number): EncodedValues {
  const words = new Uint32Array((to - from) * 2);
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = from, at = 0; i < to; i++) {
    const value = values[rows[i]!]!;
    if (value < min) min = value;
    if (value > max) max = value;
    words[at++] = value % TWO_32;
    words[at++] = Math.floor(value / TWO_32);
  }
  const values64 = encodeDelta(words, to - from);
  return {
    nullCount: 0,
    levels: NONE,
    encoding: 'DELTA_BINARY_PACKED',
    values: values64,
    min: BigInt(min),
    max: BigInt(max),
  };
}

/** Encodes key hashes, with null where the key hash equals the person, as it most often does. */
export function encodeKeyHashes(
  { keyHash, person }: { readonly keyHash: BigInt64Array; readonly person: BigInt64Array },
  rows: Uint32Array,
  from: number,
  to: number,
): EncodedValues {
  const keys = wordsOf(keyHash);
  const people = wordsOf(person);
  const rowCount = to - from;
  const words = new Uint32Array(rowCount * 2);
  const present = new Uint8Array(rowCount);
  let at = 0;
  for (let i = 0; i < rowCount; i++) {
    const word = rows[from + i]! * 2;
    const low = keys[word]!;
    const high = keys[word + 1]!;
    if (low === people[word] && high === people[word + 1]) continue;
    present[i] = 1;
    words[at++] = low;
    words[at++] = high;
  }
  const nullCount = rowCount - at / 2;
  const levels = encodeLevels(present, rowCount, nullCount);
  return { nullCount, levels, encoding: 'PLAIN', values: new Uint8Array(words.buffer, 0, at * 4) };
}

/** Encodes 64-bit hashes that are all present, in a column that may have nulls. */
export function encodeHashes(values: BigInt64Array, rows: Uint32Array, from: number, to: number): EncodedValues {
  const source = wordsOf(values);
  const words = new Uint32Array((to - from) * 2);
  for (let i = from, at = 0; i < to; i++) {
    const word = rows[i]! * 2;
    words[at++] = source[word]!;
    words[at++] = source[word + 1]!;
  }
  return { ...required(words), levels: encodeLevels(NONE, to - from, 0) };
}

/** Encodes people: sorted 64-bit hashes where 0 means null, with their bounds. */
export function encodeNullableHashes(
  values: BigInt64Array,
  rows: Uint32Array,
  from: number,
  to: number,
): EncodedValues {
  const source = wordsOf(values);
  const rowCount = to - from;
  const words = new Uint32Array(rowCount * 2);
  const present = new Uint8Array(rowCount);
  let at = 0;
  for (let i = 0; i < rowCount; i++) {
    const word = rows[from + i]! * 2;
    const low = source[word]!;
    const high = source[word + 1]!;
    if (low === 0 && high === 0) continue;
    present[i] = 1;
    words[at++] = low;
    words[at++] = high;
  }
  const nullCount = rowCount - at / 2;
  const levels = encodeLevels(present, rowCount, nullCount);
  if (at === 0) return { nullCount, levels, encoding: 'PLAIN', values: NONE };
  return {
    nullCount,
    levels,
    encoding: 'DELTA_BINARY_PACKED',
    values: encodeDelta(words, at / 2),
    ...bounds(words, at),
  };
}

/** Encodes doubles where NaN means null. A dictionary holds them when they repeat, as prices and quantities do. */
export function encodeDoubles(values: Float64Array, rows: Uint32Array, from: number, to: number): EncodedValues {
  const rowCount = to - from;
  const present = new Uint8Array(rowCount);
  const indexes = new Uint32Array(rowCount);
  const plain = new Float64Array(rowCount);
  const indexOf = new Map<number, number>();
  let count = 0;
  for (let i = 0; i < rowCount; i++) {
    // A map takes -0 for 0. That changes no value, because JSON.stringify never writes -0.
    const value = values[rows[from + i]!]!;
    if (Number.isNaN(value)) continue;
    present[i] = 1;
    plain[count] = value;
    let index = indexOf.get(value);
    if (index === undefined) {
      index = indexOf.size;
      if (index < DOUBLES_MAX) indexOf.set(value, index);
    }
    indexes[count++] = index;
  }
  const nullCount = rowCount - count;
  const levels = encodeLevels(present, rowCount, nullCount);
  if (count === 0) return { nullCount, levels, encoding: 'PLAIN', values: NONE };
  if (indexOf.size >= DOUBLES_MAX) {
    return { nullCount, levels, encoding: 'PLAIN', values: new Uint8Array(plain.buffer, 0, count * 8) };
  }
  const entries = Float64Array.from(indexOf.keys());
  return {
    nullCount,
    levels,
    encoding: 'RLE_DICTIONARY',
    values: encodeIndexes(indexes, count, entries.length),
    dictionary: { bytes: new Uint8Array(entries.buffer), count: entries.length },
  };
}

/** Encodes booleans, 1 false and 2 true, where 0 means null: one bit each. */
export function encodeBooleans(values: Uint8Array, rows: Uint32Array, from: number, to: number): EncodedValues {
  const rowCount = to - from;
  const present = new Uint8Array(rowCount);
  const bits = new Uint8Array(Math.ceil(rowCount / 8));
  let count = 0;
  for (let i = 0; i < rowCount; i++) {
    const value = values[rows[from + i]!]!;
    if (value === 0) continue;
    present[i] = 1;
    if (value === 2) bits[count >> 3] = bits[count >> 3]! | (1 << (count & 7));
    count++;
  }
  const nullCount = rowCount - count;
  const levels = encodeLevels(present, rowCount, nullCount);
  return { nullCount, levels, encoding: 'PLAIN', values: bits.subarray(0, Math.ceil(count / 8)) };
}

/** Encodes small numbers as INT32. */
export function encodeSmall(values: Uint8Array, rows: Uint32Array, from: number, to: number): EncodedValues {
  const words = new Uint32Array(to - from);
  for (let i = from; i < to; i++) words[i - from] = values[rows[i]!]!;
  return required(words);
}

function required(words: Uint32Array): EncodedValues {
  return { nullCount: 0, levels: NONE, encoding: 'PLAIN', values: new Uint8Array(words.buffer) };
}

function bounds(words: Uint32Array, end: number): { min: bigint; max: bigint } | undefined {
  if (end === 0) return undefined;
  const signed = new Int32Array(words.buffer);
  let least = 0;
  let most = 0;
  for (let at = 2; at < end; at += 2) {
    if (isLess(signed, words, at, least)) least = at;
    else if (isLess(signed, words, most, at)) most = at;
  }
  const values = new BigInt64Array(words.buffer);
  return { min: values[least / 2]!, max: values[most / 2]! };
}

function isLess(signed: Int32Array, words: Uint32Array, left: number, right: number): boolean {
  const leftHigh = signed[left + 1]!;
  const rightHigh = signed[right + 1]!;
  return leftHigh < rightHigh || (leftHigh === rightHigh && words[left]! < words[right]!);
}
