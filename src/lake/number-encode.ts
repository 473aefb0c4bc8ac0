/**
 * Number encoder: the numeric columns of one row group → plain little-endian values, which zstd shrinks well because rows
 * are sorted. BigInt is avoided per value: 64-bit columns are copied as pairs of 32-bit words.
 */
import { encodeLevels } from './hybrid.ts';
import type { EncodedValues } from './text-encode.ts';

const NONE = new Uint8Array();
const TWO_32 = 2 ** 32;

/** Milliseconds as INT64, with their bounds. */
export function encodeTimes(values: Float64Array, rows: Uint32Array, from: number, to: number): EncodedValues {
  const words = new Uint32Array((to - from) * 2);
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = from, at = 0; i < to; i++) {
    const value = values[rows[i] as number] as number;
    if (value < min) min = value;
    if (value > max) max = value;
    words[at++] = value % TWO_32;
    words[at++] = Math.floor(value / TWO_32);
  }
  return { ...required(words), min: BigInt(min), max: BigInt(max) };
}

/** 64-bit hashes that are all there. */
export function encodeHashes(values: BigInt64Array, rows: Uint32Array, from: number, to: number): EncodedValues {
  const source = wordsOf(values);
  const words = new Uint32Array((to - from) * 2);
  for (let i = from, at = 0; i < to; i++) {
    const word = (rows[i] as number) * 2;
    words[at++] = source[word] as number;
    words[at++] = source[word + 1] as number;
  }
  return required(words);
}

/** 64-bit hashes where 0 means none, with their bounds. */
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
    const word = (rows[from + i] as number) * 2;
    const low = source[word] as number;
    const high = source[word + 1] as number;
    if (low === 0 && high === 0) continue;
    present[i] = 1;
    words[at++] = low;
    words[at++] = high;
  }
  const nullCount = rowCount - at / 2;
  const bytes = new Uint8Array(words.buffer, 0, at * 4);
  const levels = encodeLevels(present, rowCount, nullCount);
  return { nullCount, levels, encoding: 'PLAIN', values: bytes, ...bounds(words, at) };
}

/** Small numbers as INT32. */
export function encodeSmall(values: Uint8Array, rows: Uint32Array, from: number, to: number): EncodedValues {
  const words = new Uint32Array(to - from);
  for (let i = from; i < to; i++) words[i - from] = values[rows[i] as number] as number;
  return required(words);
}

export function wordsOf(values: BigInt64Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
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
  return { min: values[least / 2] as bigint, max: values[most / 2] as bigint };
}

function isLess(signed: Int32Array, words: Uint32Array, left: number, right: number): boolean {
  const leftHigh = signed[left + 1] as number;
  const rightHigh = signed[right + 1] as number;
  return leftHigh < rightHigh || (leftHigh === rightHigh && (words[left] as number) < (words[right] as number));
}
