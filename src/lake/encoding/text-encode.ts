/**
 * Text encoder: the non-null values of one text column of one row group → the bytes of its pages before compression.
 *
 * Repetitive columns get a dictionary (in order of first appearance) and 8- or 16-bit indexes; the others are
 * DELTA_LENGTH_BYTE_ARRAY: all lengths, then all bytes. Whether a column is repetitive depends on its values alone, so
 * equal content gives equal bytes. Lone surrogates become U+FFFD, as in every UTF-8 encoder.
 */
import { ByteWriter } from 'hyparquet-writer/src/bytewriter.js';
import { deltaBinaryPack } from 'hyparquet-writer/src/delta.js';
import { encodeIndexes, encodeLevels } from './hybrid.ts';

export interface EncodedValues {
  readonly nullCount: number;
  /** Definition levels; empty for a required column. */
  readonly levels: Uint8Array;
  readonly encoding: 'PLAIN' | 'RLE_DICTIONARY' | 'DELTA_LENGTH_BYTE_ARRAY' | 'DELTA_BINARY_PACKED';
  /** Values, or indexes into the dictionary. */
  readonly values: Uint8Array;
  readonly dictionary?: { readonly bytes: Uint8Array; readonly count: number };
  readonly min?: bigint;
  readonly max?: bigint;
}

/** A dictionary is given up when it holds more than this plus half of the values seen. */
const DICTIONARY_FREE_COUNT = 64;
/** Maximum number of entries of a dictionary: indexes have 16 bits. */
const DICTIONARY_COUNT_MAX = 65_536;

const encoder = new TextEncoder();
const NONE = new Uint8Array();

// The arrays are reused between calls: encoding is synchronous, and they are as long as a row group.
let presentScratch = new Uint8Array(0);
let indexScratch = new Uint32Array(0);

/** Encodes `values[rows[from..to)]`. */
export function encodeText(
  values: readonly (string | null)[] | undefined,
  rows: Uint32Array,
  from: number,
  to: number,
): EncodedValues {
  const rowCount = to - from;
  if (values === undefined) return allNull(rowCount);
  if (presentScratch.length < rowCount) {
    presentScratch = new Uint8Array(rowCount);
    indexScratch = new Uint32Array(rowCount);
  }
  const dictionary: string[] = [];
  const indexOf = new Map<string, number>();
  let repetitive = true;
  let count = 0;
  let last: string | null = null;
  let lastIndex = 0;
  for (let i = 0; i < rowCount; i++) {
    const value = values[rows[from + i]!] as string | null;
    if (value === null || value === undefined) {
      presentScratch[i] = 0;
      continue;
    }
    presentScratch[i] = 1;
    if (repetitive && value !== last) {
      const found = indexOf.get(value);
      last = value;
      if (found !== undefined) lastIndex = found;
      else {
        lastIndex = dictionary.length;
        dictionary.push(value);
        indexOf.set(value, lastIndex);
        repetitive = lastIndex <= DICTIONARY_FREE_COUNT + count / 2 && lastIndex < DICTIONARY_COUNT_MAX;
      }
    }
    indexScratch[count++] = lastIndex;
  }
  if (count === 0) return allNull(rowCount);
  const nullCount = rowCount - count;
  const levels = encodeLevels(presentScratch, rowCount, nullCount);
  if (repetitive) {
    return {
      nullCount,
      levels,
      encoding: 'RLE_DICTIONARY',
      values: encodeIndexes(indexScratch, count, dictionary.length),
      dictionary: { bytes: encodePlain(dictionary), count: dictionary.length },
    };
  }
  const present: string[] = new Array(count);
  for (let i = 0, next = 0; i < rowCount; i++) {
    if (presentScratch[i] === 1) present[next++] = values[rows[from + i]!]!;
  }
  return { nullCount, levels, encoding: 'DELTA_LENGTH_BYTE_ARRAY', values: encodeDeltaLength(present) };
}

function allNull(rowCount: number): EncodedValues {
  return { nullCount: rowCount, levels: encodeLevels(NONE, rowCount, rowCount), encoding: 'PLAIN', values: NONE };
}

/** Encodes each value as its length in 4 bytes, little-endian, then its bytes. */
function encodePlain(values: readonly string[]): Uint8Array {
  let sizeMax = 0;
  for (const value of values) sizeMax += 4 + value.length * 3;
  const bytes = new Uint8Array(sizeMax);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const value of values) {
    const { written } = encoder.encodeInto(value, bytes.subarray(at + 4));
    view.setUint32(at, written, true);
    at += 4 + written;
  }
  return bytes.subarray(0, at);
}

function encodeDeltaLength(values: readonly string[]): Uint8Array {
  const text = values.join('');
  // One native call encodes the whole column, instead of one a value.
  let bytes = encoder.encode(text);
  const lengths = new Int32Array(values.length);
  let sum = 0;
  const ascii = bytes.length === text.length;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    lengths[i] = ascii ? value.length : utf8Length(value);
    sum += lengths[i]!;
  }
  // A high surrogate at the end of one value and a low one at the start of the next have met in the joined text.
  if (sum !== bytes.length) bytes = encodeApart(values, sum);
  const writer = new ByteWriter(bytes.length + values.length * 2 + 64);
  deltaBinaryPack(writer, lengths, 'INT32');
  writer.appendBytes(bytes);
  return writer.getBytes();
}

function encodeApart(values: readonly string[], sizeBytes: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  for (const value of values) at += encoder.encodeInto(value, bytes.subarray(at)).written;
  return bytes;
}

function utf8Length(value: string): number {
  let length = value.length;
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) length += 1;
    else if (unit >= 0xd800 && unit < 0xdc00 && isLowSurrogate(value.charCodeAt(i + 1))) {
      length += 2;
      i++;
    } else length += 2;
  }
  return length;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}
