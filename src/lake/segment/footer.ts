/**
 * Footer: the Parquet metadata of a segment, kept in the manifest so that a scan needs no read for it.
 *
 * The manifest has it as its size and the base64 of its zstd: metadata repeats itself per row group and column, and
 * shrinks to a sixth. A segment of very many days has a footer too large for a manifest row; then the scan reads it
 * from the file.
 */
import type { ColumnChunk, CompressionCodec, KeyValue, ParquetType, RowGroup, Statistics } from 'hyparquet';
import { parquetMetadata } from 'hyparquet/src/metadata.js';
import { LIMITS } from '../../core/limits.ts';
import { assert } from '../../core/std/result.ts';
import { compress, decompress } from '../encoding/zstd.ts';
import { fromBase64, toBase64 } from '../std/base64.ts';
import { SizedCache } from '../std/sized-cache.ts';
import type { SegmentSource } from './source.ts';

/** Longest packed footer that the manifest takes: well below a D1 row, because a day's scan reads hundreds of rows. */
const PACKED_LENGTH_MAX = 200_000;
/** Size of the first read of a footer that is not in the manifest; most fit. */
const FIRST_READ_SIZE_BYTES = 64 * 1_024;
const TAIL_SIZE_BYTES = 8;

/** Returns the footer as text; null when it is too large for a manifest row. */
export function packFooter(footer: Uint8Array): string | null {
  const text = `${footer.length}:${toBase64(compress(footer))}`;
  return text.length <= PACKED_LENGTH_MAX ? text : null;
}

/**
 * Returns a footer's bytes. A text unpacked before gives the same bytes, so that a footer parsed once serves many
 * questions.
 */
export function unpackFooter(text: string): Uint8Array {
  return unpacked.of(
    text,
    () => unpack(text),
    (footer) => text.length + footer.length,
  );
}

const unpacked = new SizedCache<string, Uint8Array>(LIMITS.footersSizeBytesMax);

function unpack(text: string): Uint8Array {
  const colon = text.indexOf(':');
  assert(colon > 0, 'packed footer without its size');
  return decompress(fromBase64(text.slice(colon + 1)), Number(text.slice(0, colon)));
}

export async function readFooter(source: SegmentSource): Promise<Uint8Array> {
  const guess = Math.min(source.sizeBytes, FIRST_READ_SIZE_BYTES);
  const end = await source.read(source.sizeBytes - guess, guess);
  assert(end.length >= TAIL_SIZE_BYTES, `segment of ${source.sizeBytes} bytes is no Parquet file`);
  const sizeBytes = new DataView(end.buffer, end.byteOffset + end.length - TAIL_SIZE_BYTES).getUint32(0, true);
  const wanted = sizeBytes + TAIL_SIZE_BYTES;
  assert(wanted <= source.sizeBytes, `footer of ${wanted} bytes in a segment of ${source.sizeBytes}`);
  return wanted <= end.length ? end.subarray(end.length - wanted) : source.read(source.sizeBytes - wanted, wanted);
}

export interface FooterColumn {
  readonly name: string;
  readonly type: ParquetType;
  readonly codec: CompressionCodec;
}

export interface FooterGroup {
  readonly rowCount: number;
  /** Bounds and nulls of the columns by which row groups are picked. */
  readonly at: Statistics | undefined;
  readonly person: Statistics | undefined;
  readonly keyHash: Statistics | undefined;
  readonly columns: readonly FooterColumn[];
  /** Where the chunk of each column begins and ends. */
  readonly ranges: Float64Array;
}

/** What readers look at in a footer: the metadata as parsed takes ten times as much, and a day has hundreds of files. */
export interface Footer {
  readonly columns: readonly FooterColumn[];
  readonly notes: readonly KeyValue[];
  readonly groups: readonly FooterGroup[];
}

/** Size of a parsed footer, as a multiple of its bytes: measured on files of one day and of a hundred. */
const PARSED_FACTOR = 2;
const parsed = new SizedCache<Uint8Array, Footer>(LIMITS.parsedFootersSizeBytesMax);

/**
 * Parses a footer once while it is in use: a scan reads a segment once a day. With many in use one may be parsed again.
 */
export function parseFooter(footer: Uint8Array): Footer {
  return parsed.of(
    footer,
    () => parse(footer),
    () => PARSED_FACTOR * footer.length,
  );
}

function parse(footer: Uint8Array): Footer {
  const { row_groups: rowGroups, key_value_metadata: notes = [] } = parquetMetadata(footer, {
    geoparquet: false,
    parsers: { timestampFromMilliseconds: Number },
  });
  const known = new Map<string, FooterColumn>();
  const groups = rowGroups.map((group) => groupOf(group, known));
  return { columns: groups[0]?.columns ?? [], notes, groups };
}

/** `known`: the columns of the row groups before, by name and codec. */
function groupOf({ columns: chunks, num_rows }: RowGroup, known: Map<string, FooterColumn>): FooterGroup {
  const ranges = new Float64Array(2 * chunks.length);
  const bounds: { [column: string]: Statistics | undefined } = {};
  const columns = chunks.map((chunk, at) => {
    const metadata = metadataOf(chunk);
    const { type, codec, dictionary_page_offset, data_page_offset, total_compressed_size, statistics } = metadata;
    const name = metadata.path_in_schema[0]!;
    ranges[2 * at] = Number(dictionary_page_offset ?? data_page_offset);
    ranges[2 * at + 1] = ranges[2 * at]! + Number(total_compressed_size);
    if (name === 'at' || name === 'person' || name === 'key_hash') bounds[name] = statistics;
    const column = known.get(`${codec} ${name}`) ?? { name, type, codec };
    known.set(`${codec} ${name}`, column);
    return column;
  });
  const { at, person, key_hash: keyHash } = bounds;
  return { rowCount: Number(num_rows), at, person, keyHash, columns, ranges };
}

function metadataOf({ meta_data }: ColumnChunk) {
  assert(meta_data !== undefined, 'column chunk without metadata');
  return meta_data;
}
