/**
 * Scan: the events of a time range from segments and tails, day by day, de-duplicated (CORRECTNESS B7): of the copies of
 * one (id, key_hash) the survivor is the least (received_at, incarnation, seqFrom, row order). Sealed segments come before
 * all others: their seal has decided already.
 *
 * A day that comes from L1 segments alone is streamed as it is. Of any other day the ids are read first, of all its rows,
 * so that the same copy survives whatever range is asked for; then what is wanted of the survivors. A small day is held
 * instead of being read twice. So memory is bounded by the ids of one day.
 */
import type { EventColumns } from '../core/columns.ts';
import { DAY_MS, LIMITS } from '../core/limits.ts';
import { err, ok, type Result } from '../core/result.ts';
import { dayOf } from './columns.ts';
import { Deduplicator } from './deduplicate.ts';
import { wordsOf } from './number-encode.ts';
import type { PersonRange } from './people-bounds.ts';
import { readAhead } from './read-ahead.ts';
import { readRowGroups } from './segment-read.ts';
import type { LakeColumn } from './segment-schema.ts';
import { type ReadBucket, r2Source, type SegmentSource, sharedSource } from './source.ts';

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
   * Only these people, by signed 64-bit hash, both ends included; 0 stands for none. Copies of one event under two people
   * are then told apart only when both are in the range.
   */
  readonly people?: PersonRange;
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
}

/** Day → place of a batch in it → 1 for each row that is a further copy. Batches without any are not there. */
export type CopiesByDay = Map<number, Copies>;
type Copies = ReadonlyMap<string, Uint8Array>;

export interface ScanTotals {
  /** Rows delivered. */
  readonly eventCount: number;
  /** Rows of the segments' days and of the tails within the days of the range. */
  readonly scannedRowCount: number;
  /** Further copies left out, in the days of the range. */
  readonly duplicateCount: number;
}
/** The scan would touch more rows than allowed; nothing was read. */
export interface ScanTooLarge {
  readonly code: 'scan-too-large';
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
const ID_COLUMNS: readonly LakeColumn[] = ['at', 'received_at', 'id', 'key_hash'];

/** Where some rows of a day come from. */
type DaySource =
  | { readonly kind: 'segment'; readonly segment: ScanSegment; readonly rowCount: number }
  | { readonly kind: 'tail'; readonly tail: ScanTail; readonly rows: Uint32Array; readonly rowCount: number };
interface DayPlan {
  readonly day: number;
  /** By rank. */
  readonly sources: readonly DaySource[];
  readonly rowCount: number;
  /** Ids are compared. */
  readonly isMixed: boolean;
}
interface Batch {
  /** Number of its source in the day, and of the row group in that. */
  readonly place: string;
  readonly columns: EventColumns;
  readonly rows: Uint32Array;
}

export async function scan(request: ScanRequest, onBatch: OnBatch): Promise<Result<ScanTotals, ScanTooLarge>> {
  const { rowsMax = LIMITS.scanRowsMax } = request;
  const days = planDays(request);
  const scannedRowCount = days.reduce((sum, day) => sum + day.rowCount, 0);
  if (scannedRowCount > rowsMax) return err({ code: 'scan-too-large', rowCount: scannedRowCount, rowsMax });

  const sources = new SourceCache(request.bucket, days);
  const filter = rowFilter(request);
  let eventCount = 0;
  let duplicateCount = 0;
  const deliver = async (columns: EventColumns, candidates: Uint32Array, day: number) => {
    const rows = filter(columns, candidates, day);
    eventCount += rows.length;
    if (rows.length > 0) await onBatch(columns, rows, day);
  };

  const known = (day: DayPlan) => (day.isMixed ? request.copies?.get(day.day) : NO_COPIES);
  const steps = days.flatMap((day) => day.sources.map((source) => ({ day, source })));
  let comparison = new Comparison();
  let held: Batch[] = [];
  let done = 0;
  const read = ({ day, source }: (typeof steps)[number]) => {
    const isCompared = known(day) === undefined;
    const columns = columnsOf(request, isCompared ? ID_COLUMNS : [], !isCompared || isHeld(day));
    return readBatches(request, sources, day, source, columns, isCompared);
  };

  for await (const { day, batches } of readAhead(steps, read)) {
    const copies = known(day);
    for (const batch of batches) {
      if (copies !== undefined) await deliver(batch.columns, survivors(batch, copies), day.day);
      else {
        comparison.add(batch);
        if (isHeld(day)) held.push(batch);
      }
    }
    if (++done < day.sources.length) continue;
    // The day's last source.
    if (copies === undefined) {
      const found = comparison.finish();
      duplicateCount += comparison.duplicateCount;
      comparison = new Comparison();
      if (!isHeld(day)) await deliverAgain(request, sources, day, found, deliver);
      for (const batch of held) await deliver(batch.columns, survivors(batch, found), day.day);
      held = [];
      request.copies?.set(day.day, found);
    }
    sources.release(day.day);
    done = 0;
  }
  return ok({ eventCount, scannedRowCount, duplicateCount });
}

const NO_COPIES: Copies = new Map();

function survivors({ place, rows }: Batch, copies: Copies): Uint32Array {
  const dropped = copies.get(place);
  return dropped === undefined ? rows : keep(rows, (row) => dropped[row] === 0);
}

/** Finds the copies among the batches of a day. */
class Comparison {
  readonly #deduplicator = new Deduplicator();
  readonly #places: string[] = [];

  get duplicateCount(): number {
    return this.#deduplicator.duplicateCount;
  }

  add({ place, columns, rows }: Batch): void {
    this.#places[this.#deduplicator.add(columns, rows)] = place;
  }

  finish(): Copies {
    const copies = new Map<string, Uint8Array>();
    for (const [batch, place] of this.#places.entries()) {
      const dropped = this.#deduplicator.dropped(batch);
      if (dropped !== null) copies.set(place, dropped);
    }
    return copies;
  }
}

/** The second reading of a large day. */
async function deliverAgain(
  request: ScanRequest,
  sources: SourceCache,
  day: DayPlan,
  copies: Copies,
  deliver: (columns: EventColumns, rows: Uint32Array, day: number) => Promise<void>,
): Promise<void> {
  const columns = columnsOf(request, ['at'], true);
  const read = (source: DaySource) => readBatches(request, sources, day, source, columns, false);
  for await (const { batches } of readAhead(day.sources, read)) {
    for (const batch of batches) await deliver(batch.columns, survivors(batch, copies), day.day);
  }
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
    for (const [day, rows] of rowsByDay(tail.columns)) add(day, { kind: 'tail', tail, rows, rowCount: rows.length });
  }
  const days = [...byDay].sort(([left], [right]) => left - right);
  return days.map(([day, list]) => ({
    day,
    sources: list.sort(compareSources),
    rowCount: list.reduce((sum, source) => sum + source.rowCount, 0),
    isMixed: list.some((source) => source.kind === 'tail' || source.segment.source !== 'seal'),
  }));
}

function rowsByDay({ at }: EventColumns): Map<number, Uint32Array> {
  const lists = new Map<number, number[]>();
  for (let row = 0; row < at.length; row++) {
    const day = dayOf(at[row] as number);
    const list = lists.get(day);
    if (list === undefined) lists.set(day, [row]);
    else list.push(row);
  }
  return new Map([...lists].map(([day, rows]) => [day, Uint32Array.from(rows)]));
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

function isHeld(day: DayPlan): boolean {
  return day.rowCount <= HELD_ROWS_MAX;
}

function columnsOf(request: ScanRequest, needed: readonly LakeColumn[], withWanted: boolean): ReadonlySet<LakeColumn> {
  const people: LakeColumn[] = request.people === undefined ? [] : ['person'];
  return new Set<LakeColumn>(['at', ...needed, ...people, ...(withWanted ? request.wanted : [])]);
}

/** All rows of the source's day when ids are compared; else the row groups of the range and of the people are enough. */
async function readBatches(
  { startMs, endMs, people, narrowed, properties, copies }: ScanRequest,
  sources: SourceCache,
  day: DayPlan,
  source: DaySource,
  columns: ReadonlySet<LakeColumn>,
  isCompared: boolean,
): Promise<{ day: DayPlan; batches: Batch[] }> {
  const number = day.sources.indexOf(source);
  if (source.kind === 'tail') {
    return { day, batches: [{ place: `${number}`, columns: source.tail.columns, rows: source.rows }] };
  }
  const { segment } = source;
  const batches: Batch[] = [];
  const asked = isCompared ? (copies === undefined ? people : undefined) : (narrowed?.() ?? people);
  const options = {
    columns,
    days: new Set([day.day]),
    ...(segment.footer ? { footer: segment.footer } : {}),
    ...(asked === undefined ? {} : { people: asked }),
    ...(properties === undefined ? {} : { properties }),
    ...(isCompared ? {} : { startMs, endMs }),
  };
  for await (const { rowGroup, columns: batch } of readRowGroups(sources.of(segment), options)) {
    batches.push({ place: `${number} ${rowGroup}`, columns: batch, rows: allRows(batch.rowCount) });
  }
  return { day, batches };
}

/** Shared by all batches: nobody writes into rows. */
let ascending = new Uint32Array();

function allRows(rowCount: number): Uint32Array {
  if (rowCount > ascending.length) ascending = Uint32Array.from({ length: 2 * rowCount }, (_, row) => row);
  return ascending.subarray(0, rowCount);
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

/** The filter of typed arrays is ten times as slow. */
function keep(rows: Uint32Array, isKept: (row: number) => boolean): Uint32Array {
  const kept = new Uint32Array(rows.length);
  let count = 0;
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index]!;
    if (isKept(row)) kept[count++] = row;
  }
  return count === rows.length ? rows : kept.subarray(0, count);
}

function isWithin(at: Float64Array, startMs: number, endMs: number): boolean {
  for (let row = 0; row < at.length; row++) if (at[row]! < startMs || at[row]! >= endMs) return false;
  return true;
}

/** By words, for a BigInt a row would cost more than reading it. */
function personFilter({ min, max }: PersonRange): (words: Uint32Array, row: number) => boolean {
  const [minLow, minHigh, maxLow, maxHigh] = [min, max].flatMap((hash) => [
    Number(BigInt.asUintN(32, hash)),
    Number(hash >> 32n),
  ]) as [number, number, number, number];
  return (words, row) => {
    const low = words[2 * row]!;
    const high = words[2 * row + 1]! | 0;
    return (
      (high > minHigh || (high === minHigh && low >= minLow)) && (high < maxHigh || (high === maxHigh && low <= maxLow))
    );
  };
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
