/**
 * Execute: a plan → the L1 files of the day in R2, its cells, and the numbers of its drift.
 *
 * A day of one people range, as most are, is read once and built in one go (`executePlan`). A bigger day is built by tasks,
 * each in an invocation of its own that holds 50,000 rows at the most:
 *
 *   ids-<n>      a share of all ids: which rows are further copies               → bits in R2
 *   bucket-<n>   a people range: its rows without copies, sorted                 → L1 files, one a run; cells in R2; counts
 *   the end      (`finishPlan`)                                                  → cells of the day, drift
 *
 * Deterministic: the same plan gives the same files and cells in every execution.
 */
import { type EventColumns, LATE_BEYOND, LATE_IMPORT } from '../../core/event/columns.ts';
import { decodeRollupCells } from '../../core/rollup/cell-codec.ts';
import { dayOf } from '../../core/std/day.ts';
import type { HashKey } from '../../core/std/hash.ts';
import { l1Path, traitsPath } from '../manifest/paths.ts';
import type { Drift } from '../manifest/sealed-days.ts';
import type { PlacedL1, PlacedSegment } from '../manifest/segment-rows.ts';
import { ID_COLUMNS } from '../scan/copies.ts';
import { addCopies, type CopyCounts, countCopy, senderClasses } from '../scan/sender-class.ts';
import { isDropped, Survivors } from '../scan/survivors.ts';
import { concatColumns, selectRows, sortRowsL1 } from '../segment/columns.ts';
import { type PutBucket, putSegment } from '../segment/put.ts';
import { allRows, keep } from '../segment/rows.ts';
import type { SegmentCache } from '../segment/segment-cache.ts';
import { ALL_LAKE_COLUMNS, type LakeColumn } from '../segment/segment-schema.ts';
import { encodeSegmentPausing } from '../segment/segment-write.ts';
import { COSTLY, inSlices, Pacer } from '../std/pacer.ts';
import { DayCells } from './day-cells.ts';
import { type DayBatch, readDay } from './day-input.ts';
import type { SealOutcome } from './flip.ts';
import { mergeCells } from './merge-cells.ts';
import { personRange, rowsInRange } from './people-ranges.ts';
import { placeCells } from './place-cells.ts';
import { groundRowCountOf, isNewlyCovered, rowCountOf, type SealPlan } from './plan.ts';
import type { AdoptedPlan } from './plan-store.ts';
import { rangeRows } from './rollup-day.ts';
import { addCounts, noRows, type RangeReader, type RowCounts, rangeRuns } from './runs.ts';
import { putCells, putDropped, readCells, readDropped, type WorkBucket } from './work-store.ts';

/** The columns that tell the person of a row, and the range in which it lies. */
const PEOPLE_COLUMNS: ReadonlySet<LakeColumn> = new Set<LakeColumn>(['person', 'key_hash']);
/** The columns that tell copies apart. */
const COPY_COLUMNS: ReadonlySet<LakeColumn> = new Set(ID_COLUMNS);

interface ExecuteDeps {
  /** The tenant's key, by which ids are compared. The files do not depend on it. */
  readonly hashKey: HashKey;
  readonly bucket: PutBucket & WorkBucket;
  readonly cache: SegmentCache;
}

/** Builds a day of one people range. */
export async function executePlan(
  adopted: AdoptedPlan,
  { hashKey, bucket, cache, peopleRollupId }: ExecuteDeps & { readonly peopleRollupId: string },
): Promise<SealOutcome> {
  const { plan, hash, inputs } = adopted;
  const survivors = new Survivors(rowCountOf(inputs), hashKey);
  const groundRowCount = groundRowCountOf(inputs);
  const counts = noRows();
  const kept: DayBatch[] = [];
  const pacer = new Pacer();
  for await (const batch of readDay(plan.day, inputs, ALL_LAKE_COLUMNS, cache)) {
    survivors.add(batch.columns);
    await pacer.spend(COSTLY * batch.columns.rowCount);
    if (batch.firstRow >= groundRowCount) countLate(batch.columns, counts);
    kept.push(batch);
  }
  const withoutExpired = expiredFilter(plan, counts);
  const survive = (batch: DayBatch) =>
    withoutExpired(survivorsOf(batch, allRows(batch.columns.rowCount), survivors.dropped));
  // Copies are left out batch by batch, so that the rows as read are never held whole beside the rows that stay.
  const rows = concatColumns(kept.splice(0).map(survive));
  const cells = new DayCells(plan.day, plan.rollups);
  const segments: PlacedL1[] = [];
  if (rows.rowCount > 0) {
    await addCells(cells, rows);
    segments.push(await placeL1(bucket, l1Path(plan.uid, plan.day, 0, hash), rows));
  }
  const { eventCount: events, peopleCount: people } = cells;
  addCopies(counts, survivors.copies);
  const drift = driftOf(adopted, peopleRollupId, { ...counts, events });
  const placed = await placeCells(bucket, adopted, cells.finish());
  return { cells: placed, segments, sealed: { events, people, drift } };
}

/** The counts of one people range, as its task leaves them. */
export interface RangeCounts extends RowCounts {
  readonly events: number;
  readonly people: number;
}

async function addCells(cells: DayCells, rows: EventColumns): Promise<void> {
  const hours = cells.hoursOf(rows);
  await inSlices(sortRowsL1(rows), new Pacer(), (slice) => cells.add(rows, slice, hours), COSTLY);
}

/** Compares a share of the day's ids, and writes to R2 which rows are further copies. */
export async function executeIds({ plan, hash, inputs }: AdoptedPlan, part: number, deps: ExecuteDeps): Promise<void> {
  const survivors = new Survivors(rowCountOf(inputs), deps.hashKey, { index: part, count: plan.idPartCount });
  const pacer = new Pacer();
  for await (const { columns } of readDay(plan.day, inputs, COPY_COLUMNS, deps.cache)) {
    survivors.add(columns);
    await pacer.spend(COSTLY * columns.rowCount);
  }
  await putDropped(deps.bucket, { ...plan, hash }, part, survivors.dropped);
}

/** Builds one people range, run by run. Returns its files, none when it has no events, and its counts. */
export async function executeRange(
  adopted: AdoptedPlan,
  index: number,
  { bucket, cache }: Pick<ExecuteDeps, 'bucket' | 'cache'>,
): Promise<{ readonly counts: RangeCounts; readonly segments: readonly PlacedL1[] }> {
  const { plan, hash } = adopted;
  const dropped = await readDropped(bucket, { ...plan, hash }, plan.idPartCount);
  const counts = noRows();
  const cells = new DayCells(plan.day, plan.rollups);
  const segments: PlacedL1[] = [];
  for await (const run of rangeRuns(rangeReader(adopted, index, dropped, cache))) {
    addCounts(counts, run.counts);
    if (run.columns.rowCount === 0) continue;
    await addCells(cells, run.columns);
    segments.push(await placeL1(bucket, l1Path(plan.uid, plan.day, run.name, hash), run.columns));
  }
  await putCells(bucket, { ...plan, hash }, index, rangeRows(cells.finish()));
  return { counts: { ...counts, events: cells.eventCount, people: cells.peopleCount }, segments };
}

function rangeReader(
  { plan, inputs }: AdoptedPlan,
  index: number,
  dropped: Uint8Array,
  cache: SegmentCache,
): RangeReader {
  const { bucketCount: rangeCount } = plan;
  const whole = personRange(index, rangeCount);
  const groundRowCount = groundRowCountOf(inputs);
  return {
    index,
    async *read(people) {
      for await (const batch of readDay(plan.day, inputs, ALL_LAKE_COLUMNS, cache, people ?? whole)) {
        const { person } = batch.columns;
        let rows = rowsInRange(batch.columns, index, rangeCount);
        if (people !== undefined) rows = keep(rows, (row) => person[row]! >= people.min && person[row]! <= people.max);
        if (rows.length === 0) continue;
        const counts = noRows();
        if (batch.firstRow >= groundRowCount) countLate(batch.columns, counts, rows);
        const survivors = survivorsOf(batch, rows, dropped);
        countCopies(batch, rows, dropped, counts);
        yield { columns: expiredFilter(plan, counts)(survivors), counts };
      }
    },
    async countPeople() {
      const rowsOf = new Map<bigint, number>();
      for await (const { columns, firstRow } of readDay(plan.day, inputs, PEOPLE_COLUMNS, cache, whole)) {
        for (const row of rowsInRange(columns, index, rangeCount)) {
          const person = columns.person[row]!;
          const isKept = !isDropped(dropped, firstRow + row);
          rowsOf.set(person, (rowsOf.get(person) ?? 0) + Number(isKept));
        }
      }
      return rowsOf;
    },
  };
}

/** Puts together the counts of the ranges. Their files are in the manifest already. */
export async function finishPlan(
  adopted: AdoptedPlan,
  ranges: readonly RangeCounts[],
  { bucket, peopleRollupId }: { readonly bucket: WorkBucket & PutBucket; readonly peopleRollupId: string },
): Promise<SealOutcome> {
  const { plan, hash } = adopted;
  const total = (count: (counts: RangeCounts) => number) => ranges.reduce((sum, counts) => sum + count(counts), 0);
  const events = total((counts) => counts.events);
  const rows = noRows();
  // Ranges that an earlier release built have not told all of it.
  for (const counts of ranges) addCounts(rows, { ...noRows(), ...counts });
  const drift = driftOf(adopted, peopleRollupId, { ...rows, events });
  const merged = await mergeCells(plan.rollups, plan.bucketCount, (index) =>
    readCells(bucket, { ...plan, hash }, index),
  );
  const cells = await placeCells(bucket, adopted, merged);
  return { cells, segments: [], sealed: { events, people: total((counts) => counts.people), drift } };
}

/** The rows of a batch without further copies. */
function survivorsOf({ columns, firstRow }: DayBatch, rows: Uint32Array, dropped: Uint8Array): EventColumns {
  const survivors = keep(rows, (row) => !isDropped(dropped, firstRow + row));
  return survivors.length === columns.rowCount ? columns : selectRows(columns, survivors);
}

function countCopies(
  { columns, firstRow }: DayBatch,
  rows: Uint32Array,
  dropped: Uint8Array,
  counts: CopyCounts,
): void {
  const classOf = senderClasses(columns);
  for (const row of rows) if (isDropped(dropped, firstRow + row)) countCopy(counts, classOf(row));
}

type ColumnsFilter = (columns: EventColumns) => EventColumns;

/** A filter that leaves out events whose names have expired, and counts them. */
function expiredFilter({ expired = [] }: SealPlan, counts: Pick<RowCounts, 'expired'>): ColumnsFilter {
  if (expired.length === 0) return (rows) => rows;
  const names = new Set<string | null>(expired);
  return (rows) => {
    const kept = keep(allRows(rows.rowCount), (row) => !names.has(rows.strings.event?.[row] ?? null));
    counts.expired += rows.rowCount - kept.length;
    return kept.length === rows.rowCount ? rows : selectRows(rows, kept);
  };
}

/** Puts the file of the rows, and beside it the file of those rows that say who people and groups are. */
async function placeL1(bucket: PutBucket, path: string, rows: EventColumns): Promise<PlacedL1> {
  const picked = rowsWithTraits(rows);
  const traits = picked.length === 0 ? null : await placeSegment(bucket, traitsPath(path), selectRows(rows, picked));
  return { ...(await placeSegment(bucket, path, rows)), traits };
}

const WITH_TRAITS: ReadonlySet<string | null> = new Set(['identify', 'group', 'alias']);

function rowsWithTraits({ strings }: EventColumns): Uint32Array {
  const rows: number[] = [];
  for (const [row, type] of strings.type!.entries()) if (WITH_TRAITS.has(type)) rows.push(row);
  return Uint32Array.from(rows);
}

async function placeSegment(bucket: PutBucket, path: string, rows: EventColumns): Promise<PlacedSegment> {
  const encoded = await encodeSegmentPausing(rows, { order: 'l1' });
  const { sizeBytes, isOurs } = await putSegment(bucket, path, encoded);
  // The bytes are in the lake now and need not be held: a range may have many files.
  return { path, encoded: { ...encoded, bytes: NO_BYTES }, sizeBytes, isOurs };
}

const NO_BYTES = new Uint8Array();

function countLate(
  { late }: EventColumns,
  counts: Pick<RowCounts, 'beyond' | 'imported'>,
  rows: Iterable<number> = late.keys(),
): void {
  for (const row of rows) {
    const flags = late[row]!;
    if ((flags & LATE_IMPORT) !== 0) counts.imported++;
    else if ((flags & LATE_BEYOND) !== 0) counts.beyond++;
  }
}

function driftOf(
  { plan, inputs, liveParts }: AdoptedPlan,
  peopleRollupId: string,
  counts: Omit<RangeCounts, 'people'>,
): Drift {
  const { events: sealed } = counts;
  let live = plan.base?.live ?? 0;
  for (const part of liveParts) live += countEvents(part, plan.day);
  for (const input of inputs) {
    // A flush from before the people rollup existed has no part of it: the manifest has its live count.
    const isUncounted = input.source === 'flush' && !input.rollupIds.includes(peopleRollupId);
    if (isUncounted && isNewlyCovered(plan, input)) live += input.rowCount - input.uncounted;
  }
  const { duplicates, serverCopies, importCopies, browserCopies, beyond, imported, expired } = withGround(counts, plan);
  const rest = live - sealed - duplicates - expired + beyond + imported;
  return {
    live,
    sealed,
    duplicates,
    ...(serverCopies > 0 && { serverCopies }),
    ...(importCopies > 0 && { importCopies }),
    ...(browserCopies > 0 && { browserCopies }),
    beyond,
    imported,
    ...(expired > 0 && { expired }),
    rest,
  };
}

/** The counts with those of the ground, of which only the rows that stayed were read. */
function withGround(counts: RowCounts, { ground }: SealPlan): RowCounts {
  const sum = noRows();
  addCounts(sum, counts);
  if (ground !== undefined) addCounts(sum, { ...noRows(), ...ground.drift });
  return sum;
}

function countEvents(part: Uint8Array, day: number): number {
  let events = 0;
  for (const [startMs, window] of decodeRollupCells(part).windows) {
    if (dayOf(startMs) !== day) continue;
    for (const cell of window.values()) events += cell.count;
  }
  return events;
}
