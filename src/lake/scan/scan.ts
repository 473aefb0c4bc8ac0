/**
 * Scan: the events of a time range from segments and tails, day by day, without further copies (copies.ts).
 *
 * A day that comes from L1 segments alone is streamed as it is. For any other day the ids of all its rows are compared first,
 * so that the same copy survives whatever range is asked for; then the wanted columns of the survivors are delivered. A small
 * day is held for that, a large one is read twice. So memory is bounded by the rows of one day that no seal covers.
 */
import type { EventColumns } from '../../core/event/columns.ts';
import { DAY_MS, LIMITS } from '../../core/limits.ts';
import { assert, err, ok, type Result } from '../../core/std/result.ts';
import { wordsOf } from '../../core/std/words.ts';
import type { KeptColumns, WantedColumns } from '../segment/kept-columns.ts';
import { personFilter } from '../segment/people-bounds.ts';
import { allRows, keep } from '../segment/rows.ts';
import { type ReadOptions, type RowGroupBatch, readRowGroups } from '../segment/segment-read.ts';
import type { LakeColumn } from '../segment/segment-schema.ts';
import { type Pacer, scanPacer } from '../std/pacer.ts';
import { readAhead } from '../std/read-ahead.ts';
import {
  type Copies,
  type DayRows,
  findCopies,
  findCopiesOfSome,
  ID_COLUMNS,
  NO_COPIES,
  type SomeRows,
  withoutCopies,
} from './copies.ts';
import { type DayPlan, isSealed, type NumberedSource, planDays } from './day-plan.ts';
import { type FileFacts, factsOf, NO_ROWS } from './file-facts.ts';
import { findKept, keepCopies } from './kept-copies.ts';
import type { OnBatch, ScanRequest, ScanSegment, ScanTooLarge, ScanTotals } from './scan-request.ts';
import { SharedSegments } from './shared-segments.ts';
import { areOfOneShard, isTrusted } from './trusted-days.ts';

export type { CopiesByDay, OnBatch, ScanRequest, ScanSegment, ScanTail, ScanTotals } from './scan-request.ts';

/** A day up to this many rows is held in memory instead of being read twice. */
const HELD_ROWS_MAX = 50_000;
/** How much longer a row takes that has to be decoded than one that is kept. */
const DECODED_FACTOR = 8;

export async function scan(request: ScanRequest, onBatch: OnBatch): Promise<Result<ScanTotals, ScanTooLarge>> {
  const { rowsMax = LIMITS.scanRowsMax, budget } = request;
  const days = planDays(request);
  const scannedRowCount = days.reduce((sum, day) => sum + day.rowCount, 0);
  if (scannedRowCount > rowsMax) return err({ code: 'scan-too-large', rowCount: scannedRowCount, rowsMax });
  const compared = days.filter(({ day }) => !request.copies?.has(day));
  const comparedMax = isOfSomePeople(request) ? 0 : Math.max(0, ...compared.map((day) => day.uncoveredRowCount));
  if (comparedMax > LIMITS.mixedRowsMax) {
    return err({ code: 'day-too-mixed', rowCount: comparedMax, rowsMax: LIMITS.mixedRowsMax });
  }
  const reading = new Reading(request, days, onBatch);
  const end = await reading.run();
  if (end === 'over-budget') {
    return err({ code: 'budget-spent', rowCount: budget!.rowCount, rowsMax: budget!.rowsMax });
  }
  const { eventCount, duplicateCount } = reading;
  return ok({ eventCount, scannedRowCount, duplicateCount, ...(end === 'stopped' && { isStopped: true }) });
}

type Batch = Omit<DayRows, 'rows'>;
/** The unit of reading: a source of a day, or null for a large day, which is read when its turn comes. */
interface Step {
  readonly day: DayPlan;
  readonly source: NumberedSource | null;
  readonly isLast: boolean;
}
/**
 * The row groups of a source's day that are read: all, those that may hold the wanted people, or of these only those that may
 * lie in the range.
 */
type RowGroups = 'everyone' | 'of people' | 'wanted';
/** The caller wants no more batches, or the budget pays for none. */
type EarlyEnd = 'stopped' | 'over-budget';

/** One reading of the days of a scan. */
class Reading {
  readonly #request: ScanRequest;
  readonly #days: readonly DayPlan[];
  readonly #onBatch: OnBatch;
  readonly #segments: SharedSegments;
  readonly #filter: RowFilter;
  readonly #pacer: Pacer;
  /** Null when nothing is kept, or the scan is too large for it. */
  readonly #kept: KeptColumns | null;
  /** The copies of days whose ids need not be compared. */
  readonly #known = new Map<number, Copies>();
  /** Set when the budget is spent while ids are read: the copies found so far then mean nothing. */
  #isOverBudget = false;
  eventCount = 0;
  duplicateCount = 0;

  constructor(request: ScanRequest, days: readonly DayPlan[], onBatch: OnBatch) {
    this.#request = request;
    this.#days = days;
    this.#onBatch = onBatch;
    this.#segments = new SharedSegments(request.bucket, days);
    this.#filter = rowFilter(request);
    this.#pacer = scanPacer(request.budget);
    const rowCount = days.reduce((sum, day) => sum + day.rowCount, 0);
    const hasRoom = request.kept?.hasRoomFor(rowCount, columnsOf(request, [], true)) === true;
    this.#kept = hasRoom ? request.kept! : null;
  }

  async run(): Promise<'whole' | EarlyEnd> {
    await this.#findKnown();
    let held: Batch[] = [];
    for await (const { day, source, isLast, batches } of readAhead(this.#steps(), (step) => this.#readStep(step))) {
      if (batches === 'over-budget') return batches;
      const copies = this.#knownCopies(day);
      if (copies === undefined) held.push(...batches);
      else {
        const end = await this.#deliver(batches, day, copies);
        if (end !== null) return end;
      }
      if (!isLast) continue;
      if (copies === undefined) {
        const end = await this.#compareAndDeliver(day, source === null ? null : held);
        if (end !== null) return end;
        held = [];
      }
      this.#segments.release(day.day);
    }
    return 'whole';
  }

  async #findKnown(): Promise<void> {
    const { trustsShards = false, bucket, copies } = this.#request;
    if (!trustsShards) return;
    for (const day of this.#days) {
      if (day.uncoveredRowCount === 0 || copies?.has(day.day)) continue;
      const known = findKept(bucket, day);
      if (known !== undefined) {
        this.#known.set(day.day, known);
        this.duplicateCount += known.count;
      } else if (
        !isOfSomePeople(this.#request) &&
        (await isTrusted(bucket, day, (segment, number) => this.#readFacts(segment, number)))
      )
        this.#known.set(day.day, NO_COPIES);
    }
  }

  async #readFacts(segment: ScanSegment, day: number): Promise<FileFacts | null> {
    const read = await this.#readGroups(segment, day, { columns: new Set<LakeColumn>(['sender', 'late']) });
    if (read === 'over-budget') return null;
    return read.reduce((facts, { columns }) => facts | factsOf(columns), NO_ROWS);
  }

  #steps(): Step[] {
    return this.#days.flatMap((day): Step[] => {
      const isReadTwice = this.#knownCopies(day) === undefined && day.rowCount > HELD_ROWS_MAX;
      if (isReadTwice) return [{ day, source: null, isLast: true }];
      return day.sources.map((source, index) => ({ day, source, isLast: index === day.sources.length - 1 }));
    });
  }

  /** Undefined when the ids of the day have not been compared yet. */
  #knownCopies(day: DayPlan): Copies | undefined {
    if (day.uncoveredRowCount === 0) return NO_COPIES;
    return this.#known.get(day.day) ?? this.#request.copies?.get(day.day);
  }

  async #readStep(step: Step) {
    const { day, source } = step;
    if (source === null) return { ...step, batches: [] };
    const isCompared = this.#knownCopies(day) === undefined;
    const columns = columnsOf(this.#request, isCompared ? ID_COLUMNS : [], true);
    return { ...step, batches: await this.#read(day, source, columns, isCompared ? this.#compared : 'wanted') };
  }

  /**
   * Finds the copies of a day, then delivers its rows. `held`: the day's rows, or null for a large day, which is read
   * twice.
   */
  async #compareAndDeliver(day: DayPlan, held: readonly Batch[] | null): Promise<EarlyEnd | null> {
    const request = this.#request;
    const counts = countsOf(request, day);
    const copies = isOfSomePeople(request)
      ? await findCopiesOfSome(this.#someRows(day, held), counts)
      : await findCopies(held === null ? () => this.#readIds(day) : () => eachOf(uncoveredFirst(held)), counts);
    if (this.#isOverBudget) return 'over-budget';
    this.duplicateCount += copies.count;
    request.copies?.set(day.day, copies);
    if (request.trustsShards && !isOfSomePeople(request)) keepCopies(request.bucket, day, copies);
    if (held !== null) return this.#deliver(held, day, copies);
    const columns = columnsOf(request, ['at'], true);
    for await (const batches of readAhead(day.sources, (source) => this.#read(day, source, columns, 'wanted'))) {
      if (batches === 'over-budget') return batches;
      const end = await this.#deliver(batches, day, copies);
      if (end !== null) return end;
    }
    return null;
  }

  async #deliver(batches: readonly Batch[], { day }: DayPlan, copies: Copies): Promise<EarlyEnd | null> {
    for (const batch of batches) {
      const { columns } = batch;
      const rows = this.#filter(columns, withoutCopies(batch, allRows(columns.rowCount), copies), day);
      this.eventCount += rows.length;
      if (rows.length > 0 && (await this.#onBatch(columns, rows, day)) === 'stop') return 'stopped';
      await this.#pacer.spend(this.#kept === null ? columns.rowCount : columns.rowCount / DECODED_FACTOR);
    }
    return null;
  }

  /** The readings of a day of which only some people's rows are wanted. `held`: as in `#compareAndDeliver`. */
  #someRows(day: DayPlan, held: readonly Batch[] | null): SomeRows {
    const isWanted = personFilter(this.#request.people!);
    return {
      own: () => rowsWhere(held === null ? this.#readIds(day) : eachOf(uncoveredFirst(held)), isWanted),
      all: ({ withAllSealed }) => this.#readIds(day, (source) => withAllSealed || !isSealed(source)),
    };
  }

  /** The rows of a day whose ids are compared. `isOfEveryone`: whether the rows of all people are read from the source. */
  async *#readIds(day: DayPlan, isOfEveryone?: (source: NumberedSource) => boolean): AsyncGenerator<DayRows> {
    if (this.#isOverBudget) return;
    const columns = columnsOf(this.#request, ID_COLUMNS, false);
    const list = uncoveredFirst(day.sources.map((source) => ({ source, isSealed: isSealed(source) })));
    const read = (source: NumberedSource) =>
      this.#read(day, source, columns, isOfEveryone?.(source) ? 'everyone' : this.#compared);
    for await (const batches of readAhead(list, ({ source }) => read(source))) {
      if (batches === 'over-budget') {
        this.#isOverBudget = true;
        return;
      }
      yield* batches;
      await this.#pacer.spend(batches.reduce((sum, { columns: { rowCount } }) => sum + rowCount, 0));
    }
  }

  /** The row groups that are read when ids are compared. Copies that later scans reuse are those of all people. */
  get #compared(): RowGroups {
    return isOfSomePeople(this.#request) ? 'of people' : 'everyone';
  }

  async #read(
    { day }: DayPlan,
    source: NumberedSource,
    columns: ReadonlySet<LakeColumn>,
    rowGroups: RowGroups,
  ): Promise<Batch[] | 'over-budget'> {
    const { startMs, endMs, people, narrowed, properties } = this.#request;
    const first = source.firstRow;
    if (source.kind === 'tail') return [{ firstRow: first, isSealed: false, columns: source.tail.columns }];
    const { segment, rowCount } = source;
    const isWanted = rowGroups === 'wanted';
    const wantedPeople = isWanted ? (narrowed?.() ?? people) : rowGroups === 'of people' ? people : undefined;
    const wanted = { columns, ...(properties && { properties }) };
    const read =
      this.#kept !== null && rowGroups !== 'of people' && (wantedPeople === undefined || 'min' in wantedPeople)
        ? await this.#readKept(this.#kept, segment, day, wanted)
        : await this.#readGroups(segment, day, {
            ...wanted,
            ...(wantedPeople && { people: wantedPeople }),
            ...(isWanted && { startMs, endMs }),
          });
    if (read === 'over-budget') return read;
    return read.map(({ firstRow, columns: batch }) => {
      const end = firstRow + batch.rowCount;
      assert(end <= rowCount, `segment ${segment.path} has more than ${rowCount} rows of day ${day}`);
      return { firstRow: first + firstRow, isSealed: isSealed(source), columns: batch };
    });
  }

  /** Reads what is not kept. Rows of what is kept are paid for too. */
  async #readKept(
    kept: KeptColumns,
    segment: ScanSegment,
    day: number,
    wanted: WantedColumns,
  ): Promise<RowGroupBatch[] | 'over-budget'> {
    const { budget } = this.#request;
    let isRead = false;
    const batches = await kept.read({ path: segment.path, day }, wanted, async (missing) => {
      isRead = true;
      const read = await this.#readGroups(segment, day, missing);
      return read === 'over-budget' ? null : read;
    });
    if (batches === null) return 'over-budget';
    if (!isRead) for (const { columns } of batches) budget?.spend(columns.rowCount);
    return budget?.isSpent ? 'over-budget' : batches;
  }

  async #readGroups(
    segment: ScanSegment,
    day: number,
    wanted: Omit<ReadOptions, 'days' | 'footer'>,
  ): Promise<RowGroupBatch[] | 'over-budget'> {
    const { budget } = this.#request;
    const options = { ...wanted, days: new Set([day]), ...(segment.footer ? { footer: segment.footer } : {}) };
    const batches: RowGroupBatch[] = [];
    for await (const batch of readRowGroups(this.#segments.source(segment), options)) {
      budget?.spend(batch.columns.rowCount);
      if (budget?.isSpent) return 'over-budget';
      batches.push(batch);
    }
    return batches;
  }
}

/** Whether the rows of some people alone are compared with everyone's. */
function isOfSomePeople({ people, copies }: ScanRequest): boolean {
  return people !== undefined && copies === undefined;
}

function countsOf(request: ScanRequest, { rowCount, uncoveredRowCount, sources }: DayPlan) {
  const { hashKey } = request;
  assert(hashKey !== null, 'only seals, which have no copies, are scanned without a key');
  return {
    hashKey,
    uncoveredRowCount,
    sealedRowCount: rowCount - uncoveredRowCount,
    areOfOneShard: areOfOneShard(sources),
  };
}

function uncoveredFirst<T extends { readonly isSealed: boolean }>(list: readonly T[]): T[] {
  return [...list.filter(({ isSealed }) => !isSealed), ...list.filter(({ isSealed }) => isSealed)];
}

async function* eachOf(batches: readonly Batch[]): AsyncGenerator<DayRows> {
  yield* batches;
}

async function* rowsWhere(
  batches: AsyncIterable<DayRows>,
  isWanted: ReturnType<typeof personFilter>,
): AsyncGenerator<DayRows> {
  for await (const batch of batches) {
    const words = wordsOf(batch.columns.person);
    yield { ...batch, rows: keep(allRows(batch.columns.rowCount), (row) => isWanted(words, row)) };
  }
}

function columnsOf(request: ScanRequest, needed: readonly LakeColumn[], withWanted: boolean): ReadonlySet<LakeColumn> {
  const people: LakeColumn[] = request.people === undefined ? [] : ['person'];
  return new Set<LakeColumn>(['at', ...needed, ...people, ...(withWanted ? request.wanted : [])]);
}

type RowFilter = (columns: EventColumns, rows: Uint32Array, day: number) => Uint32Array;

function rowFilter({ startMs, endMs, people }: ScanRequest): RowFilter {
  const isWanted = people === undefined ? null : personFilter(people);
  return (columns, rows, day) => {
    // Columns are decoded when they are looked at. Most days lie within the range: then no instant has to be decoded.
    if (isWanted === null && day * DAY_MS >= startMs && (day + 1) * DAY_MS <= endMs) return rows;
    const { at } = columns;
    if (isWanted === null && isWithin(at, startMs, endMs)) return rows;
    const words = wordsOf(columns.person);
    return keep(rows, (row) => {
      const atMs = at[row]!;
      return atMs >= startMs && atMs < endMs && (isWanted === null || isWanted(words, row));
    });
  };
}

function isWithin(at: Float64Array, startMs: number, endMs: number): boolean {
  for (let row = 0; row < at.length; row++) if (at[row]! < startMs || at[row]! >= endMs) return false;
  return true;
}
