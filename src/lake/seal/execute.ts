/**
 * Execute: a plan → the day's L1 files in R2, its cells, and what the drift is made of.
 *
 * steps: ids of all inputs → survivors → per bucket: rows, sorted by person → L1 file, cells
 *
 * A day of one bucket (most) is read once and kept; a bigger one is read once for the ids and once a bucket, so that no
 * more than `LIMITS.sealBucketRowsMax` rows or so are held at a time. Deterministic: the same plan gives the same files and
 * cells, whoever executes it and how often.
 */
import { decodeRollupCells } from '../../core/cell-codec.ts';
import { type EventColumns, LATE_BEYOND, LATE_IMPORT } from '../../core/columns.ts';
import { DAY_MS } from '../../core/limits.ts';
import { concatColumns, selectRows, sortRowsL1 } from '../columns.ts';
import { type Drift, l1Path, type PlacedSegment } from '../manifest.ts';
import { wordsOf } from '../number-encode.ts';
import { type PutBucket, putSegment } from '../put.ts';
import { readSegment } from '../segment-read.ts';
import { ALL_LAKE_COLUMNS, type LakeColumn } from '../segment-schema.ts';
import { encodeSegment } from '../segment-write.ts';
import { DayCells } from './day-cells.ts';
import { type DayInput, isNewlyCovered } from './plan.ts';
import type { AdoptedPlan, SealOutcome } from './seal-store.ts';
import { type SegmentCache, WHOLE_SIZE_BYTES_MAX } from './segment-cache.ts';
import { Survivors } from './survivors.ts';

/** What the survivors, the buckets and the drift need to know of a row. */
const ID_COLUMNS: ReadonlySet<LakeColumn> = new Set(['received_at', 'id', 'person', 'key_hash', 'late']);

interface RowCounts {
  beyond: number;
  imported: number;
}

export async function executePlan(
  adopted: AdoptedPlan,
  {
    bucket,
    cache,
    peopleRollupId,
  }: { readonly bucket: PutBucket; readonly cache: SegmentCache; readonly peopleRollupId: string },
): Promise<SealOutcome> {
  const { plan, hash, inputs } = adopted;
  const isOneBucket = plan.bucketCount === 1;
  const survivors = new Survivors(inputs.reduce((sum, { rowCount }) => sum + rowCount, 0));
  const counts: RowCounts = { beyond: 0, imported: 0 };
  const kept: EventColumns[] = [];
  for await (const batch of readDay(plan.day, inputs, isOneBucket ? ALL_LAKE_COLUMNS : ID_COLUMNS, cache)) {
    survivors.add(batch);
    countLate(batch, counts);
    if (isOneBucket) kept.push(batch);
  }

  const cells = new DayCells(plan.day, plan.rollups);
  const segments: PlacedSegment[] = [];
  for (let index = 0; index < plan.bucketCount; index++) {
    const batches = isOneBucket ? kept : readDay(plan.day, inputs, ALL_LAKE_COLUMNS, cache);
    const rows = await collectBucket(batches, survivors, index, plan.bucketCount);
    if (rows.rowCount === 0) continue;
    cells.add(rows, sortRowsL1(rows));
    segments.push(await placeSegment(bucket, l1Path(plan.uid, plan.day, index, hash), rows));
  }
  const drift = driftOf(adopted, peopleRollupId, cells.eventCount, survivors.duplicateCount, counts);
  return { cells: cells.finish(), segments, sealed: { events: cells.eventCount, people: cells.peopleCount, drift } };
}

/** Batches in the order of (incarnation, seq, row): the order that decides between copies. */
async function* readDay(
  day: number,
  inputs: readonly DayInput[],
  columns: ReadonlySet<LakeColumn>,
  cache: SegmentCache,
): AsyncGenerator<EventColumns> {
  const days = new Set([day]);
  const isWhole = inputs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) <= WHOLE_SIZE_BYTES_MAX;
  for (const { path, sizeBytes } of inputs) {
    const { source, footer } = await cache.open(path, sizeBytes, isWhole);
    yield* readSegment(source, { columns, days, footer });
  }
}

async function collectBucket(
  batches: Iterable<EventColumns> | AsyncIterable<EventColumns>,
  survivors: Survivors,
  index: number,
  bucketCount: number,
): Promise<EventColumns> {
  const taken: EventColumns[] = [];
  let first = 0;
  for await (const batch of batches) {
    const rows: number[] = [];
    for (let i = 0; i < batch.rowCount; i++) {
      if (survivors.keeps(first + i) && bucketOf(batch, i, bucketCount) === index) rows.push(i);
    }
    first += batch.rowCount;
    if (rows.length === batch.rowCount) taken.push(batch);
    else if (rows.length > 0) taken.push(selectRows(batch, Uint32Array.from(rows)));
  }
  return concatColumns(taken);
}

/** By person, so that a person is in one bucket; events of nobody are spread by their key. */
function bucketOf({ person, keyHash }: EventColumns, row: number, bucketCount: number): number {
  if (bucketCount === 1) return 0;
  const people = wordsOf(person);
  const isNobody = people[2 * row] === 0 && people[2 * row + 1] === 0;
  const high = isNobody ? wordsOf(keyHash)[2 * row + 1]! : people[2 * row + 1]!;
  return Math.floor((high / 2 ** 32) * bucketCount);
}

async function placeSegment(bucket: PutBucket, path: string, rows: EventColumns): Promise<PlacedSegment> {
  const encoded = encodeSegment(rows, { order: 'l1' });
  const { sizeBytes, isOurs } = await putSegment(bucket, path, encoded);
  return { path, encoded, sizeBytes, isOurs };
}

function countLate({ late }: EventColumns, counts: RowCounts): void {
  for (const flags of late) {
    if ((flags & LATE_IMPORT) !== 0) counts.imported++;
    else if ((flags & LATE_BEYOND) !== 0) counts.beyond++;
  }
}

function driftOf(
  { plan, inputs, liveParts }: AdoptedPlan,
  peopleRollupId: string,
  sealed: number,
  duplicates: number,
  { beyond, imported }: RowCounts,
): Drift {
  let live = plan.base?.live ?? 0;
  for (const part of liveParts) live += countEvents(part, plan.day);
  for (const input of inputs) {
    // Made before that rollup was: no part of it says what was counted live, the manifest does.
    const isUncounted = input.source === 'flush' && !input.rollupIds.includes(peopleRollupId);
    if (isUncounted && isNewlyCovered(plan, input)) live += input.rowCount - input.uncounted;
  }
  return { live, sealed, duplicates, beyond, imported, rest: live - sealed - duplicates + beyond + imported };
}

function countEvents(part: Uint8Array, day: number): number {
  let events = 0;
  for (const [startMs, window] of decodeRollupCells(part).windows) {
    if (Math.floor(startMs / DAY_MS) !== day) continue;
    for (const cell of window.values()) events += cell.count;
  }
  return events;
}
