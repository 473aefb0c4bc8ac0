/**
 * Lake source: answers a question from the events themselves: tails of the shards, then segments, de-duplicated.
 *
 * steps: open a view of the lake → are the properties known → look up what is asked of people → scan, a big one beside scanners → fold
 * Slower than cells, and able to answer everything: a minute of a sealed day, any property, exact people and quantiles.
 */
import { LIMITS } from '../core/limits.ts';
import type { Fold } from '../core/query/fold.ts';
import type { Query } from '../core/query/request.ts';
import { RowFold } from '../core/query/row-fold.ts';
import { ok, type Result } from '../core/result.ts';
import type { ShardAddress } from '../core/shard-map.ts';
import type { LakeColumn } from '../lake/segment-schema.ts';
import type { Coverage } from './coverage.ts';
import { atHandIn, checkProperties } from './known-properties.ts';
import { type LakePorts, type LakeView, openLakeView, scanLakeView } from './lake-view.ts';
import { lookupColumns, withPeople } from './people-lookup.ts';
import { type LakeRefusal, tooLarge } from './refusal.ts';
import { askScanners, shareOut } from './scan-pool.ts';

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
  const opened = await openLakeView(ports, uid, addresses, query, [...fold.columns, ...lookupColumns(asks)], nowMs);
  const named = await checkProperties(ports, uid, fold.names, atHandIn(opened), nowMs);
  if (!named.ok) return named;
  const looked = await withPeople(ports, uid, addresses, opened, asks, nowMs);
  if (!looked.ok) return looked;
  const view = looked.value;
  const wanted = new Set<LakeColumn>(fold.columns);
  if (asks.identity) wanted.add('person');
  const what = { wanted, ...(fold.properties && { properties: fold.properties }) };
  const scan = (of: LakeView) => scanLakeView(ports, of, what, (batch, rows) => fold.add(batch, rows));
  const scanned = await scanShared(ports, uid, view, query, fold, scan);
  if (!scanned.ok) return scanned;
  if (fold.hasTooManyGroups) return tooLarge('The question makes too many groups: narrow the range or add a filter.');
  return ok({
    fold: fold.finish(),
    coverage: view.coverage,
    segments: view.segments.length,
    scannedEvents: scanned.value.scannedRowCount + (view.people?.scannedEvents ?? 0),
    revision: view.revision,
    identityAsOfMs: view.people?.identityAsOfMs ?? null,
  });
}

type Scanned = Result<{ readonly scannedRowCount: number }, LakeRefusal>;

/** Scans what is worth it with the tenant's scanners, and the rest here. */
async function scanShared(
  { scannerOf }: LakePorts,
  uid: string,
  view: LakeView,
  query: Query,
  fold: RowFold,
  scan: (view: LakeView) => Promise<Scanned>,
): Promise<Scanned> {
  const shared = scannerOf && isShareable(view, fold) ? shareOut(view, LIMITS.scannersMax) : null;
  if (scannerOf === undefined || shared === null) return scan(view);
  const { startMs, endMs } = view;
  const asked = askScanners(scannerOf, uid, shared.shares, { query, startMs, endMs });
  const own = await scan({ ...view, segments: shared.own });
  const outcomes = await asked;
  if (!own.ok) return own;
  let { scannedRowCount } = own.value;
  for (const { scanner, reply } of outcomes) {
    if (reply?.status === 'over-budget') {
      return tooLarge(`A scanner's share of ${reply.rowCount} events is beyond its budget: narrow the range.`);
    }
    if (reply?.status === 'ok') {
      fold.absorb(reply.partial, view.people?.linked ?? null);
      scannedRowCount += reply.scannedRowCount;
      continue;
    }
    const again = await scan({ ...view, segments: shared.shares.get(scanner)!, tails: [] });
    if (!again.ok) return again;
    scannedRowCount += again.value.scannedRowCount;
  }
  return ok({ scannedRowCount });
}

/** A scanner knows nothing of names that retention has dropped. (Nor of links: its people are put through them here.) */
function isShareable({ expired }: { readonly expired?: { readonly size: number } }, fold: RowFold): boolean {
  return fold.isDivisible && (expired?.size ?? 0) === 0;
}
