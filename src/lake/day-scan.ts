/**
 * Day scan: the events of one day, whole rows, row group by row group: what an export streams.
 *
 * Ids are compared as in every scan (CORRECTNESS B7), and only where the day is more than its seal: then the day is read
 * for the ids first, half a million at a time, then for what is wanted. `scan` keeps a whole segment of the
 * columns wanted at a time, which is right for a few columns and too much for all of them; here it is one row group.
 */
import type { EventColumns } from '../core/columns.ts';
import { DAY_MS, LIMITS } from '../core/limits.ts';
import { dayOf, selectRows } from './columns.ts';
import type { ScanSegment, ScanTail } from './scan.ts';
import { isDropped, Survivors } from './seal/survivors.ts';
import { readSegment } from './segment-read.ts';
import type { LakeColumn } from './segment-schema.ts';
import { bytesSource, type ReadBucket, r2Source, type SegmentSource } from './source.ts';

export interface DayScanRequest {
  readonly bucket: ReadBucket;
  readonly day: number;
  /** Segments and tails of other days are passed over. */
  readonly segments: readonly ScanSegment[];
  /** With the columns wanted, and id. */
  readonly tails: readonly ScanTail[];
  readonly startMs: number;
  readonly endMs: number;
  readonly wanted: ReadonlySet<LakeColumn>;
}

/** A batch and the rows of it that count, ascending; never none. */
export interface DayBatch {
  readonly columns: EventColumns;
  readonly rows: Uint32Array;
}

const ID_COLUMNS: ReadonlySet<LakeColumn> = new Set<LakeColumn>(['received_at', 'id', 'key_hash']);
/** Fetched in one read, while the one before is decoded; bigger ones by range. */
const WHOLE_SIZE_BYTES_MAX = 4 * 1_024 * 1_024;

type DaySource =
  | { readonly kind: 'segment'; readonly segment: ScanSegment }
  | { readonly kind: 'tail'; readonly tail: ScanTail };

export async function* scanDay(request: DayScanRequest): AsyncGenerator<DayBatch> {
  const { day, startMs, endMs } = request;
  const sources = sourcesOf(request);
  const dropped = isMixed(sources) ? await findDropped(request, sources) : null;
  const cutsDay = startMs > day * DAY_MS || endMs < (day + 1) * DAY_MS;
  const columns = new Set<LakeColumn>([...request.wanted, 'at']);
  let first = 0;
  for await (const batch of readSources(request, sources, columns)) {
    const rows: number[] = [];
    for (let row = 0; row < batch.rowCount; row++) {
      if (dropped !== null && isDropped(dropped, first + row)) continue;
      const atMs = batch.at[row]!;
      if (!cutsDay || (atMs >= startMs && atMs < endMs)) rows.push(row);
    }
    first += batch.rowCount;
    if (rows.length > 0) yield { columns: batch, rows: Uint32Array.from(rows) };
  }
}

/** Sealed ones first, for their seal has decided; then by incarnation and seq, which decides between equal receipts. */
function sourcesOf({ day, segments, tails }: DayScanRequest): DaySource[] {
  const list: DaySource[] = [
    ...segments
      .filter(({ days }) => days.some((each) => each.day === day))
      .map((segment): DaySource => ({ kind: 'segment', segment })),
    ...tails.flatMap((tail): DaySource[] => {
      const columns = rowsOfDay(tail.columns, day);
      return columns.rowCount === 0 ? [] : [{ kind: 'tail', tail: { ...tail, columns } }];
    }),
  ];
  return list.sort((left, right) => compare(keyOf(left), keyOf(right)));
}

function keyOf(source: DaySource): [number, string, number] {
  if (source.kind === 'tail') return [1, source.tail.incarnation, source.tail.seqFrom];
  const { incarnation, seqFrom } = source.segment;
  return [source.segment.source === 'seal' ? 0 : 1, incarnation, seqFrom];
}

function compare(left: [number, string, number], right: [number, string, number]): number {
  if (left[0] !== right[0]) return left[0] - right[0];
  if (left[1] !== right[1]) return left[1] < right[1] ? -1 : 1;
  return left[2] - right[2];
}

function rowsOfDay(columns: EventColumns, day: number): EventColumns {
  const rows: number[] = [];
  for (let row = 0; row < columns.rowCount; row++) if (dayOf(columns.at[row]!) === day) rows.push(row);
  return rows.length === columns.rowCount ? columns : selectRows(columns, Uint32Array.from(rows));
}

function isMixed(sources: readonly DaySource[]): boolean {
  return sources.some((source) => source.kind === 'tail' || source.segment.source !== 'seal');
}

/** A bit a row: 1 for a further copy. As many ids at a time as fit, so a very big day is read for its ids several times. */
async function findDropped(request: DayScanRequest, sources: readonly DaySource[]): Promise<Uint8Array> {
  const rowCount = sources.reduce((sum, source) => sum + rowCountOf(source, request.day), 0);
  const count = Math.max(1, Math.ceil(rowCount / LIMITS.sealIdsMax));
  const dropped = new Uint8Array(Math.ceil(rowCount / 8));
  for (let index = 0; index < count; index++) {
    const survivors = new Survivors(rowCount, { index, count });
    for await (const batch of readSources(request, sources, ID_COLUMNS)) survivors.add(batch);
    for (const [at, bits] of survivors.dropped.entries()) dropped[at]! |= bits;
  }
  return dropped;
}

function rowCountOf(source: DaySource, day: number): number {
  if (source.kind === 'tail') return source.tail.columns.rowCount;
  return source.segment.days.find((each) => each.day === day)?.rowCount ?? 0;
}

/** Every row of the day, in the same order at each reading. */
async function* readSources(
  { bucket, day }: DayScanRequest,
  sources: readonly DaySource[],
  columns: ReadonlySet<LakeColumn>,
): AsyncGenerator<EventColumns> {
  const days = new Set([day]);
  let next = openAt(bucket, sources, 0);
  for (const [index, source] of sources.entries()) {
    const opened = await next;
    next = openAt(bucket, sources, index + 1);
    // Awaited in its turn; until then a failure must not count as unhandled.
    next?.catch(() => {});
    if (source.kind === 'tail') yield source.tail.columns;
    else {
      const { footer } = source.segment;
      yield* readSegment(opened!, { columns, days, ...(footer && { footer }) });
    }
  }
}

function openAt(
  bucket: ReadBucket,
  sources: readonly DaySource[],
  index: number,
): Promise<SegmentSource | null> | undefined {
  const source = sources[index];
  return source && open(bucket, source);
}

async function open(bucket: ReadBucket, source: DaySource): Promise<SegmentSource | null> {
  if (source.kind === 'tail') return null;
  const { path, sizeBytes } = source.segment;
  const remote = r2Source(bucket, path, sizeBytes);
  return sizeBytes <= WHOLE_SIZE_BYTES_MAX ? bytesSource(await remote.read(0, sizeBytes)) : remote;
}
