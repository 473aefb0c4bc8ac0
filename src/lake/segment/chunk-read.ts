/**
 * Column chunk, read: the bytes of one column of one row group → its values, with null where a row has none.
 *
 * The reader takes the pages that `chunk-write.ts` writes, and wrote in earlier releases: data pages of version 2, flat
 * columns, four encodings. Anything else is refused by name. 64-bit values are read as pairs of 32-bit words, never as
 * BigInt. Texts stay as they lie in the file, a dictionary with codes or one text with bounds, until strings are asked
 * for.
 */

import { parquetHeader } from 'hyparquet/src/column.js';
import type { CodedTexts, PackedTexts } from '../../core/event/columns.ts';
import { assert } from '../../core/std/result.ts';
import { wordsOf } from '../../core/std/words.ts';
import { decodeDeltaTimes, decodeDeltaWords } from '../encoding/delta.ts';
import { decodeHybrid } from '../encoding/hybrid.ts';
import { decodePlain, packDeltaLength, packPlain } from '../encoding/text-decode.ts';
import { decompress } from '../encoding/zstd.ts';
import type { FooterColumn } from './footer.ts';

interface Page {
  readonly encoding: string;
  /** Definition levels, 1 where a row has a value; null when every row has one. */
  readonly present: Uint8Array | null;
  readonly values: Uint8Array;
  readonly valueCount: number;
  readonly rowCount: number;
}
interface Dictionary {
  readonly bytes: Uint8Array;
  readonly count: number;
}

export type TextColumn = { readonly coded: CodedTexts } | { readonly packed: PackedTexts };

/** What reading a chunk needs to know of it. */
export interface ChunkFacts extends FooterColumn {
  readonly rowCount: number;
}

export function readText(bytes: Uint8Array, metadata: ChunkFacts): TextColumn {
  const { page, dictionary } = readPages(bytes, metadata, true);
  const { encoding, values, valueCount, rowCount, present } = page;
  if (valueCount === 0) return { coded: { entries: [null], codes: new Uint8Array(rowCount) } };
  if (encoding === 'RLE_DICTIONARY') {
    assert(dictionary !== null, `column ${metadata.name}: codes without a dictionary`);
    return { coded: codedOf(page, dictionary) };
  }
  assert(encoding === 'DELTA_LENGTH_BYTE_ARRAY' || encoding === 'PLAIN', `text in encoding ${encoding}`);
  const { text, ends } = encoding === 'PLAIN' ? packPlain(values, valueCount) : packDeltaLength(values, valueCount);
  return { packed: { text, starts: startsOf(ends, present, rowCount), present } };
}

/** Reads INT64 milliseconds. */
export function readTimes(bytes: Uint8Array, metadata: ChunkFacts): Float64Array {
  const { page } = readPages(bytes, metadata, false);
  if (page.encoding === 'DELTA_BINARY_PACKED') return decodeDeltaTimes(page.values, page.rowCount);
  const low = plainWords(page, 2);
  const high = new Int32Array(low.buffer, low.byteOffset, low.length);
  const values = new Float64Array(page.rowCount);
  for (let i = 0; i < values.length; i++) values[i] = high[i * 2 + 1]! * 2 ** 32 + low[i * 2]!;
  return values;
}

/** Reads INT64. A null becomes the value of `instead` in the same row, or 0 without `instead`. */
export function readHashes(
  bytes: Uint8Array,
  metadata: ChunkFacts,
  { isNullable, instead }: { readonly isNullable: boolean; readonly instead?: BigInt64Array },
): BigInt64Array {
  const { page } = readPages(bytes, metadata, isNullable);
  const { present, rowCount, valueCount } = page;
  if (valueCount === 0 && rowCount > 0) return instead ?? new BigInt64Array(rowCount);
  const words =
    page.encoding === 'DELTA_BINARY_PACKED' ? decodeDeltaWords(page.values, valueCount) : plainWords(page, 2);
  if (present === null) {
    // The words are copied out of the bytes of a window, which they would otherwise keep in memory.
    const own = words.buffer.byteLength === words.length * 4 ? words : words.slice();
    return new BigInt64Array(own.buffer as ArrayBuffer);
  }
  const other = instead && wordsOf(instead);
  const output = new Uint32Array(rowCount * 2);
  for (let row = 0, next = 0; row < rowCount; row++) {
    if (present[row] === 1) {
      output[row * 2] = words[next++]!;
      output[row * 2 + 1] = words[next++]!;
    } else if (other !== undefined) {
      output[row * 2] = other[row * 2]!;
      output[row * 2 + 1] = other[row * 2 + 1]!;
    }
  }
  return new BigInt64Array(output.buffer);
}

/** Reads INT32 that fits in a byte. */
export function readSmall(bytes: Uint8Array, metadata: ChunkFacts): Uint8Array {
  const { page } = readPages(bytes, metadata, false);
  return Uint8Array.from(plainWords(page, 1));
}

/** Reads DOUBLE, NaN where null. */
export function readDoubles(bytes: Uint8Array, metadata: ChunkFacts): Float64Array {
  const { page, dictionary } = readPages(bytes, metadata, true);
  const { encoding, values, valueCount, rowCount, present } = page;
  if (valueCount === 0) return new Float64Array(rowCount).fill(Number.NaN);
  let found: Float64Array;
  if (encoding === 'RLE_DICTIONARY') {
    assert(dictionary !== null, `column ${metadata.name}: codes without a dictionary`);
    const entries = doublesOf(dictionary.bytes, dictionary.count);
    const codes = new Uint32Array(valueCount);
    if (dictionary.count > 1) decodeHybrid(values, 1, values[0]!, codes);
    found = new Float64Array(valueCount);
    for (let i = 0; i < valueCount; i++) found[i] = entries[codes[i]!]!;
  } else {
    assert(encoding === 'PLAIN', `doubles in encoding ${encoding}`);
    found = doublesOf(values, valueCount);
  }
  if (present === null) return found;
  const output = new Float64Array(rowCount);
  for (let row = 0, next = 0; row < rowCount; row++) {
    output[row] = present[row] === 1 ? found[next++]! : Number.NaN;
  }
  return output;
}

/** Reads BOOLEAN: 0 where null, 1 false, 2 true. */
export function readBooleans(bytes: Uint8Array, metadata: ChunkFacts): Uint8Array {
  const { page } = readPages(bytes, metadata, true);
  const { encoding, values, valueCount, rowCount, present } = page;
  const output = new Uint8Array(rowCount);
  if (valueCount === 0) return output;
  assert(encoding === 'PLAIN', `booleans in encoding ${encoding}`);
  for (let row = 0, next = 0; row < rowCount; row++) {
    if (present !== null && present[row] === 0) continue;
    output[row] = 1 + ((values[next >> 3]! >> (next & 7)) & 1);
    next++;
  }
  return output;
}

function readPages(
  bytes: Uint8Array,
  metadata: ChunkFacts,
  nullable: boolean,
): { page: Page; dictionary: Dictionary | null } {
  const name = metadata.name;
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
  let header = parquetHeader(reader);
  let dictionary: Dictionary | null = null;
  if (header.dictionary_page_header !== undefined) {
    const end = reader.offset + header.compressed_page_size;
    const packed = bytes.subarray(reader.offset, end);
    dictionary = {
      bytes: unpack(packed, header.uncompressed_page_size, metadata),
      count: header.dictionary_page_header.num_values,
    };
    reader.offset = end;
    header = parquetHeader(reader);
  }
  const data = header.data_page_header_v2;
  assert(data !== undefined, `column ${name}: ${header.type} where a data page of version 2 was expected`);
  assert(data.num_rows === metadata.rowCount, `column ${name}: more than one data page`);
  const levelsSizeBytes = data.definition_levels_byte_length;
  let present: Uint8Array | null = null;
  if (nullable && data.num_nulls > 0) {
    present = new Uint8Array(data.num_values);
    if (data.num_nulls < data.num_values) decodeHybrid(bytes, reader.offset, 1, present);
  }
  const end = reader.offset + header.compressed_page_size;
  const packed = bytes.subarray(reader.offset + levelsSizeBytes, end);
  const values = unpack(packed, header.uncompressed_page_size - levelsSizeBytes, metadata);
  const valueCount = data.num_values - data.num_nulls;
  return { page: { encoding: data.encoding, present, values, valueCount, rowCount: data.num_rows }, dictionary };
}

function unpack(bytes: Uint8Array, sizeBytes: number, { codec, name }: ChunkFacts): Uint8Array {
  if (codec === 'UNCOMPRESSED' || bytes.length === 0) return bytes;
  assert(codec === 'ZSTD', `column ${name}: codec ${codec}`);
  return decompress(bytes, sizeBytes);
}

/** Returns the texts as a dictionary and codes. Codes are one more than in the file: 0 is null. */
function codedOf({ values, valueCount, rowCount, present }: Page, { bytes, count }: Dictionary): CodedTexts {
  const entries = [null, ...decodePlain(bytes, count)];
  const make = count < 2 ** 8 - 1 ? Uint8Array : count < 2 ** 16 - 1 ? Uint16Array : Uint32Array;
  const found = new make(valueCount);
  if (count > 1) decodeHybrid(values, 1, values[0]!, found);
  if (present === null) {
    for (let i = 0; i < valueCount; i++) found[i] = found[i]! + 1;
    return { entries, codes: found };
  }
  const codes = new make(rowCount);
  for (let row = 0, next = 0; row < rowCount; row++) {
    if (present[row] === 1) codes[row] = found[next++]! + 1;
  }
  return { entries, codes };
}

/** Returns the bounds of each row's text from the ends of the texts that are present. */
function startsOf(ends: Uint32Array, present: Uint8Array | null, rowCount: number): Uint32Array {
  const starts = new Uint32Array(rowCount + 1);
  if (present === null) {
    starts.set(ends, 1);
    return starts;
  }
  for (let row = 0, next = 0, end = 0; row < rowCount; row++) {
    if (present[row] === 1) end = ends[next++]!;
    starts[row + 1] = end;
  }
  return starts;
}

function plainWords({ encoding, values, valueCount }: Page, wordsPerValue: 1 | 2): Uint32Array {
  assert(encoding === 'PLAIN', `numbers in encoding ${encoding}`);
  const count = valueCount * wordsPerValue;
  assert(values.length >= count * 4, `numbers: ${values.length} bytes for ${valueCount} values`);
  // An array of words must begin at a multiple of 4.
  const aligned = values.byteOffset % 4 === 0 ? values : new Uint8Array(values);
  return new Uint32Array(aligned.buffer, aligned.byteOffset, count);
}

function doublesOf(bytes: Uint8Array, count: number): Float64Array {
  assert(bytes.length >= count * 8, `doubles: ${bytes.length} bytes for ${count} values`);
  return new Float64Array(bytes.slice(0, count * 8).buffer);
}
