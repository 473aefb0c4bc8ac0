/**
 * Big day: a day of several people ranges, built by tasks, each in an invocation of its own. It is an external sort: every row is
 * read once, written once among the rows of its range, and read again there.
 *
 *   spread-<n>     a stretch of the files: its rows by people range, its ids by hash    -> a work file; rows late or by import
 *   compare-<n>    a share of all ids: which rows are further copies                    -> a work file; copies
 *   range-<n>      a people range: its rows without copies, sorted                      -> L1 files, one a run; cells; its counts
 *   the end        (`finishPlan`)                                                       -> cells of the day, drift
 *
 * A task reads a section of each file that the tasks before it have left, and no others (spread/work-store.ts). Counts are in
 * the results of the tasks.
 *
 * Deterministic: the same plan gives the same files and cells in every execution.
 */
import type { EventColumns } from '../../core/event/columns.ts';
import type { HashKey } from '../../core/std/hash.ts';
import { wordsOf } from '../../core/std/words.ts';
import { l1Path } from '../manifest/paths.ts';
import type { PlacedL1 } from '../manifest/segment-rows.ts';
import type { CopyCounts } from '../scan/sender-class.ts';
import { isDropped, Survivors } from '../scan/survivors.ts';
import { selectRows } from '../segment/columns.ts';
import { personFilter } from '../segment/people-bounds.ts';
import type { PutBucket } from '../segment/put.ts';
import { allRows, keep } from '../segment/rows.ts';
import { sealedRows } from '../segment/sealed-rows.ts';
import { SegmentCache } from '../segment/segment-cache.ts';
import { ALL_LAKE_COLUMNS } from '../segment/segment-schema.ts';
import { rowCountOfRanges } from '../spread/people-ranges.ts';
import { addCounts, noRows, type PeopleCounts, type RangeReader, type RowCounts, rangeRuns } from '../spread/runs.ts';
import { isIn } from '../spread/sorted-rows.ts';
import { Spread } from '../spread/spread.ts';
import { stretchOf } from '../spread/stretches.ts';
import {
  putCells,
  putDropped,
  readCells,
  readDropped,
  readPieces,
  readRecords,
  type WorkBucket,
  type WorkPlan,
} from '../spread/work-store.ts';
import { Pacer } from '../std/pacer.ts';
import { DayCells } from './day-cells.ts';
import { readDay } from './day-input.ts';
import { countLate, driftOf } from './drift.ts';
import { addCells, expiredFilter, placeL1 } from './execute.ts';
import type { SealOutcome } from './flip.ts';
import { mergeCells } from './merge-cells.ts';
import { placeCells } from './place-cells.ts';
import { type DayInput, groundRowCountOf, rowCountOf, type SealPlan } from './plan.ts';
import type { AdoptedPlan } from './plan-store.ts';
import { rangeRows } from './rollup-day.ts';

/** A plan with its stretches, which a plan from before stretches lacks. */
export interface BigPlan {
  readonly plan: SealPlan;
  readonly hash: string;
  readonly stretches: readonly number[];
}

export function workOf({ plan, hash, stretches }: BigPlan): WorkPlan {
  const { uid, day, idPartCount: partCount, bucketCount: rangeCount } = plan;
  return { uid, hash, day, stretchCount: stretches.length, partCount, rangeCount };
}

interface SpreadDeps {
  /** The tenant's key, by which ids are compared. The L1 files do not depend on it. */
  readonly hashKey: HashKey;
  readonly bucket: WorkBucket;
}

/** Reads a stretch of the day's files, and leaves its rows by range and its ids by part. Counts the rows that no shard counted. */
export async function executeSpread(
  big: BigPlan,
  inputs: readonly DayInput[],
  index: number,
  { hashKey, bucket }: SpreadDeps,
): Promise<Pick<RowCounts, 'beyond' | 'imported'>> {
  const stretch = stretchOf(inputs, big.stretches, index);
  const groundRowCount = groundRowCountOf(inputs);
  const counts = { beyond: 0, imported: 0 };
  const spread = new Spread(workOf(big), rowCountOf(stretch.inputs), hashKey);
  // A file is read once, so none is kept open, and its footer is fetched with it.
  const cache = new SegmentCache(bucket);
  for await (const { columns, firstRow } of readDay(big.plan.day, stretch.inputs, ALL_LAKE_COLUMNS, cache)) {
    const row = stretch.firstRow + firstRow;
    if (row >= groundRowCount) countLate(columns, counts);
    await spread.add(columns, row);
  }
  await spread.finish(bucket, index);
  return counts;
}

/** Compares a share of the day's ids, and leaves by range which rows are further copies. Counts them. */
export async function executeCompare(
  big: BigPlan,
  index: number,
  { hashKey, bucket }: SpreadDeps,
): Promise<CopyCounts> {
  const work = workOf(big);
  const survivors = new Survivors(rowCountOfRanges(work.rangeCount), hashKey, { index, count: work.partCount });
  const fed: { readonly rows: Uint32Array; readonly ranges: Uint32Array }[] = [];
  const pacer = new Pacer();
  for await (const records of readRecords(bucket, work, index)) {
    survivors.addHashed(records);
    fed.push({ rows: records.rows, ranges: records.ranges });
    await pacer.spend(records.rowCount);
  }
  const { copies, dropped } = survivors;
  const byRange = Array.from({ length: work.rangeCount }, (): number[] => []);
  for (const { rows, ranges } of copies.duplicates === 0 ? [] : fed) {
    for (const [at, row] of rows.entries()) if (isDropped(dropped, row)) byRange[ranges[at]!]!.push(row);
  }
  await putDropped(bucket, work, index, byRange);
  return copies;
}

/** The counts of one people range, as its task leaves them. */
export interface RangeCounts extends Pick<RowCounts, 'expired'> {
  readonly events: number;
  readonly people: number;
}

/** Builds one people range, run by run. Returns its files, none when it has no events, and its counts. */
export async function executeRange(
  big: BigPlan,
  index: number,
  bucket: PutBucket & WorkBucket,
): Promise<{ readonly counts: RangeCounts; readonly segments: readonly PlacedL1[] }> {
  const { plan, hash } = big;
  const work = workOf(big);
  const dropped = await readDropped(bucket, work, index);
  const counts = noRows();
  const cells = new DayCells(plan.day, plan.rollups);
  const segments: PlacedL1[] = [];
  for await (const run of rangeRuns(rangeReader(big, index, dropped, bucket))) {
    addCounts(counts, run.counts);
    if (run.columns.rowCount === 0) continue;
    const sealed = sealedRows(run.columns);
    await addCells(cells, sealed);
    segments.push(await placeL1(bucket, l1Path(plan.uid, plan.day, run.name, hash), sealed));
  }
  await putCells(bucket, work, index, rangeRows(cells.finish()));
  const { eventCount: events, peopleCount: people } = cells;
  return { counts: { events, people, expired: counts.expired }, segments };
}

function rangeReader(big: BigPlan, index: number, dropped: Uint32Array, bucket: WorkBucket): RangeReader {
  const work = workOf(big);
  return {
    index,
    async *read(people) {
      const isOf = people === undefined ? null : personFilter(people);
      for await (const { columns, rows } of readPieces(bucket, work, index)) {
        const words = wordsOf(columns.person);
        const kept = keep(
          allRows(columns.rowCount),
          (row) => !isIn(dropped, rows[row]!) && (isOf === null || isOf(words, row)),
        );
        const counts = noRows();
        const stay = kept.length === columns.rowCount ? columns : selectRows(columns, kept);
        yield {
          columns: expiredFilter(big.plan, counts)(stay),
          counts,
          countPeople: (rowsOf) => countPeople(columns, rowsOf, (row) => !isIn(dropped, rows[row]!)),
        };
      }
    },
  };
}

function countPeople({ person }: EventColumns, rowsOf: PeopleCounts, isKept: (row: number) => boolean): void {
  for (const [row, each] of person.entries()) rowsOf.set(each, (rowsOf.get(each) ?? 0) + Number(isKept(row)));
}

/** The results of the tasks of a plan, by kind. */
export interface TaskResults {
  /** Of spreads and comparisons: a part of the counts each. */
  readonly rows: readonly Partial<RowCounts>[];
  readonly ranges: readonly RangeCounts[];
}

/** Puts together the counts of the tasks. Their files are in the manifest already. */
export async function finishPlan(
  adopted: AdoptedPlan,
  work: WorkPlan,
  { rows, ranges }: TaskResults,
  { bucket, peopleRollupId }: { readonly bucket: WorkBucket & PutBucket; readonly peopleRollupId: string },
): Promise<SealOutcome> {
  const { plan } = adopted;
  const counts = noRows();
  for (const each of rows) addCounts(counts, { ...noRows(), ...each });
  let [events, people] = [0, 0];
  for (const range of ranges) {
    events += range.events;
    people += range.people;
    counts.expired += range.expired;
  }
  const drift = driftOf(adopted, peopleRollupId, { ...counts, events });
  const merged = await mergeCells(plan.rollups, plan.bucketCount, (index) => readCells(bucket, work, index));
  const cells = await placeCells(bucket, adopted, merged);
  return { cells, segments: [], sealed: { events, people, drift } };
}
