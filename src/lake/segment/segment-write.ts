/**
 * Segment writer: EventColumns → one Parquet file in memory.
 *
 * L0 (one flush or import chunk): rows are ordered by (day, person, at, received_at). A row group does not cross a day,
 * so sealing a day reads only its row groups; but in a segment of very many days the small ones share row groups,
 * because metadata would outweigh the events. L1 (one range of people of a sealed day): rows are ordered by (person,
 * at, received_at, id), chosen properties have columns of their own, and JSON is compressed more, because it is written
 * once and kept.
 *
 * Equal rows give equal bytes under one compressor. The content hash is over the values before compression, so that
 * another release of zstd, or another level, stores the same content under the same hash.
 */
import { createHash } from 'node:crypto';
import type { ColumnChunk, ParquetType, RowGroup } from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer/src/bytewriter.js';
import { writeMetadata } from 'hyparquet-writer/src/metadata.js';
import { codedTexts, type EventColumns, LATE_BEYOND, LATE_IMPORT, type TypedColumn } from '../../core/event/columns.ts';
import { mayBeCopy } from '../../core/shard/window.ts';
import { assert } from '../../core/std/result.ts';
import {
  encodeBooleans,
  encodeDoubles,
  encodeKeyHashes,
  encodeNullableHashes,
  encodeSmall,
  encodeTimes,
} from '../encoding/number-encode.ts';
import { type EncodedValues, encodeText } from '../encoding/text-encode.ts';
import { LEVEL_DENSE, LEVEL_FAST } from '../encoding/zstd.ts';
import { Pacer } from '../std/pacer.ts';
import { writeChunk } from './chunk-write.ts';
import { absentKeysNote, columnKeysNote } from './column-keys.ts';
import { dayOf, sortRowsL0 } from './columns.ts';
import { type SealedRows, sealedRows } from './sealed-rows.ts';
import { isNumberColumn, LAKE_COLUMNS, type LakeColumn, parquetSchema, TYPED_BEFORE } from './segment-schema.ts';
import { typedName } from './typed-columns.ts';

export type SegmentOrder = 'l0' | 'l1';

/** Rows of one day in a segment, for the manifest. */
export interface SegmentDay {
  /** Days since the epoch, UTC. */
  readonly day: number;
  readonly rowCount: number;
  /** Number of rows that are in no part: imports, and events beyond the allowed lateness. */
  readonly uncounted: number;
  /** The part of `uncounted` that may be copies. */
  readonly undecided: number;
  /** Row groups that have rows of the day: exclusive at the end. */
  readonly rowGroupFrom: number;
  readonly rowGroupTo: number;
}

export interface EncodedSegment {
  readonly bytes: Uint8Array;
  readonly rowCount: number;
  readonly atMinMs: number;
  readonly atMaxMs: number;
  /** The days with rows, ascending. */
  readonly days: readonly SegmentDay[];
  /** SHA-256 of the content in 64 hex digits, independent of the compressor (CORRECTNESS C2). */
  readonly contentHash: string;
  /** End of the file from the Parquet metadata on; `packFooter` makes it a manifest text. */
  readonly footer: Uint8Array;
  /** Hash of the footer: tells whether an object found under the name has the very same layout. */
  readonly footerHash: string;
}

/** "PAR1", little-endian, at both ends of the file. */
const MAGIC = 0x31524150;
/** Rows of a row group: reading one person's rows then takes a few kilobytes of each column. */
const ROW_GROUP_ROWS_MAX: Record<SegmentOrder, number> = {
  /** A question about some people reads only the row groups of a flush that have some of them. */
  l0: 2_500,
  l1: 10_000,
};
/**
 * Maximum number of days that have row groups of their own, each 3 KB of metadata; with more days, small neighbours
 * share one. The layout of fewer days never changes: a flush that an earlier release has put and not recorded must come
 * out as the same content.
 */
const OWN_ROW_GROUP_DAYS_MAX = 64;
/** Columns that are compressed more in an L1. */
const DENSE_COLUMNS: ReadonlySet<LakeColumn> = new Set<LakeColumn>(['properties', 'context', 'url', 'title']);
const CREATED_BY = 'tidemark';
/** First guess of a row's size in the file; the buffer doubles when it is too small. */
const ROW_SIZE_BYTES_GUESS = 96;

interface Stretch {
  readonly day: number;
  readonly from: number;
  readonly to: number;
}

interface SegmentOptions {
  readonly order: SegmentOrder;
  /** The events of an L1, prepared before. */
  readonly sealed?: SealedRows;
}

/** Encodes a segment. Throws InvariantError on an empty batch, and on an L1 of more than one day. */
export function encodeSegment(columns: EventColumns, options: SegmentOptions): EncodedSegment {
  const steps = encodeInSteps(columns, options);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Encodes the same file, and lets other work use the thread between its row groups. */
export async function encodeSegmentPausing(columns: EventColumns, options: SegmentOptions): Promise<EncodedSegment> {
  const steps = encodeInSteps(columns, options);
  const pacer = new Pacer();
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    await pacer.pause();
  }
}

/** Yields after each row group but the last, and between columns of many rows. */
function* encodeInSteps(columns: EventColumns, options: SegmentOptions): Generator<void, EncodedSegment> {
  assert(columns.rowCount > 0, 'a segment needs at least one row');
  const sealed = options.order === 'l1' ? (options.sealed ?? sealedRows(columns)) : null;
  const rows = sealed?.order ?? sortRowsL0(columns);
  const writer = new ByteWriter(4_096 + columns.rowCount * ROW_SIZE_BYTES_GUESS);
  const hash = createHash('sha256').update(`tidemark segment 2 ${options.order}\n`);
  const typed = new Map(Object.entries(sealed?.columns.typed ?? {}));
  const rowGroupRowsMax = ROW_GROUP_ROWS_MAX[options.order];
  const rowGroups: RowGroup[] = [];
  const days: SegmentDay[] = [];
  const stretches = [...stretchesByDay(columns, rows)];
  assert(options.order === 'l0' || stretches.length === 1, 'an L1 segment holds one day');

  writer.appendUint32(MAGIC);
  for (const shared of sharingRowGroups(stretches)) {
    const rowGroupFrom = rowGroups.length;
    const end = shared.at(-1)!.to;
    for (let from = shared[0]!.from; from < end; from += rowGroupRowsMax) {
      const to = Math.min(from + rowGroupRowsMax, end);
      if (rowGroups.length > 0) yield;
      hash.update(`rows ${to - from}\n`);
      rowGroups.push(
        yield* writeRowGroup(writer, columns, typed, rows.subarray(from, to), options.order, (part) =>
          hash.update(part),
        ),
      );
    }
    for (const stretch of shared) {
      days.push({
        day: stretch.day,
        rowCount: stretch.to - stretch.from,
        uncounted: countUncounted(columns, rows, stretch),
        undecided: countUndecided(columns, rows, stretch),
        rowGroupFrom,
        rowGroupTo: rowGroups.length,
      });
    }
  }
  const metadataOffset = writer.offset;
  writeMetadata(writer, {
    version: 2,
    created_by: CREATED_BY,
    schema: parquetSchema(typed),
    num_rows: BigInt(columns.rowCount),
    row_groups: rowGroups,
    key_value_metadata: [
      sealed === null ? columnKeysNote(columns.strings.properties ?? []) : absentKeysNote(sealed.columns.absent),
    ],
    metadata_length: 0,
  });
  writer.appendUint32(MAGIC);

  const bytes = writer.getBytes();
  const footer = bytes.slice(metadataOffset);
  const [atMinMs, atMaxMs] = boundsOf(columns.at);
  return {
    bytes,
    rowCount: columns.rowCount,
    atMinMs,
    atMaxMs,
    days,
    contentHash: hash.digest('hex'),
    footer,
    footerHash: createHash('sha256').update(footer).digest('hex'),
  };
}

/** Values that are encoded without a pause. */
const VALUES_AT_ONCE = 16_384;

function* writeRowGroup(
  writer: ByteWriter,
  columns: EventColumns,
  typed: ReadonlyMap<string, TypedColumn>,
  rows: Uint32Array,
  order: SegmentOrder,
  addToHash: (part: Uint8Array | string) => void,
): Generator<void, RowGroup> {
  const startOffset = writer.offset;
  const chunks: ColumnChunk[] = [];
  let sizeBytes = 0n;
  const add = (name: string, type: ParquetType, encoded: EncodedValues, level: number) => {
    // Skips columns without values, which makes them nearly free: most columns of most tenants are null throughout.
    if (encoded.nullCount < rows.length) hashValues(name, encoded, addToHash);
    const chunk = writeChunk(writer, { name, type }, rows.length, encoded, level);
    sizeBytes += chunk.meta_data?.total_uncompressed_size ?? 0n;
    chunks.push(chunk);
  };
  for (const name of LAKE_COLUMNS) {
    if (name === TYPED_BEFORE) {
      for (const [property, column] of typed)
        add(typedName(property), TYPED_PHYSICAL[column.type], encodeTyped(column, rows), LEVEL_FAST);
    }
    const level = order === 'l1' && DENSE_COLUMNS.has(name) ? LEVEL_DENSE : LEVEL_FAST;
    add(name, physicalType(name), encodeColumn(name, columns, rows), level);
    if ((chunks.length * rows.length) % VALUES_AT_ONCE < rows.length) yield;
  }
  return {
    columns: chunks,
    total_byte_size: sizeBytes,
    num_rows: BigInt(rows.length),
    file_offset: BigInt(startOffset),
    total_compressed_size: BigInt(writer.offset - startOffset),
  };
}

function encodeColumn(name: LakeColumn, columns: EventColumns, rows: Uint32Array): EncodedValues {
  switch (name) {
    case 'at':
      return encodeTimes(columns.at, rows, 0, rows.length);
    case 'received_at':
      return encodeTimes(columns.receivedAt, rows, 0, rows.length);
    case 'person':
      return encodeNullableHashes(columns.person, rows, 0, rows.length);
    case 'key_hash':
      return encodeKeyHashes(columns, rows, 0, rows.length);
    case 'late':
      return encodeSmall(columns.late, rows, 0, rows.length);
    default:
      return encodeText(columns.strings[name], rows, 0, rows.length);
  }
}

const TYPED_PHYSICAL: Record<TypedColumn['type'], ParquetType> = {
  number: 'DOUBLE',
  boolean: 'BOOLEAN',
  text: 'BYTE_ARRAY',
};

function encodeTyped(column: TypedColumn, rows: Uint32Array): EncodedValues {
  switch (column.type) {
    case 'number':
      return encodeDoubles(column.values, rows, 0, rows.length);
    case 'boolean':
      return encodeBooleans(column.values, rows, 0, rows.length);
    case 'text':
      return encodeText(codedTexts(column.texts), rows, 0, rows.length);
  }
}

function physicalType(name: LakeColumn): ParquetType {
  if (!isNumberColumn(name)) return 'BYTE_ARRAY';
  return name === 'late' ? 'INT32' : 'INT64';
}

function hashValues(name: string, encoded: EncodedValues, add: (part: Uint8Array | string) => void): void {
  const { levels, dictionary, values } = encoded;
  add(`${name} ${encoded.encoding} ${levels.length} ${dictionary?.bytes.length ?? 0} ${values.length}\n`);
  add(levels);
  if (dictionary !== undefined) add(dictionary.bytes);
  add(values);
}

/** Returns the sorted rows of each day; an L1 has one day. */
function* stretchesByDay({ at }: EventColumns, rows: Uint32Array): Generator<Stretch> {
  let from = 0;
  let day = dayOf(at[rows[0]!]!);
  for (let i = 1; i < rows.length; i++) {
    const next = dayOf(at[rows[i]!]!);
    if (next === day) continue;
    yield { day, from, to: i };
    from = i;
    day = next;
  }
  yield { day, from, to: rows.length };
}

/** Returns each day alone; of many days, small neighbours together, until they have their share of all rows. */
function sharingRowGroups(stretches: readonly Stretch[]): Stretch[][] {
  const isMany = stretches.length > OWN_ROW_GROUP_DAYS_MAX;
  const rowsEnough = isMany ? Math.ceil(stretches.at(-1)!.to / OWN_ROW_GROUP_DAYS_MAX) : 0;
  const rowCountOf = ({ from, to }: Stretch) => to - from;
  const groups: Stretch[][] = [];
  let openRows = rowsEnough;
  for (const stretch of stretches) {
    const isShared = openRows < rowsEnough && rowCountOf(stretch) < rowsEnough;
    if (isShared) groups.at(-1)!.push(stretch);
    else groups.push([stretch]);
    openRows = (isShared ? openRows : 0) + rowCountOf(stretch);
  }
  return groups;
}

function countUncounted({ late }: EventColumns, rows: Uint32Array, { from, to }: Stretch): number {
  let count = 0;
  for (let i = from; i < to; i++) if ((late[rows[i]!]! & (LATE_BEYOND | LATE_IMPORT)) !== 0) count++;
  return count;
}

function countUndecided({ at, receivedAt, late }: EventColumns, rows: Uint32Array, { from, to }: Stretch): number {
  let count = 0;
  for (let i = from; i < to; i++) {
    const row = rows[i]!;
    if ((late[row]! & LATE_BEYOND) !== 0 && mayBeCopy(at[row]!, receivedAt[row]!)) count++;
  }
  return count;
}

function boundsOf(values: Float64Array): [number, number] {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return [min, max];
}
