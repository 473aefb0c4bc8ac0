/**
 * Lake source: answers a question from the events themselves: tails of the shards, then segments, de-duplicated.
 *
 * steps: open a view of the lake → are the properties known → look up what is asked of people
 *   → scan, a big one beside scanners → fold
 * Slower than cells, and able to answer everything: a minute of a sealed day, any property, exact people and quantiles.
 */
import type { Fold } from '../../core/query/fold/fold.ts';
import type { PartialFold } from '../../core/query/fold/partial-fold.ts';
import { RowFold } from '../../core/query/fold/row-fold.ts';
import type { Query } from '../../core/query/question/request.ts';
import type { ShardAddress } from '../../core/shard/shard-map.ts';
import { ok, type Result } from '../../core/std/result.ts';
import type { LakeColumn } from '../../lake/segment/segment-schema.ts';
import type { Coverage } from '../view/coverage.ts';
import { atHandIn, checkProperties } from '../view/known-properties.ts';
import { type LakePorts, type LakeView, openLakeView, scanLakeView } from '../view/lake-view.ts';
import { asksPeople, withPeople } from '../view/people-lookup.ts';
import { type LakeRefusal, tooLarge } from '../view/refusal.ts';
import { scanShared } from '../view/scan-pool.ts';

export interface LakeReading {
  readonly fold: Fold;
  readonly coverage: Coverage;
  readonly segments: number;
  readonly scannedEvents: number;
  readonly revision: number;
  /** Null: nobody was asked for. */
  readonly identityAsOfMs: number | null;
}

export async function readLake(
  ports: LakePorts,
  uid: string,
  addresses: readonly ShardAddress[],
  query: Query,
  nowMs: number,
): Promise<Result<LakeReading, LakeRefusal>> {
  const fold = new RowFold(query);
  const { asks } = fold;
  const { startMs, endMs } = query;
  const range = { startMs, endMs, links: asksPeople(asks) };
  const opened = await openLakeView(ports, uid, addresses, range, fold.columns, nowMs);
  const named = await checkProperties(ports, uid, fold.names, atHandIn(opened), nowMs);
  if (!named.ok) return named;
  const looked = await withPeople(ports, uid, addresses, opened, asks, nowMs);
  if (!looked.ok) return looked;
  const view = looked.value;
  const wanted = new Set<LakeColumn>(fold.columns);
  if (asks.identity) wanted.add('person');
  const excess = () => fold.excess;
  const what = { wanted, excess, ...(fold.properties && { properties: fold.properties }) };
  const scan = (of: LakeView) => scanLakeView(ports, of, what, (batch, rows) => fold.add(batch, rows));
  const linked = view.people?.linked ?? null;
  const scanned = fold.isDivisible
    ? await scanShared(ports, uid, view, {
        scan,
        ask: (scanner, share) => scanner.scan({ ...share, query }),
        absorb: (found: PartialFold) => {
          fold.absorb(found, linked);
          return true;
        },
      })
    : await scan(view);
  if (!scanned.ok) return scanned;
  if (fold.excess !== null) return tooLarge(`${fold.excess}: narrow the range or add a filter.`);
  return ok({
    fold: fold.finish(),
    coverage: view.coverage,
    segments: view.segments.length,
    scannedEvents: scanned.value.scannedRowCount + (view.people?.scannedEvents ?? 0),
    revision: view.revision,
    identityAsOfMs: view.people?.identityAsOfMs ?? null,
  });
}
