/**
 * Lake source: answers questions from the events themselves: tails of the shards, then segments, de-duplicated.
 *
 * steps: open a checked view with its people → scan it, a big one beside scanners → fold
 * It is slower than cells and answers everything: a minute of a sealed day, any property, exact people and quantiles.
 * Questions about one range share the view and the scan.
 */
import { NO_NAMES } from '../../core/names/sent-names.ts';
import type { Fold } from '../../core/query/fold/fold.ts';
import { FoldSet } from '../../core/query/fold/fold-set.ts';
import type { PartialFold } from '../../core/query/fold/partial-fold.ts';
import type { Query } from '../../core/query/question/request.ts';
import { ok, type Result } from '../../core/std/result.ts';
import type { ScannerRpc, Share, ShareReply } from '../../lake/scan/scan-task.ts';
import type { LakeColumn } from '../../lake/segment/segment-schema.ts';
import type { Asking } from '../view/asking.ts';
import type { LakeView } from '../view/lake-view.ts';
import { openView } from '../view/open-view.ts';
import { type LakeRefusal, tooLarge } from '../view/refusal.ts';
import { type Scanned, scanShared } from '../view/scan-pool.ts';
import { scanLakeView } from '../view/scan-view.ts';

export interface LakeReading {
  /** The fold of each question, in their order. */
  readonly folds: readonly Fold[];
  readonly view: LakeView;
  readonly scannedEvents: number;
}

/** Reads for questions about one range; `isLakeMate` tells which are. */
export async function readLake(asking: Asking, queries: readonly Query[]): Promise<Result<LakeReading, LakeRefusal>> {
  const set = new FoldSet(queries, asking.tenant.hashKey);
  const { columns, asks } = set;
  const { startMs, endMs, allowUnknown } = queries[0]!;
  // The names of events were checked before the rollups were asked.
  const names = allowUnknown ? NO_NAMES : { event: [], property: set.names };
  const opened = await openView(asking, { startMs, endMs, columns, names, asks });
  if (!opened.ok) return opened;
  const view = opened.value;
  const scanned = await scanInto(set, { asking, view, queries });
  if (!scanned.ok) return scanned;
  if (set.excess !== null) return tooLarge(`${set.excess}: narrow the range or add a filter.`);
  const scannedEvents = scanned.value.scannedRowCount + (view.people?.scannedEvents ?? 0);
  return ok({ folds: set.folds.map((fold) => fold.finish()), view, scannedEvents });
}

/** Whether two questions can be read together: one range, and the same check of names. */
export function isLakeMate(one: Query, other: Query): boolean {
  return one.startMs === other.startMs && one.endMs === other.endMs && one.allowUnknown === other.allowUnknown;
}

interface Scanning {
  readonly asking: Asking;
  readonly view: LakeView;
  readonly queries: readonly Query[];
}

function scanInto(set: FoldSet, { asking, view, queries }: Scanning): Promise<Scanned> {
  const wanted = new Set<LakeColumn>(set.columns);
  if (set.asks.identity) wanted.add('person');
  const { properties } = set;
  const rowsRequest = { wanted, excess: () => set.excess, ...(properties && { properties }) };
  const scan = (part: LakeView) => scanLakeView(asking, part, rowsRequest, (batch, rows) => set.add(batch, rows));
  if (!set.isDivisible) return scan(view);
  const linked = view.people?.linked ?? null;
  return scanShared(asking, view, {
    scan,
    ask: (scanner, share) => askScanner(scanner, share, queries),
    absorb: (found: readonly PartialFold[]) => {
      set.absorb(found, linked);
      return true;
    },
  });
}

/** One question goes the way that scanners of an earlier release know too. */
async function askScanner(
  scanner: ScannerRpc,
  share: Share,
  queries: readonly Query[],
): Promise<ShareReply<readonly PartialFold[]>> {
  const [query, ...others] = queries;
  if (others.length > 0) return scanner.scanAll({ ...share, queries });
  const reply = await scanner.scan({ ...share, query: query! });
  return reply.status === 'ok' ? { ...reply, found: [reply.found] } : reply;
}
