/**
 * Column chunk, written: one column of one row group as at most two pages, a dictionary and a data page (version 2).
 *
 * hyparquet-writer's own column writer copies and visits every value about ten times, nulls included; with 32 columns,
 * most of them null, that took most of the time. Its page headers, thrift and metadata are used as they are.
 */
import type { ColumnChunk, ParquetType } from 'hyparquet';
import type { ByteWriter } from 'hyparquet-writer';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import type { EncodedValues } from '../encoding/text-encode.ts';
import { compress, LEVEL_FAST } from '../encoding/zstd.ts';

/** Smaller chunks are stored uncompressed: a call of the compressor costs 20 µs and saves less than a read's noise. */
const COMPRESSED_SIZE_BYTES_MIN = 256;
/** A chunk that does not shrink below this share of its size is stored uncompressed, which costs nothing to read. */
const SHRUNK_MAX = 0.95;

export function writeChunk(
  writer: ByteWriter,
  column: { readonly name: string; readonly type: ParquetType },
  rowCount: number,
  encoded: EncodedValues,
  level = LEVEL_FAST,
): ColumnChunk {
  const { dictionary, levels, values, encoding, nullCount } = encoded;
  const startOffset = writer.offset;
  const shrunk = shrink(values, dictionary?.bytes, level);
  let uncompressedSizeBytes = 0;

  if (dictionary !== undefined) {
    const bytes = shrunk?.dictionary ?? dictionary.bytes;
    const headerOffset = writer.offset;
    writePageHeader(writer, {
      type: 'DICTIONARY_PAGE',
      uncompressed_page_size: dictionary.bytes.length,
      compressed_page_size: bytes.length,
      dictionary_page_header: { num_values: dictionary.count, encoding: 'PLAIN' },
    });
    uncompressedSizeBytes += writer.offset - headerOffset + dictionary.bytes.length;
    writer.appendBytes(bytes);
  }

  const dataOffset = writer.offset;
  const bytes = shrunk?.values ?? values;
  writePageHeader(writer, {
    type: 'DATA_PAGE_V2',
    uncompressed_page_size: levels.length + values.length,
    compressed_page_size: levels.length + bytes.length,
    data_page_header_v2: {
      num_values: rowCount,
      num_nulls: nullCount,
      num_rows: rowCount,
      encoding,
      definition_levels_byte_length: levels.length,
      repetition_levels_byte_length: 0,
      is_compressed: true,
    },
  });
  uncompressedSizeBytes += writer.offset - dataOffset + levels.length + values.length;
  writer.appendBytes(levels);
  writer.appendBytes(bytes);

  return {
    file_offset: BigInt(startOffset),
    meta_data: {
      type: column.type,
      encodings: dictionary === undefined ? [encoding] : ['PLAIN', encoding],
      path_in_schema: [column.name],
      codec: shrunk === null ? 'UNCOMPRESSED' : 'ZSTD',
      num_values: BigInt(rowCount),
      total_uncompressed_size: BigInt(uncompressedSizeBytes),
      total_compressed_size: BigInt(writer.offset - startOffset),
      data_page_offset: BigInt(dataOffset),
      ...(dictionary === undefined ? {} : { dictionary_page_offset: BigInt(startOffset) }),
      statistics: {
        null_count: BigInt(nullCount),
        ...(encoded.min === undefined ? {} : { min_value: encoded.min, max_value: encoded.max }),
      },
    },
  };
}

/** Compresses both pages; null when it is not worth it. */
function shrink(
  values: Uint8Array,
  dictionary: Uint8Array | undefined,
  level: number,
): { readonly values: Uint8Array; readonly dictionary: Uint8Array | null } | null {
  const sizeBytes = values.length + (dictionary?.length ?? 0);
  if (sizeBytes < COMPRESSED_SIZE_BYTES_MIN) return null;
  const shrunk = {
    values: compress(values, level),
    dictionary: dictionary === undefined ? null : compress(dictionary, level),
  };
  const shrunkSizeBytes = shrunk.values.length + (shrunk.dictionary?.length ?? 0);
  return shrunkSizeBytes > SHRUNK_MAX * sizeBytes ? null : shrunk;
}
