/**
 * Column chunk, read: the bytes of one column of one row group → its values, with null where there is none.
 *
 * Understands what `chunk-write.ts` writes: data pages of version 2, flat columns, three encodings; anything else is
 * refused by name. 64-bit values are read as pairs of 32-bit words, never as BigInt.
 */
import type { ColumnMetaData } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { assert } from '../core/result.ts';
import { decodeHybrid } from './hybrid.ts';
import { decodeDeltaLength, decodePlain } from './text-decode.ts';
import { decompress } from './zstd.ts';

interface Page {
  readonly encoding: string;
  /** Definition levels, 1 where there is a value; null: every row has one. */
  readonly present: Uint8Array | null;
  readonly values: Uint8Array;
  readonly valueCount: number;
  readonly rowCount: number;
}
type Texts = (string | null)[];

export function readTexts(bytes: Uint8Array, metadata: ColumnMetaData): Texts {
  const { page, dictionary } = readPages(bytes, metadata, true);
  if (page.valueCount === 0) return new Array(page.rowCount).fill(null);
  return spread(decodeTexts(page, dictionary), page);
}

/** INT64 milliseconds. */
export function readTimes(bytes: Uint8Array, metadata: ColumnMetaData): Float64Array {
  const { page } = readPages(bytes, metadata, false);
  const low = wordsOf(page, 2);
  const high = new Int32Array(low.buffer, low.byteOffset, low.length);
  const values = new Float64Array(page.rowCount);
  for (let i = 0; i < values.length; i++) values[i] = (high[i * 2 + 1] as number) * 2 ** 32 + (low[i * 2] as number);
  return values;
}

/** INT64, 0 where null. */
export function readHashes(bytes: Uint8Array, metadata: ColumnMetaData, nullable: boolean): BigInt64Array {
  const { page } = readPages(bytes, metadata, nullable);
  const words = wordsOf(page, 2);
  const output = new Uint32Array(page.rowCount * 2);
  if (page.present === null) output.set(words);
  else {
    for (let row = 0, next = 0; row < page.rowCount; row++) {
      if (page.present[row] === 0) continue;
      output[row * 2] = words[next++] as number;
      output[row * 2 + 1] = words[next++] as number;
    }
  }
  return new BigInt64Array(output.buffer);
}

/** INT32 that fits in a byte. */
export function readSmall(bytes: Uint8Array, metadata: ColumnMetaData): Uint8Array {
  const { page } = readPages(bytes, metadata, false);
  return Uint8Array.from(wordsOf(page, 1));
}

function readPages(
  bytes: Uint8Array,
  metadata: ColumnMetaData,
  nullable: boolean,
): { page: Page; dictionary: string[] | null } {
  const name = metadata.path_in_schema.join('.');
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
  let header = parquetHeader(reader);
  let dictionary: string[] | null = null;
  if (header.dictionary_page_header !== undefined) {
    const end = reader.offset + header.compressed_page_size;
    const packed = bytes.subarray(reader.offset, end);
    dictionary = decodePlain(
      unpack(packed, header.uncompressed_page_size, metadata),
      header.dictionary_page_header.num_values,
    );
    reader.offset = end;
    header = parquetHeader(reader);
  }
  const data = header.data_page_header_v2;
  assert(data !== undefined, `column ${name}: ${header.type} where a data page of version 2 was expected`);
  assert(data.num_rows === Number(metadata.num_values), `column ${name}: more than one data page`);
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

function unpack(bytes: Uint8Array, sizeBytes: number, { codec, path_in_schema }: ColumnMetaData): Uint8Array {
  if (codec === 'UNCOMPRESSED') return bytes;
  assert(codec === 'ZSTD', `column ${path_in_schema.join('.')}: codec ${codec}`);
  return decompress(bytes, sizeBytes);
}

function decodeTexts({ encoding, values, valueCount }: Page, dictionary: string[] | null): string[] {
  if (encoding === 'DELTA_LENGTH_BYTE_ARRAY') return decodeDeltaLength(values, valueCount);
  if (encoding === 'PLAIN') return decodePlain(values, valueCount);
  assert(encoding === 'RLE_DICTIONARY' && dictionary !== null, `text in encoding ${encoding}`);
  const texts: string[] = new Array(valueCount);
  if (dictionary.length === 1) return texts.fill(dictionary[0] as string);
  const indexes = new Uint32Array(valueCount);
  decodeHybrid(values, 1, values[0] as number, indexes);
  for (let i = 0; i < valueCount; i++) texts[i] = dictionary[indexes[i] as number] as string;
  return texts;
}

function spread(texts: string[], { present, rowCount }: Page): Texts {
  if (present === null) return texts;
  const values: Texts = new Array(rowCount);
  for (let row = 0, next = 0; row < rowCount; row++)
    values[row] = present[row] === 1 ? (texts[next++] as string) : null;
  return values;
}

function wordsOf({ encoding, values, valueCount }: Page, wordsPerValue: 1 | 2): Uint32Array {
  assert(encoding === 'PLAIN', `numbers in encoding ${encoding}`);
  const count = valueCount * wordsPerValue;
  assert(values.length >= count * 4, `numbers: ${values.length} bytes for ${valueCount} values`);
  // An array of words must begin at a multiple of 4.
  const aligned = values.byteOffset % 4 === 0 ? values : new Uint8Array(values);
  return new Uint32Array(aligned.buffer, aligned.byteOffset, count);
}
