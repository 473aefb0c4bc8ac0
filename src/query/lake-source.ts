/**
 * Lake source: answers a question from the events themselves: tails of the shards, then segments, de-duplicated.
 *
 * steps: open a view of the lake → scan → fold
 * Slower than cells, and able to answer everything: a minute of a sealed day, any property, exact people and quantiles.
 */
import type { Fold } from '../core/query/fold.ts';
import type { Query } from '../core/query/request.ts';
import { RowFold } from '../core/query/row-fold.ts';
import { ok, type Result } from '../core/result.ts';
import type { ShardAddress } from '../core/shard-map.ts';
import type { LakeColumn } from '../lake/segment-schema.ts';
import type { Coverage } from './coverage.ts';
import { type LakePorts, openLakeView, type QueryTooLarge, scanLakeView, tooLarge } from './lake-view.ts';

export interface LakeReading {
  readonly fold: Fold;
  readonly coverage: Coverage;
  readonly segments: number;
  readonly scannedEvents: number;
  readonly revision: number;
}

export async function readLake(
  ports: LakePorts,
  uid: string,
  addresses: readonly ShardAddress[],
  query: Query,
  nowMs: number,
): Promise<Result<LakeReading, QueryTooLarge>> {
  const fold = new RowFold(query);
  const view = await openLakeView(ports, uid, addresses, query, fold.columns, nowMs);
  const wanted = new Set<LakeColumn>(fold.columns);
  if (fold.needsPerson) wanted.add('person');
  const scanned = await scanLakeView(ports, view, { wanted }, (batch, rows) => fold.add(batch, rows));
  if (!scanned.ok) return scanned;
  if (fold.hasTooManyGroups) return tooLarge('The question makes too many groups: narrow the range or add a filter.');
  return ok({
    fold: fold.finish(),
    coverage: view.coverage,
    segments: view.segments.length,
    scannedEvents: scanned.value.scannedRowCount,
    revision: view.revision,
  });
}
