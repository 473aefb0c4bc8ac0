/**
 * LakeView: the events of a range as they can be read at one moment: the tails of the shards and the segments that count.
 *
 * steps: read the tails → what they cover → read the manifest → leave out what shards answer for themselves (CORRECTNESS A4)
 * A view may be scanned several times; it is the same events each time.
 */
import type { StringColumn } from '../core/event.ts';
import { DAY_MS } from '../core/limits.ts';
import { err, type Result } from '../core/result.ts';
import type { ShardOf } from '../core/rpc.ts';
import type { ShardAddress } from '../core/shard-map.ts';
import { type LakeSegment, readScanPlan } from '../lake/manifest.ts';
import {
  type OnBatch,
  type ScanRequest,
  type ScanSegment,
  type ScanTail,
  type ScanTotals,
  scan,
} from '../lake/scan.ts';
import type { ReadBucket } from '../lake/source.ts';
import { type Coverage, coverageOf, isStored } from './coverage.ts';
import { readTails } from './shards.ts';

export interface LakePorts {
  readonly db: D1Database;
  readonly lake: ReadBucket;
  readonly shardOf: ShardOf;
}

export interface LakeView {
  readonly startMs: number;
  readonly endMs: number;
  readonly segments: readonly ScanSegment[];
  readonly tails: readonly ScanTail[];
  readonly coverage: Coverage;
  /** Of the seals of the range's days. */
  readonly revision: number;
}

export interface QueryTooLarge {
  readonly code: 'query-too-large';
  readonly message: string;
}

/** What the scan compares to find copies; of segments it reads them itself. */
const ID_COLUMN: StringColumn = 'id';

/** `columns`: the text columns that its scans may want. */
export async function openLakeView(
  { db, shardOf }: LakePorts,
  uid: string,
  addresses: readonly ShardAddress[],
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
  columns: Iterable<StringColumn>,
  nowMs: number,
): Promise<LakeView> {
  const tails = await readTails(shardOf, addresses, new Set([...columns, ID_COLUMN]));
  const coverage = coverageOf(tails, { endMs }, nowMs);
  const dayFrom = Math.floor(startMs / DAY_MS);
  const dayTo = Math.floor((endMs - 1) / DAY_MS);
  const plan = await readScanPlan(db, { uid, dayFrom, dayTo });
  return {
    startMs,
    endMs,
    segments: plan.segments.filter((segment) => isCounted(segment, coverage)).map(scanSegmentOf),
    tails: tails.flatMap((tail) => tail?.tails ?? []),
    coverage,
    revision: plan.days.reduce((sum, { revision }) => sum + revision, 0),
  };
}

export async function scanLakeView(
  { lake }: LakePorts,
  { segments, tails, startMs, endMs }: LakeView,
  what: Pick<ScanRequest, 'wanted' | 'people'>,
  onBatch: OnBatch,
): Promise<Result<ScanTotals, QueryTooLarge>> {
  const scanned = await scan({ bucket: lake, segments, tails, startMs, endMs, ...what }, onBatch);
  if (scanned.ok) return scanned;
  const { rowCount, rowsMax } = scanned.error;
  return tooLarge(`The answer needs ${rowCount} events to be read, at most ${rowsMax} are: narrow the range.`);
}

export function tooLarge(message: string) {
  return err<QueryTooLarge>({ code: 'query-too-large', message });
}

function isCounted({ source, incarnation, seqTo }: LakeSegment, coverage: Coverage): boolean {
  return source !== 'flush' || isStored(coverage, incarnation, seqTo);
}

function scanSegmentOf({ path, sizeBytes, source, incarnation, seqFrom, days, footer }: LakeSegment): ScanSegment {
  return { path, sizeBytes, source, incarnation, seqFrom, days, ...(footer && { footer }) };
}
