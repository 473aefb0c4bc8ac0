/**
 * Execute: a plan → the L1 file of the day in R2, its cells, and the numbers of its drift.
 *
 * A day of one people range, as most are, is read once and built in one go. A bigger day is built by tasks (big-day.ts).
 *
 * Deterministic: the same plan gives the same files and cells in every execution.
 */
import type { EventColumns } from '../../core/event/columns.ts';
import type { HashKey } from '../../core/std/hash.ts';
import { l1Path, traitsPath } from '../manifest/paths.ts';
import type { PlacedL1, PlacedSegment } from '../manifest/segment-rows.ts';
import { addCopies } from '../scan/sender-class.ts';
import { isDropped, Survivors } from '../scan/survivors.ts';
import { concatColumns, selectRows } from '../segment/columns.ts';
import { type PutBucket, putSegment } from '../segment/put.ts';
import { allRows, keep } from '../segment/rows.ts';
import { type SealedRows, sealedRows } from '../segment/sealed-rows.ts';
import type { SegmentCache } from '../segment/segment-cache.ts';
import { ALL_LAKE_COLUMNS } from '../segment/segment-schema.ts';
import { encodeSegmentPausing } from '../segment/segment-write.ts';
import { noRows, type RowCounts } from '../spread/runs.ts';
import { COSTLY, inSlices, Pacer } from '../std/pacer.ts';
import { DayCells } from './day-cells.ts';
import { type DayBatch, readDay } from './day-input.ts';
import { countLate, driftOf } from './drift.ts';
import type { SealOutcome } from './flip.ts';
import { placeCells } from './place-cells.ts';
import { groundRowCountOf, rowCountOf, type SealPlan } from './plan.ts';
import type { AdoptedPlan } from './plan-store.ts';

interface ExecuteDeps {
  /** The tenant's key, by which ids are compared. The files do not depend on it. */
  readonly hashKey: HashKey;
  readonly bucket: PutBucket;
  readonly cache: SegmentCache;
  readonly peopleRollupId: string;
}

/** Builds a day of one people range. */
export async function executePlan(
  adopted: AdoptedPlan,
  { hashKey, bucket, cache, peopleRollupId }: ExecuteDeps,
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
  const survive = (batch: DayBatch) => withoutExpired(survivorsOf(batch, survivors.dropped));
  // Copies are left out batch by batch, so that the rows as read are never held whole beside the rows that stay.
  const rows = concatColumns(kept.splice(0).map(survive));
  const cells = new DayCells(plan.day, plan.rollups);
  const segments: PlacedL1[] = [];
  if (rows.rowCount > 0) {
    const sealed = sealedRows(rows);
    await addCells(cells, sealed);
    segments.push(await placeL1(bucket, l1Path(plan.uid, plan.day, 0, hash), sealed));
  }
  const { eventCount: events, peopleCount: people } = cells;
  addCopies(counts, survivors.copies);
  const drift = driftOf(adopted, peopleRollupId, { ...counts, events });
  const placed = await placeCells(bucket, adopted, cells.finish());
  return { cells: placed, segments, sealed: { events, people, drift } };
}

export async function addCells(cells: DayCells, { columns, order }: SealedRows): Promise<void> {
  const batch = cells.batchOf(columns);
  await inSlices(order, new Pacer(), (slice) => cells.add(batch, slice), COSTLY);
}

/** The rows of a batch without further copies. */
function survivorsOf({ columns, firstRow }: DayBatch, dropped: Uint8Array): EventColumns {
  const survivors = keep(allRows(columns.rowCount), (row) => !isDropped(dropped, firstRow + row));
  return survivors.length === columns.rowCount ? columns : selectRows(columns, survivors);
}

type ColumnsFilter = (columns: EventColumns) => EventColumns;

/** A filter that leaves out events whose names have expired, and counts them. */
export function expiredFilter({ expired = [] }: SealPlan, counts: Pick<RowCounts, 'expired'>): ColumnsFilter {
  if (expired.length === 0) return (rows) => rows;
  const names = new Set<string | null>(expired);
  return (rows) => {
    const kept = keep(allRows(rows.rowCount), (row) => !names.has(rows.strings.event?.[row] ?? null));
    counts.expired += rows.rowCount - kept.length;
    return kept.length === rows.rowCount ? rows : selectRows(rows, kept);
  };
}

/** Puts the file of the rows, and beside it the file of those rows that say who people and groups are. */
export async function placeL1(bucket: PutBucket, path: string, sealed: SealedRows): Promise<PlacedL1> {
  const picked = rowsWithTraits(sealed.columns);
  const withTraits = () => sealedRows(selectRows(sealed.columns, picked));
  const traits = picked.length === 0 ? null : await placeSegment(bucket, traitsPath(path), withTraits());
  return { ...(await placeSegment(bucket, path, sealed)), traits };
}

const WITH_TRAITS: ReadonlySet<string | null> = new Set(['identify', 'group', 'alias']);

function rowsWithTraits({ strings }: EventColumns): Uint32Array {
  const rows: number[] = [];
  for (const [row, type] of strings.type!.entries()) if (WITH_TRAITS.has(type)) rows.push(row);
  return Uint32Array.from(rows);
}

async function placeSegment(bucket: PutBucket, path: string, sealed: SealedRows): Promise<PlacedSegment> {
  const encoded = await encodeSegmentPausing(sealed.columns, { order: 'l1', sealed });
  const { sizeBytes, isOurs } = await putSegment(bucket, path, encoded);
  // The bytes are in the lake now and need not be held: a range may have many files.
  return { path, encoded: { ...encoded, bytes: NO_BYTES }, sizeBytes, isOurs };
}

const NO_BYTES = new Uint8Array();
