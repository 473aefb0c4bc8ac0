/**
 * Segment reader: Parquet → EventColumns, one batch a row group, only the columns and row groups asked for.
 *
 * Numeric columns that were not asked for are empty arrays; text columns are absent. With a footer at hand at most
 * three reads fetch everything wanted (per window of 16 MB).
 *
 * A row group that several days share gives only the rows of the days asked for. It is always read, whatever people or
 * instants are asked for, because the numbers of the rows behind it depend on how many rows it gives.
 */
import type { Statistics } from 'hyparquet';
import {
  type CodedTexts,
  codedTexts,
  type EventColumns,
  type PackedTexts,
  packedTexts,
  type TypedColumn,
} from '../../core/event/columns.ts';
import type { StringColumn } from '../../core/event/event.ts';
import { defineLazy } from '../std/lazy.ts';
import {
  type ChunkFacts,
  readBooleans,
  readDoubles,
  readHashes,
  readSmall,
  readText,
  readTimes,
  type TextColumn,
} from './chunk-read.ts';
import { isAbsentKey } from './column-keys.ts';
import { dayOf, rowsOfDays } from './columns.ts';
import { type Footer, type FooterGroup, parseFooter, readFooter } from './footer.ts';
import { mayHavePeople, mayHoldPeople, type People } from './people-bounds.ts';
import { type ByteRange, coalesce, windows } from './read-plan.ts';
import { isNumberColumn, type LakeColumn } from './segment-schema.ts';
import type { SegmentSource } from './source.ts';
import { codedFrom, propertyOfColumn } from './typed-columns.ts';

export interface ReadOptions {
  readonly columns: ReadonlySet<LakeColumn>;
  /**
   * Properties for which alone `properties` is wanted. In a segment that has a column of its own for each, those
   * columns are read instead of the JSON.
   */
  readonly properties?: ReadonlySet<string>;
  /** Only rows of these days (since the epoch, UTC). */
  readonly days?: ReadonlySet<number>;
  /** Only row groups that may hold an event of [startMs, endMs); rows are not filtered. */
  readonly startMs?: number;
  readonly endMs?: number;
  /** Only row groups that may hold one of these; rows are not filtered. */
  readonly people?: People;
  /** Footer as the writer returned it; read from the source when absent. */
  readonly footer?: Uint8Array;
}
/** One row group, with its place in the file. */
export interface RowGroupBatch {
  readonly rowGroup: number;
  /** Number of rows of the days asked for that lie before it, read or not. */
  readonly firstRow: number;
  readonly columns: EventColumns;
}

interface Chunk extends ByteRange {
  /** Name of the column in the file. */
  readonly column: string;
  readonly metadata: ChunkFacts;
}
interface GroupPlan {
  readonly rowGroup: number;
  /** Rows of the days asked for in row groups that are not read, between the one read before and this. */
  readonly skippedRows: number;
  readonly rowCount: number;
  /** True when it may have rows of days that were not asked for. */
  readonly isShared: boolean;
  /** Chunks in file order. */
  readonly chunks: readonly Chunk[];
  /** Whether some key hash may be null, which stands for that of the person. Segments of the first format have no nulls. */
  readonly hasNullKeys: boolean;
}

export async function* readSegment(source: SegmentSource, options: ReadOptions): AsyncGenerator<EventColumns> {
  for await (const { columns } of readRowGroups(source, options)) yield columns;
}

export async function* readRowGroups(source: SegmentSource, options: ReadOptions): AsyncGenerator<RowGroupBatch> {
  const footer = options.footer ?? (await readFooter(source));
  if (options.people !== undefined && !mayHavePeople(footer, options.people)) return;
  const metadata = parseFooter(footer);
  const wanted = wantedOf(metadata, options);
  let firstRow = 0;
  for (const window of windows(planGroups(metadata, options, wanted), spanOf)) {
    const chunks = window.flatMap((group) => group.chunks);
    const ranges = coalesce(chunks);
    const blocks = await Promise.all(ranges.map(({ from, to }) => source.read(from, to - from)));
    for (const { rowGroup, skippedRows, rowCount, isShared, chunks, hasNullKeys } of window) {
      const bytesOf = (chunk: ByteRange) => {
        const i = ranges.findIndex((range) => chunk.from >= range.from && chunk.to <= range.to);
        const start = chunk.from - ranges[i]!.from;
        return blocks[i]!.subarray(start, start + chunk.to - chunk.from);
      };
      const group = decodeGroup({ rowCount, chunks, hasNullKeys }, bytesOf, wanted);
      const columns = isShared ? rowsOfDays(group, options.days!) : group;
      firstRow += skippedRows;
      if (columns.rowCount > 0) yield { rowGroup, firstRow, columns };
      firstRow += columns.rowCount;
    }
  }
}

interface Wanted {
  readonly columns: ReadonlySet<LakeColumn>;
  /** Properties to be read from columns of their own. */
  readonly typed: ReadonlySet<string>;
  /** Properties that no event has. */
  readonly absent: ReadonlySet<string>;
}

const NONE: ReadonlySet<string> = new Set();

function wantedOf(metadata: Footer, { columns, properties }: ReadOptions): Wanted {
  if (properties === undefined || !columns.has('properties')) return { columns, typed: NONE, absent: NONE };
  const existing = new Set(metadata.columns.map(({ name }) => propertyOfColumn(name)));
  const absent = new Set([...properties].filter((property) => isAbsentKey(metadata, property)));
  const typed = new Set([...properties].filter((property) => existing.has(property)));
  if (![...properties].every((property) => typed.has(property) || absent.has(property))) {
    return { columns, typed: NONE, absent };
  }
  return { columns: new Set([...columns].filter((column) => column !== 'properties')), typed, absent };
}

function isWanted(column: string, { columns, typed }: Wanted): boolean {
  if (columns.has(column as LakeColumn)) return true;
  const property = propertyOfColumn(column);
  return property !== null && typed.has(property);
}

/** Plans the row groups to read. Key hashes are null where they are the person, so both columns are read. */
function planGroups(metadata: Footer, options: ReadOptions, asked: Wanted): GroupPlan[] {
  const { columns: names } = asked;
  const wanted: Wanted = { ...asked, columns: names.has('key_hash') ? new Set([...names, 'person']) : names };
  const plans: GroupPlan[] = [];
  let skippedRows = 0;
  for (const [rowGroup, group] of metadata.groups.entries()) {
    const { rowCount } = group;
    const span = timesOf(group.at);
    if (!mayHoldDays(span, options)) continue;
    const isShared = options.days !== undefined && !isWithinOneDay(span);
    if (!isShared && !mayHold(group.person, span, options)) {
      skippedRows += rowCount;
      continue;
    }
    const chunks = chunksOf(group, (column) => isWanted(column, wanted) || (isShared && column === 'at'));
    const hasNullKeys = group.keyHash?.null_count !== 0n;
    plans.push({ rowGroup, skippedRows, rowCount, isShared, chunks, hasNullKeys });
    skippedRows = 0;
  }
  return plans;
}

/** The first and the last instant of a row group; null when unknown. */
type Times = { readonly minMs: number; readonly maxMs: number } | null;

function timesOf(at: Statistics | undefined): Times {
  const { min_value: minMs, max_value: maxMs } = at ?? {};
  return typeof minMs === 'number' && typeof maxMs === 'number' ? { minMs, maxMs } : null;
}

function isWithinOneDay(times: Times): boolean {
  return times !== null && dayOf(times.minMs) === dayOf(times.maxMs);
}

function mayHoldDays(times: Times, { days }: ReadOptions): boolean {
  if (days === undefined || times === null) return true;
  for (const day of days) if (day >= dayOf(times.minMs) && day <= dayOf(times.maxMs)) return true;
  return false;
}

function mayHold(person: Statistics | undefined, times: Times, { startMs, endMs, people }: ReadOptions): boolean {
  if (times !== null) {
    if (startMs !== undefined && times.maxMs < startMs) return false;
    if (endMs !== undefined && times.minMs >= endMs) return false;
  }
  return people === undefined || mayHoldPeople(person, people);
}

function chunksOf({ columns, ranges, rowCount }: FooterGroup, isRead: (column: string) => boolean): Chunk[] {
  const chunks: Chunk[] = [];
  for (const [at, { name, type, codec }] of columns.entries()) {
    if (!isRead(name)) continue;
    const metadata = { name, type, codec, rowCount };
    chunks.push({ column: name, metadata, from: ranges[2 * at]!, to: ranges[2 * at + 1]! });
  }
  return chunks;
}

function spanOf({ chunks }: GroupPlan): ByteRange {
  return { from: chunks[0]?.from ?? 0, to: chunks.at(-1)?.to ?? 0 };
}

/** Texts of columns, unpacked at the first use in any of the three forms, once. */
class LazyTexts {
  readonly strings: { [column in StringColumn]?: readonly (string | null)[] } = {};
  readonly coded: { [column in StringColumn]?: CodedTexts } = {};
  readonly packed: { [column in StringColumn]?: PackedTexts } = {};

  add(column: StringColumn, read: () => TextColumn): void {
    let known: TextColumn | undefined;
    const text = () => {
      known ??= read();
      return known;
    };
    defineLazy(this.coded, column, () => codedIn(text()));
    defineLazy(this.packed, column, () => packedIn(text()));
    defineLazy(this.strings, column, () => stringsOf(text()));
  }
}

function codedIn(text: TextColumn): CodedTexts | undefined {
  return 'coded' in text ? text.coded : undefined;
}

function packedIn(text: TextColumn): PackedTexts | undefined {
  return 'packed' in text ? text.packed : undefined;
}

function stringsOf(text: TextColumn): (string | null)[] {
  return 'coded' in text ? codedTexts(text.coded) : packedTexts(text.packed);
}

function decodeGroup(
  { rowCount, chunks, hasNullKeys }: Pick<GroupPlan, 'rowCount' | 'chunks' | 'hasNullKeys'>,
  bytesOf: (chunk: Chunk) => Uint8Array,
  wanted: Wanted,
): EventColumns {
  const texts = new LazyTexts();
  let readAt = (): Float64Array => new Float64Array();
  let receivedAt: Float64Array = new Float64Array();
  let person: BigInt64Array = new BigInt64Array();
  let keyHash: BigInt64Array = new BigInt64Array();
  let late: Uint8Array = new Uint8Array();
  const typed: { [property: string]: TypedColumn } = {};
  for (const chunk of chunks) {
    const { metadata } = chunk;
    const column = chunk.column as LakeColumn;
    const bytes = bytesOf(chunk);
    const property = propertyOfColumn(chunk.column);
    if (property !== null) defineLazy(typed, property, () => readTyped(bytes, metadata));
    else if (column === 'at') readAt = () => readTimes(bytes, metadata);
    else if (column === 'received_at') receivedAt = readTimes(bytes, metadata);
    else if (column === 'person') person = readHashes(bytes, metadata, { isNullable: true });
    else if (column === 'key_hash') keyHash = readHashes(bytes, metadata, { isNullable: hasNullKeys, instead: person });
    else if (column === 'late') late = readSmall(bytes, metadata);
    else texts.add(column, () => readText(bytes, metadata));
  }
  // Stands for columns that came into the schema after the segment was written.
  const absent: TextColumn = { coded: { entries: [null], codes: new Uint8Array(rowCount) } };
  const found = new Set<string>(chunks.map(({ column }) => column));
  for (const column of wanted.columns) {
    if (!isNumberColumn(column) && !found.has(column)) texts.add(column, () => absent);
  }
  const { strings, coded, packed } = texts;
  if (!wanted.columns.has('person')) person = new BigInt64Array();
  const at = new Float64Array();
  const notes = wanted.absent.size > 0 && { absent: wanted.absent };
  const numbers = { rowCount, at, receivedAt, person, keyHash, late };
  const group: EventColumns = { ...numbers, strings, coded, packed, typed, ...notes };
  // Questions that count whole days do not look at instants, so they are decoded at the first use.
  defineLazy(group, 'at', readAt);
  return group;
}

function readTyped(bytes: Uint8Array, metadata: ChunkFacts): TypedColumn {
  if (metadata.type === 'DOUBLE') return { type: 'number', values: readDoubles(bytes, metadata) };
  if (metadata.type === 'BOOLEAN') return { type: 'boolean', values: readBooleans(bytes, metadata) };
  const text = readText(bytes, metadata);
  return { type: 'text', texts: 'coded' in text ? text.coded : codedFrom(packedTexts(text.packed)) };
}
