/**
 * Parquet stream: batches of events → the bytes of one Parquet file, row group by row group, then its footer.
 *
 * The file has the chosen columns, in the order and with the types of the lake: another reader sees one schema in both.
 */
import type { RowGroup } from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer/src/bytewriter.js';
import { writeMetadata } from 'hyparquet-writer/src/metadata.js';
import type { EventColumns } from '../../core/event/columns.ts';
import { encodeHashes, encodeNullableHashes, encodeSmall, encodeTimes } from '../encoding/number-encode.ts';
import { type EncodedValues, encodeText } from '../encoding/text-encode.ts';
import { writeChunk } from './chunk-write.ts';
import { isNumberColumn, LAKE_COLUMNS, type LakeColumn, PARQUET_SCHEMA } from './segment-schema.ts';

/** "PAR1", little-endian, at both ends of the file. */
const MAGIC = 0x31524150;

/** Columns that are encoded without a pause. */
const COLUMNS_AT_ONCE = 3;

export class ParquetStream {
  readonly #columns: readonly LakeColumn[];
  readonly #writer = new ByteWriter(64 * 1_024);
  readonly #rowGroups: RowGroup[] = [];
  #rowCount = 0;

  constructor(columns: ReadonlySet<LakeColumn>) {
    this.#columns = LAKE_COLUMNS.filter((column) => columns.has(column));
  }

  begin(): Uint8Array {
    this.#writer.appendUint32(MAGIC);
    return this.#take();
  }

  /** Writes all rows of the batch as one row group, and yields the bytes of some columns at a time. */
  *rows(batch: EventColumns): Generator<Uint8Array, void> {
    const writer = this.#writer;
    const startOffset = writer.offset;
    const rows = Uint32Array.from({ length: batch.rowCount }, (_, row) => row);
    const columns: RowGroup['columns'] = [];
    for (const name of this.#columns) {
      columns.push(writeChunk(writer, { name, type: physicalType(name) }, batch.rowCount, encode(name, batch, rows)));
      if (columns.length % COLUMNS_AT_ONCE === 0) yield this.#take();
    }
    this.#rowGroups.push({
      columns,
      total_byte_size: columns.reduce((sum, { meta_data }) => sum + (meta_data?.total_uncompressed_size ?? 0n), 0n),
      num_rows: BigInt(batch.rowCount),
      file_offset: BigInt(startOffset),
      total_compressed_size: BigInt(writer.offset - startOffset),
    });
    this.#rowCount += batch.rowCount;
    yield this.#take();
  }

  end(): Uint8Array {
    const elements = new Map(PARQUET_SCHEMA.map((element) => [element.name, element]));
    writeMetadata(this.#writer, {
      version: 2,
      created_by: 'tidemark',
      schema: [
        { name: 'events', num_children: this.#columns.length },
        ...this.#columns.map((name) => elements.get(name)!),
      ],
      num_rows: BigInt(this.#rowCount),
      row_groups: this.#rowGroups,
      metadata_length: 0,
    });
    this.#writer.appendUint32(MAGIC);
    return this.#take();
  }

  /** Returns the bytes written since the last call; offsets in the file go on. */
  #take(): Uint8Array {
    const bytes = this.#writer.getBytes().slice();
    this.#writer.index = 0;
    return bytes;
  }
}

function physicalType(name: LakeColumn): 'INT64' | 'INT32' | 'BYTE_ARRAY' {
  if (!isNumberColumn(name)) return 'BYTE_ARRAY';
  return name === 'late' ? 'INT32' : 'INT64';
}

function encode(name: LakeColumn, batch: EventColumns, rows: Uint32Array): EncodedValues {
  const to = batch.rowCount;
  switch (name) {
    case 'at':
      return encodeTimes(batch.at, rows, 0, to);
    case 'received_at':
      return encodeTimes(batch.receivedAt, rows, 0, to);
    case 'person':
      return encodeNullableHashes(batch.person, rows, 0, to);
    case 'key_hash':
      return encodeHashes(batch.keyHash, rows, 0, to);
    case 'late':
      return encodeSmall(batch.late, rows, 0, to);
    default:
      return encodeText(batch.strings[name], rows, 0, to);
  }
}
