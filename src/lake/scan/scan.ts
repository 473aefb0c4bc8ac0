/**
 * Scan: the events of a time range from segments and tails, day by day, de-duplicated (copies.ts).
 *
 * A day that comes from L1 segments alone is streamed as it is. Of any other day the ids are read first, of all its rows,
 * so that the same copy survives whatever range is asked for; then what is wanted of the survivors. A small day is held
 * instead of being read twice. So memory is bounded by the rows of one day that no seal covers.
 */
import type { EventColumns } from '../../core/event/columns.ts';
import { DAY_MS, LIMITS } from '../../core/limits.ts';
import { assert, err, ok, type Result } from '../../core/std/result.ts';
import { wordsOf } from '../../core/std/words.ts';
import { dayOf, selectRows } from '../segment/columns.ts';
import { type People, type PersonRange, personFilter } from '../segment/people-bounds.ts';
import { allRows, keep } from '../segment/rows.ts';
import { readRowGroups } from '../segment/segment-read.ts';
import type { LakeColumn } from '../segment/segment-schema.ts';
import { type ReadBucket, r2Source, type SegmentSource, sharedSource } from '../segment/source.ts';
import { readAhead } from '../std/read-ahead.ts';
import { type Copies, type DayRows, findCopies, ID_COLUMNS, NO_COPIES, withoutCopies } from './copies.ts';
import { BudgetSpent, type RowBudget } from './row-budget.ts';

export interface ScanSegment {
  readonly path: string;
  readonly sizeBytes: number;
  readonly source: 'flush' | 'import' | 'seal';
  readonly incarnation: string;
  readonly seqFrom: number;
  /** Days of which this segment's rows count: those in its manifest rows that no seal covers; of a seal, its own day. */
  readonly days: readonly { readonly day: number; readonly rowCount: number }[];
  /** Null or absent: read from the object. */
  readonly footer?: Uint8Array | null;
}

/** Events of a shard that are not stored yet; with the columns wanted, and id. */
export interface ScanTail {
  readonly columns: EventColumns;
  readonly incarnation: string;
  readonly seqFrom: number;
}

export interface ScanRequest {
  readonly bucket: ReadBucket;
  readonly segments: readonly ScanSegment[];
  readonly tails: readonly ScanTail[];
  readonly startMs: number;
  readonly endMs: number;
  readonly wanted: ReadonlySet<LakeColumn>;
  /** `properties` is wanted only to know these: a segment that has columns of their own for all is read without the JSON. */
  readonly properties?: ReadonlySet<string>;
  /**
   * Only these people. Copies of one event under two people are then told apart only when both are asked for: who wants one
   * person asks for all of their ids at once.
   */
  readonly people?: People;
  /**
   * Asked before each reading of a sealed file: row groups without any of these people are left out. For a scan that finds
   * on its way that it wants fewer than `people`; rows are not filtered by it.
   */
  readonly narrowed?: () => PersonRange;
  /**
   * Handed over again and again by one who scans the same view several times, for some people each: the first scan compares
   * the ids of everybody and notes here which rows are further copies, the others go by it.
   */
  readonly copies?: CopiesByDay;
  /** Most rows to be touched. */
  readonly rowsMax?: number;
  /** Rows of segments that are read, be it several times, are taken from it. */
  readonly budget?: RowBudget;
}

export type CopiesByDay = Map<number, Copies>;

export interface ScanTotals {
  /** Rows delivered. */
  readonly eventCount: number;
  /** Rows of the segments' days and of the tails within the days of the range. */
  readonly scannedRowCount: number;
  /** Further copies left out, in the days of the range. */
  readonly duplicateCount: number;
}
/** The scan would touch more rows than allowed, or compare more of one day: nothing was read. Or its budget is spent. */
export interface ScanTooLarge {
  readonly code: 'scan-too-large' | 'day-too-mixed' | 'budget-spent';
  readonly rowCount: number;
  readonly rowsMax: number;
}

/**
 * A batch, the rows of it that count (ascending), and their day. `at` is always there; other columns at least as wanted.
 * Days come in ascending order; within a day the order of rows is not defined.
 */
export type OnBatch = (batch: EventColumns, rows: Uint32Array, day: number) => void | Promise<void>;

/** A day up to this many rows is held in memory instead of being read twice. */
const HELD_ROWS_MAX = 50_000;
/** Segments up to this size that serve several days are fetched once, whole. */
const SHARED_SIZE_BYTES_MAX = 4 * 1_024 * 1_024;
/** All of those together, at once. */
const SHARED_TOTAL_SIZE_BYTES_MAX = 32 * 1_024 * 1_024;

/** Where some rows of a day come from. */
type DaySource = (
  | { readonly kind: 'segment'; readonly segment: ScanSegment }
  /** With the rows of the day alone. */
  | { readonly kind: 'tail'; readonly tail: ScanTail }
) & { readonly rowCount: number };
interface DayPlan {
  readonly day: number;
  /** By rank; the day's rows are numbered through them. */
  readonly sources: readonly (DaySource & { readonly firstRow: number })[];
  readonly rowCount: number;
  /** Rows that no seal covers. With any, ids are compared. */
  readonly uncoveredRowCount: number;
}
type NumberedSource = DayPlan['sources'][number];
type Batch = Omit<DayRows, 'rows'>;
interface Step {
  readonly day: DayPlan;
  /** Null: a large day of which the copies are not known; its sources are read in its turn. */
  readonly source: NumberedSource | null;
  readonly isLast: boolean;
}

export async function scan(request: ScanRequest, onBatch: OnBatch): Promise<Result<ScanTotals, ScanTooLarge>> {
  const { rowsMax = LIMITS.scanRowsMax } = request;
  const days = planDays(request);
  const scannedRowCount = days.reduce((sum, day) => sum + day.rowCount, 0);
  if (scannedRowCount > rowsMax) return err({ code: 'scan-too-large', rowCount: scannedRowCount, rowsMax });
  const comparedMax = isOfFew(request) ? 0 : days.reduce((most, day) => Math.max(most, day.uncoveredRowCount), 0);
  if (comparedMax > LIMITS.mixedRowsMax) {
    return err({ code: 'day-too-mixed', rowCount: comparedMax, rowsMax: LIMITS.mixedRowsMax });
  }
  try {
    return ok({ scannedRowCount, ...(await scanDays(request, days, onBatch)) });
  } catch (cause) {
    if (cause instanceof BudgetSpent) {
      return err({ code: 'budget-spent', rowCount: cause.rowCount, rowsMax: cause.rowsMax });
    }
    throw cause;
  }
}

async function scanDays(
  request: ScanRequest,
  days: readonly DayPlan[],
  onBatch: OnBatch,
): Promise<Omit<ScanTotals, 'scannedRowCount'>> {
  const sources = new SourceCache(request.bucket, days);
  const filter = rowFilter(request);
  let eventCount = 0;
  let duplicateCount = 0;
  const deliver = async (batch: Batch, day: DayPlan, copies: Copies) => {
    const { columns } = batch;
    const rows = filter(columns, withoutCopies(batch, allRows(columns.rowCount), copies), day.day);
    eventCount += rows.length;
    if (rows.length > 0) await onBatch(columns, rows, day.day);
  };

  const known = (day: DayPlan) => (day.uncoveredRowCount > 0 ? request.copies?.get(day.day) : NO_COPIES);
  const isReadTwice = (day: DayPlan) => known(day) === undefined && day.rowCount > HELD_ROWS_MAX;
  const steps = days.flatMap((day): Step[] => {
    if (isReadTwice(day)) return [{ day, source: null, isLast: true }];
    return day.sources.map((source, index) => ({ day, source, isLast: index === day.sources.length - 1 }));
  });
  const read = async ({ day, source, isLast }: Step) => {
    const isCompared = known(day) === undefined;
    const columns = columnsOf(request, isCompared ? ID_COLUMNS : [], true);
    return { day, isLast, batches: source && (await readBatches(request, sources, day, source, columns, isCompared)) };
  };

  let held: Batch[] = [];
  for await (const { day, isLast, batches } of readAhead(steps, read)) {
    const copies = known(day);
    if (copies === undefined) held.push(...(batches ?? []));
    else for (const batch of batches ?? []) await deliver(batch, day, copies);
    if (!isLast) continue;
    if (copies === undefined) {
      const ids =
        batches === null ? () => readIds(request, sources, day) : () => ofThese(request, uncoveredFirst(held));
      const found = await findCopies(ids, countsOf(request, day));
      duplicateCount += found.count;
      request.copies?.set(day.day, found);
      const counting = batches === null ? readWanted(request, sources, day) : held;
      for await (const batch of counting) await deliver(batch, day, found);
      held = [];
    }
    sources.release(day.day);
  }
  return { eventCount, duplicateCount };
}

/** Of people named one by one only their own rows are compared. */
function isOfFew({ people, copies }: ScanRequest): boolean {
  return people !== undefined && 'hashes' in people && copies === undefined;
}

function countsOf(request: ScanRequest, { rowCount, uncoveredRowCount }: DayPlan) {
  return { uncoveredRowCount, sealedRowCount: rowCount - uncoveredRowCount, isOfFew: isOfFew(request) };
}

function uncoveredFirst<T extends { readonly isSealed: boolean }>(list: readonly T[]): T[] {
  return [...list.filter(({ isSealed }) => !isSealed), ...list.filter(({ isSealed }) => isSealed)];
}

/** The rows of a large day whose ids are to be compared. */
async function* readIds(request: ScanRequest, sources: SourceCache, day: DayPlan): AsyncGenerator<DayRows> {
  const columns = columnsOf(request, ID_COLUMNS, false);
  const read = (source: NumberedSource) => readBatches(request, sources, day, source, columns, true);
  const list = day.sources.map((source) => ({ source, isSealed: isSealed(source) }));
  for await (const batches of readAhead(uncoveredFirst(list), ({ source }) => read(source))) {
    yield* ofThese(request, batches);
  }
}

async function* ofThese(request: ScanRequest, batches: readonly Batch[]): AsyncGenerator<DayRows> {
  const isOfThese = isOfFew(request) ? personFilter(request.people!) : null;
  for (const batch of batches) {
    const { columns } = batch;
    if (isOfThese === null) yield batch;
    else {
      const words = wordsOf(columns.person);
      yield { ...batch, rows: keep(allRows(columns.rowCount), (row) => isOfThese(words, row)) };
    }
  }
}

/** The last reading of a large day. */
async function* readWanted(request: ScanRequest, sources: SourceCache, day: DayPlan): AsyncGenerator<Batch> {
  const columns = columnsOf(request, ['at'], true);
  const read = (source: NumberedSource) => readBatches(request, sources, day, source, columns, false);
  for await (const batches of readAhead(day.sources, read)) yield* batches;
}

/** Days of the range with what feeds them, ascending. */
function planDays({ segments, tails, startMs, endMs }: ScanRequest): DayPlan[] {
  const firstDay = dayOf(startMs);
  const lastDay = dayOf(endMs - 1);
  const byDay = new Map<number, DaySource[]>();
  const add = (day: number, source: DaySource) => {
    if (day < firstDay || day > lastDay || source.rowCount === 0) return;
    const list = byDay.get(day);
    if (list === undefined) byDay.set(day, [source]);
    else list.push(source);
  };
  for (const segment of segments) {
    for (const { day, rowCount } of segment.days) add(day, { kind: 'segment', segment, rowCount });
  }
  for (const tail of tails) {
    for (const [day, columns] of columnsByDay(tail.columns)) {
      add(day, { kind: 'tail', tail: { ...tail, columns }, rowCount: columns.rowCount });
    }
  }
  const days = [...byDay].sort(([left], [right]) => left - right);
  return days.map(([day, list]) => {
    let rowCount = 0;
    const sources = list.sort(compareSources).map((source) => {
      const firstRow = rowCount;
      rowCount += source.rowCount;
      return { ...source, firstRow };
    });
    const uncovered = list.filter((source) => !isSealed(source));
    return { day, sources, rowCount, uncoveredRowCount: uncovered.reduce((sum, source) => sum + source.rowCount, 0) };
  });
}

function isSealed(source: DaySource): boolean {
  return source.kind === 'segment' && source.segment.source === 'seal';
}

function columnsByDay(columns: EventColumns): Map<number, EventColumns> {
  const { at } = columns;
  const lists = new Map<number, number[]>();
  for (let row = 0; row < at.length; row++) {
    const day = dayOf(at[row] as number);
    const list = lists.get(day);
    if (list === undefined) lists.set(day, [row]);
    else list.push(row);
  }
  if (lists.size <= 1) return new Map([...lists.keys()].map((day) => [day, columns]));
  return new Map([...lists].map(([day, rows]) => [day, selectRows(columns, Uint32Array.from(rows))]));
}

function compareSources(left: DaySource, right: DaySource): number {
  const [leftSealed, leftFrom] = rankOf(left);
  const [rightSealed, rightFrom] = rankOf(right);
  if (leftSealed !== rightSealed) return leftSealed ? -1 : 1;
  if (leftFrom.incarnation !== rightFrom.incarnation) return leftFrom.incarnation < rightFrom.incarnation ? -1 : 1;
  return leftFrom.seqFrom - rightFrom.seqFrom;
}

function rankOf(source: DaySource): [boolean, { readonly incarnation: string; readonly seqFrom: number }] {
  return source.kind === 'tail' ? [false, source.tail] : [source.segment.source === 'seal', source.segment];
}

function columnsOf(request: ScanRequest, needed: readonly LakeColumn[], withWanted: boolean): ReadonlySet<LakeColumn> {
  const people: LakeColumn[] = request.people === undefined ? [] : ['person'];
  return new Set<LakeColumn>(['at', ...needed, ...people, ...(withWanted ? request.wanted : [])]);
}

/** All rows of the source's day when ids are compared; else the row groups of the range and of the people are enough. */
async function readBatches(
  { startMs, endMs, people, narrowed, properties, copies, budget }: ScanRequest,
  sources: SourceCache,
  { day }: DayPlan,
  source: NumberedSource,
  columns: ReadonlySet<LakeColumn>,
  isCompared: boolean,
): Promise<Batch[]> {
  const first = source.firstRow;
  if (source.kind === 'tail') return [{ firstRow: first, isSealed: false, columns: source.tail.columns }];
  const { segment, rowCount } = source;
  const batches: Batch[] = [];
  const asked = isCompared ? (copies === undefined ? people : undefined) : (narrowed?.() ?? people);
  const options = {
    columns,
    days: new Set([day]),
    ...(segment.footer ? { footer: segment.footer } : {}),
    ...(asked === undefined ? {} : { people: asked }),
    ...(properties === undefined ? {} : { properties }),
    ...(isCompared ? {} : { startMs, endMs }),
  };
  for await (const { firstRow, columns: batch } of readRowGroups(sources.of(segment), options)) {
    assert(
      firstRow + batch.rowCount <= rowCount,
      `segment ${segment.path} has more than ${rowCount} rows of day ${day}`,
    );
    budget?.spend(batch.rowCount);
    batches.push({ firstRow: first + firstRow, isSealed: isSealed(source), columns: batch });
  }
  return batches;
}

type RowFilter = (columns: EventColumns, rows: Uint32Array, day: number) => Uint32Array;

function rowFilter({ startMs, endMs, people }: ScanRequest): RowFilter {
  const isOfThese = people === undefined ? null : personFilter(people);
  return (columns, rows, day) => {
    // Columns are decoded when they are looked at: of a day within the range, as most are, no instant has to be.
    if (isOfThese === null && day * DAY_MS >= startMs && (day + 1) * DAY_MS <= endMs) return rows;
    const { at } = columns;
    if (isOfThese === null && isWithin(at, startMs, endMs)) return rows;
    const words = wordsOf(columns.person);
    return keep(rows, (row) => {
      const atMs = at[row]!;
      return atMs >= startMs && atMs < endMs && (isOfThese === null || isOfThese(words, row));
    });
  };
}

function isWithin(at: Float64Array, startMs: number, endMs: number): boolean {
  for (let row = 0; row < at.length; row++) if (at[row]! < startMs || at[row]! >= endMs) return false;
  return true;
}

/** Small segments that serve several days of the scan are fetched once, and let go with the last of these days. */
class SourceCache {
  readonly #bucket: ReadBucket;
  readonly #lastDay = new Map<ScanSegment, number>();
  readonly #shared = new Map<ScanSegment, SegmentSource>();
  #sharedSizeBytes = 0;

  constructor(bucket: ReadBucket, days: readonly DayPlan[]) {
    this.#bucket = bucket;
    const dayCounts = new Map<ScanSegment, number>();
    for (const { day, sources } of days) {
      for (const source of sources) {
        if (source.kind === 'tail') continue;
        const count = (dayCounts.get(source.segment) ?? 0) + 1;
        dayCounts.set(source.segment, count);
        if (count > 1) this.#lastDay.set(source.segment, day);
      }
    }
  }

  of(segment: ScanSegment): SegmentSource {
    const known = this.#shared.get(segment);
    if (known !== undefined) return known;
    const source = r2Source(this.#bucket, segment.path, segment.sizeBytes);
    const total = this.#sharedSizeBytes + segment.sizeBytes;
    const isShared = this.#lastDay.has(segment) && segment.sizeBytes <= SHARED_SIZE_BYTES_MAX;
    if (!isShared || total > SHARED_TOTAL_SIZE_BYTES_MAX) return source;
    this.#sharedSizeBytes = total;
    const shared = sharedSource(source);
    this.#shared.set(segment, shared);
    return shared;
  }

  release(day: number): void {
    for (const segment of this.#shared.keys()) {
      if ((this.#lastDay.get(segment) ?? day) > day) continue;
      this.#shared.delete(segment);
      this.#sharedSizeBytes -= segment.sizeBytes;
    }
  }
}
