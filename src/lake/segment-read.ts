/**
 * Segment reader: Parquet → EventColumns, one batch a row group, only the columns and row groups asked for.
 *
 * Numeric columns that were not asked for are empty arrays; text columns are absent. With a footer at hand at most three
 * reads fetch all that is wanted (of each 16 MB).
 */
import type { ColumnChunk, ColumnMetaData, FileMetaData } from 'hyparquet';
import type { EventColumns } from '../core/columns.ts';
import type { StringColumn } from '../core/event.ts';
import { assert } from '../core/result.ts';
import { readHashes, readSmall, readTexts, readTimes } from './chunk-read.ts';
import { dayOf } from './columns.ts';
import { parseFooter, readFooter } from './footer.ts';
import { type ByteRange, coalesce, windows } from './read-plan.ts';
import { isNumberColumn, type LakeColumn } from './segment-schema.ts';
import type { SegmentSource } from './source.ts';

export interface ReadOptions {
  readonly columns: ReadonlySet<LakeColumn>;
  /** Only row groups of these days (since the epoch, UTC). */
  readonly days?: ReadonlySet<number>;
  /** Only row groups that may hold an event of [startMs, endMs); rows are not filtered. */
  readonly startMs?: number;
  readonly endMs?: number;
  /** Only row groups that may hold a person of this range of signed 64-bit hashes; rows are not filtered. */
  readonly people?: PersonRange;
  /** As the writer returned it; read from the source when absent. */
  readonly footer?: Uint8Array;
}
export interface PersonRange {
  readonly min: bigint;
  /** Inclusive. */
  readonly max: bigint;
}

/** One row group, with its place in the file. */
export interface RowGroupBatch {
  readonly rowGroup: number;
  readonly columns: EventColumns;
}

interface Chunk extends ByteRange {
  readonly column: LakeColumn;
  readonly metadata: ColumnMetaData;
}
interface GroupPlan {
  readonly rowGroup: number;
  readonly rowCount: number;
  /** In file order. */
  readonly chunks: readonly Chunk[];
}

export async function* readSegment(source: SegmentSource, options: ReadOptions): AsyncGenerator<EventColumns> {
  for await (const { columns } of readRowGroups(source, options)) yield columns;
}

export async function* readRowGroups(source: SegmentSource, options: ReadOptions): AsyncGenerator<RowGroupBatch> {
  const footer = options.footer ?? (await readFooter(source));
  for (const window of windows(planGroups(parseFooter(footer), options), spanOf)) {
    const chunks = window.flatMap((group) => group.chunks);
    const ranges = coalesce(chunks);
    const blocks = await Promise.all(ranges.map(({ from, to }) => source.read(from, to - from)));
    for (const { rowGroup, rowCount, chunks } of window) {
      const bytesOf = (chunk: ByteRange) => {
        const i = ranges.findIndex((range) => chunk.from >= range.from && chunk.to <= range.to);
        const start = chunk.from - (ranges[i] as ByteRange).from;
        return (blocks[i] as Uint8Array).subarray(start, start + chunk.to - chunk.from);
      };
      yield { rowGroup, columns: decodeGroup(rowCount, chunks, bytesOf, options.columns) };
    }
  }
}

function planGroups(metadata: FileMetaData, options: ReadOptions): GroupPlan[] {
  const plans: GroupPlan[] = [];
  for (const [rowGroup, { columns, num_rows }] of metadata.row_groups.entries()) {
    if (!mayHold(columns, options)) continue;
    const chunks = columns.map(chunkOf).filter(({ column }) => options.columns.has(column));
    plans.push({ rowGroup, rowCount: Number(num_rows), chunks });
  }
  return plans;
}

function mayHold(chunks: readonly ColumnChunk[], { days, startMs, endMs, people }: ReadOptions): boolean {
  const at = statisticsOf(chunks, 'at');
  const atMinMs = at?.min_value as number | undefined;
  const atMaxMs = at?.max_value as number | undefined;
  if (atMinMs !== undefined && atMaxMs !== undefined) {
    if (days !== undefined && !days.has(dayOf(atMinMs)) && !days.has(dayOf(atMaxMs))) return false;
    if (startMs !== undefined && atMaxMs < startMs) return false;
    if (endMs !== undefined && atMinMs >= endMs) return false;
  }
  if (people === undefined) return true;
  const person = statisticsOf(chunks, 'person');
  // Without bounds no row of the group has a person.
  if (person?.min_value === undefined || person.max_value === undefined) return people.min <= 0n && people.max >= 0n;
  const hasNull = (person.null_count ?? 1n) > 0n && people.min <= 0n && people.max >= 0n;
  return hasNull || ((person.max_value as bigint) >= people.min && (person.min_value as bigint) <= people.max);
}

function statisticsOf(chunks: readonly ColumnChunk[], column: LakeColumn) {
  return chunks.find(({ meta_data }) => meta_data?.path_in_schema[0] === column)?.meta_data?.statistics;
}

function chunkOf({ meta_data: metadata }: ColumnChunk): Chunk {
  assert(metadata !== undefined, 'column chunk without metadata');
  const from = Number(metadata.dictionary_page_offset ?? metadata.data_page_offset);
  const column = metadata.path_in_schema[0] as LakeColumn;
  return { column, metadata, from, to: from + Number(metadata.total_compressed_size) };
}

function spanOf({ chunks }: GroupPlan): ByteRange {
  return { from: chunks[0]?.from ?? 0, to: chunks.at(-1)?.to ?? 0 };
}

function decodeGroup(
  rowCount: number,
  chunks: readonly Chunk[],
  bytesOf: (chunk: Chunk) => Uint8Array,
  wanted: ReadonlySet<LakeColumn>,
): EventColumns {
  const strings: { [column in StringColumn]?: (string | null)[] } = {};
  let at: Float64Array = new Float64Array();
  let receivedAt: Float64Array = new Float64Array();
  let person: BigInt64Array = new BigInt64Array();
  let keyHash: BigInt64Array = new BigInt64Array();
  let late: Uint8Array = new Uint8Array();
  for (const chunk of chunks) {
    const { column, metadata } = chunk;
    const bytes = bytesOf(chunk);
    if (column === 'at') at = readTimes(bytes, metadata);
    else if (column === 'received_at') receivedAt = readTimes(bytes, metadata);
    else if (column === 'person') person = readHashes(bytes, metadata, true);
    else if (column === 'key_hash') keyHash = readHashes(bytes, metadata, false);
    else if (column === 'late') late = readSmall(bytes, metadata);
    else strings[column] = readTexts(bytes, metadata);
  }
  // A column that came into the schema after the segment was written.
  for (const column of wanted) {
    if (!isNumberColumn(column) && strings[column] === undefined) strings[column] = new Array(rowCount).fill(null);
  }
  return { rowCount, at, receivedAt, person, keyHash, late, strings };
}
