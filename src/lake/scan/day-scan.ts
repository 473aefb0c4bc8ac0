/**
 * Day scan: the events of one day, whole rows, row group by row group, as an export streams them.
 *
 * Ids are compared as in every scan (copies.ts), and only where more counts for the day than its seal: then the day is read
 * for its ids first, then for the wanted columns. `scan` holds the wanted columns of a whole segment at a time, which is right
 * for a few columns and too much for all of them; this one holds one row group.
 */
import type { EventColumns } from '../../core/event/columns.ts';
import { DAY_MS } from '../../core/limits.ts';
import type { HashKey } from '../../core/std/hash.ts';
import { rowsOfDays } from '../segment/columns.ts';
import { allRows, keep } from '../segment/rows.ts';
import { readRowGroups } from '../segment/segment-read.ts';
import type { LakeColumn } from '../segment/segment-schema.ts';
import { bytesSource, type ReadBucket, r2Source, type SegmentSource } from '../segment/source.ts';
import { Pacer } from '../std/pacer.ts';
import { type Copies, type DayRows, findCopies, ID_COLUMNS, NO_COPIES, withoutCopies } from './copies.ts';
import type { ScanSegment, ScanTail } from './scan-request.ts';

export interface DayScanRequest {
  readonly bucket: ReadBucket;
  /** The tenant's key, by which ids are compared. */
  readonly hashKey: HashKey;
  readonly day: number;
  /** Rows of other days are passed over. */
  readonly segments: readonly ScanSegment[];
  /** Tails with the wanted columns, id and sender. */
  readonly tails: readonly ScanTail[];
  readonly startMs: number;
  readonly endMs: number;
  readonly wanted: ReadonlySet<LakeColumn>;
}

/** A batch and the rows of it that count: at least one, ascending. */
export interface DayBatch {
  readonly columns: EventColumns;
  readonly rows: Uint32Array;
}

/** A segment up to this size is fetched in one read, while the one before is decoded; a bigger one is read by range. */
const WHOLE_SIZE_BYTES_MAX = 4 * 1_024 * 1_024;

type DaySource = (
  | { readonly kind: 'segment'; readonly segment: ScanSegment }
  | { readonly kind: 'tail'; readonly tail: ScanTail }
) & { readonly isSealed: boolean; readonly rowCount: number };
/** The day's rows are numbered through its sources. */
type NumberedSource = DaySource & { readonly firstRow: number };

export async function* scanDay(request: DayScanRequest): AsyncGenerator<DayBatch> {
  const { day, startMs, endMs } = request;
  const sources = sourcesOf(request);
  const copies = await copiesOf(request, sources);
  const cutsDay = startMs > day * DAY_MS || endMs < (day + 1) * DAY_MS;
  const pacer = new Pacer();
  for await (const batch of readSources(request, sources, new Set([...request.wanted, 'at']))) {
    const { columns } = batch;
    await pacer.spend(columns.rowCount);
    const counting = withoutCopies(batch, allRows(columns.rowCount), copies);
    const { at } = columns;
    const rows = cutsDay ? keep(counting, (row) => at[row]! >= startMs && at[row]! < endMs) : counting;
    if (rows.length > 0) yield { columns, rows };
  }
}

/** Sealed sources first, then by incarnation and seq, which decides between equal receipts. */
function sourcesOf({ day, segments, tails }: DayScanRequest): NumberedSource[] {
  const days = new Set([day]);
  const list = [
    ...segments.map((segment): DaySource => {
      const rowCount = segment.days.find((each) => each.day === day)?.rowCount ?? 0;
      return { kind: 'segment', segment, rowCount, isSealed: segment.source === 'seal' };
    }),
    ...tails.map((tail): DaySource => {
      const columns = rowsOfDays(tail.columns, days);
      return { kind: 'tail', tail: { ...tail, columns }, rowCount: columns.rowCount, isSealed: false };
    }),
  ];
  let firstRow = 0;
  return list
    .filter(({ rowCount }) => rowCount > 0)
    .sort((left, right) => compare(keyOf(left), keyOf(right)))
    .map((source) => {
      const numbered = { ...source, firstRow };
      firstRow += source.rowCount;
      return numbered;
    });
}

function keyOf(source: DaySource): [number, string, number] {
  const { incarnation, seqFrom } = source.kind === 'tail' ? source.tail : source.segment;
  return [source.isSealed ? 0 : 1, incarnation, seqFrom];
}

function compare(left: [number, string, number], right: [number, string, number]): number {
  if (left[0] !== right[0]) return left[0] - right[0];
  if (left[1] !== right[1]) return left[1] < right[1] ? -1 : 1;
  return left[2] - right[2];
}

async function copiesOf(request: DayScanRequest, sources: readonly NumberedSource[]): Promise<Copies> {
  const sealed = sources.filter(({ isSealed }) => isSealed);
  const uncovered = sources.filter(({ isSealed }) => !isSealed);
  if (uncovered.length === 0) return NO_COPIES;
  const count = (list: readonly DaySource[]) => list.reduce((sum, { rowCount }) => sum + rowCount, 0);
  return findCopies(() => readSources(request, [...uncovered, ...sealed], new Set(ID_COLUMNS)), {
    hashKey: request.hashKey,
    sealedRowCount: count(sealed),
    uncoveredRowCount: count(uncovered),
  });
}

/** Every row of the day in these sources. */
async function* readSources(
  { bucket, day }: DayScanRequest,
  sources: readonly NumberedSource[],
  columns: ReadonlySet<LakeColumn>,
): AsyncGenerator<DayRows> {
  const days = new Set([day]);
  let next = openAt(bucket, sources, 0);
  for (const [index, source] of sources.entries()) {
    const opened = await next;
    next = openAt(bucket, sources, index + 1);
    // The promise is awaited in its turn; until then a failure must not count as unhandled.
    next?.catch(() => {});
    const { firstRow, isSealed } = source;
    if (source.kind === 'tail') yield { firstRow, isSealed, columns: source.tail.columns };
    else {
      const { footer } = source.segment;
      for await (const group of readRowGroups(opened!, { columns, days, ...(footer && { footer }) })) {
        yield { firstRow: firstRow + group.firstRow, isSealed, columns: group.columns };
      }
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
