/**
 * Lake source: answers a question from the events themselves: tails of the shards, then segments, de-duplicated.
 *
 * steps: read the tails → read the manifest → scan → fold
 * Slower than cells, and able to answer everything: a minute of a sealed day, any property, exact people and quantiles.
 */
import type { StringColumn } from '../core/event.ts';
import { DAY_MS } from '../core/limits.ts';
import type { Fold } from '../core/query/fold.ts';
import type { Query } from '../core/query/request.ts';
import { RowFold } from '../core/query/row-fold.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { ShardOf } from '../core/rpc.ts';
import type { ShardAddress } from '../core/shard-map.ts';
import { type LakeSegment, readScanPlan } from '../lake/manifest.ts';
import { type ScanSegment, scan } from '../lake/scan.ts';
import type { LakeColumn } from '../lake/segment-schema.ts';
import type { ReadBucket } from '../lake/source.ts';
import { type Coverage, coverageOf, isStored } from './coverage.ts';
import { readTails } from './shards.ts';

export interface LakePorts {
  readonly db: D1Database;
  readonly lake: ReadBucket;
  readonly shardOf: ShardOf;
}

export interface LakeReading {
  readonly fold: Fold;
  readonly coverage: Coverage;
  readonly segments: number;
  readonly scannedEvents: number;
  readonly revision: number;
}

export interface QueryTooLarge {
  readonly code: 'query-too-large';
  readonly message: string;
}

/** What the scan compares to find copies; of segments it reads them itself. */
const ID_COLUMN: StringColumn = 'id';

export async function readLake(
  { db, lake, shardOf }: LakePorts,
  uid: string,
  addresses: readonly ShardAddress[],
  query: Query,
  nowMs: number,
): Promise<Result<LakeReading, QueryTooLarge>> {
  const { startMs, endMs } = query;
  const fold = new RowFold(query);
  const tails = await readTails(shardOf, addresses, new Set([...fold.columns, ID_COLUMN]));
  const coverage = coverageOf(tails, query, nowMs);
  const dayFrom = Math.floor(startMs / DAY_MS);
  const dayTo = Math.floor((endMs - 1) / DAY_MS);
  const plan = await readScanPlan(db, { uid, dayFrom, dayTo });
  const segments = plan.segments.filter((segment) => isCounted(segment, coverage)).map(scanSegmentOf);

  const wanted = new Set<LakeColumn>(fold.columns);
  if (fold.needsPerson) wanted.add('person');
  const scanned = await scan(
    { bucket: lake, segments, tails: tails.flatMap((tail) => tail?.tails ?? []), startMs, endMs, wanted },
    (batch, rows) => fold.add(batch, rows),
  );
  if (!scanned.ok) {
    const { rowCount, rowsMax } = scanned.error;
    return tooLarge(`The answer needs ${rowCount} events to be read, at most ${rowsMax} are: narrow the range.`);
  }
  if (fold.hasTooManyGroups) return tooLarge('The question makes too many groups: narrow the range or add a filter.');
  return ok({
    fold: fold.finish(),
    coverage,
    segments: segments.length,
    scannedEvents: scanned.value.scannedRowCount,
    revision: plan.days.reduce((sum, { revision }) => sum + revision, 0),
  });
}

function isCounted({ source, incarnation, seqTo }: LakeSegment, coverage: Coverage): boolean {
  return source !== 'flush' || isStored(coverage, incarnation, seqTo);
}

function scanSegmentOf({ path, sizeBytes, source, incarnation, seqFrom, days, footer }: LakeSegment): ScanSegment {
  return { path, sizeBytes, source, incarnation, seqFrom, days, ...(footer && { footer }) };
}

function tooLarge(message: string) {
  return err<QueryTooLarge>({ code: 'query-too-large', message });
}
