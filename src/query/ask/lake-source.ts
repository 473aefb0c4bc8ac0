/**
 * Lake source: answers a question from the events themselves: tails of the shards, then segments, de-duplicated.
 *
 * steps: open a checked view with its people → scan it, a big one beside scanners → fold
 * It is slower than cells and answers everything: a minute of a sealed day, any property, exact people and quantiles.
 */
import { NO_NAMES } from '../../core/names/sent-names.ts';
import type { Fold } from '../../core/query/fold/fold.ts';
import type { PartialFold } from '../../core/query/fold/partial-fold.ts';
import { RowFold } from '../../core/query/fold/row-fold.ts';
import type { Query } from '../../core/query/question/request.ts';
import { ok, type Result } from '../../core/std/result.ts';
import type { LakeColumn } from '../../lake/segment/segment-schema.ts';
import type { Asking } from '../view/asking.ts';
import type { LakeView } from '../view/lake-view.ts';
import { openView } from '../view/open-view.ts';
import { type LakeRefusal, tooLarge } from '../view/refusal.ts';
import { type Scanned, scanShared } from '../view/scan-pool.ts';
import { scanLakeView } from '../view/scan-view.ts';

export interface LakeReading {
  readonly fold: Fold;
  readonly view: LakeView;
  readonly scannedEvents: number;
}

export async function readLake(asking: Asking, query: Query): Promise<Result<LakeReading, LakeRefusal>> {
  const fold = new RowFold(query, asking.tenant.hashKey);
  const { startMs, endMs } = query;
  const { columns, asks } = fold;
  // The names of events were checked before the rollups were asked.
  const names = query.allowUnknown ? NO_NAMES : { event: [], property: fold.names };
  const opened = await openView(asking, { startMs, endMs, columns, names, asks });
  if (!opened.ok) return opened;
  const view = opened.value;
  const scanned = await scanInto(fold, asking, view, query);
  if (!scanned.ok) return scanned;
  if (fold.excess !== null) return tooLarge(`${fold.excess}: narrow the range or add a filter.`);
  const scannedEvents = scanned.value.scannedRowCount + (view.people?.scannedEvents ?? 0);
  return ok({ fold: fold.finish(), view, scannedEvents });
}

function scanInto(fold: RowFold, asking: Asking, view: LakeView, query: Query): Promise<Scanned> {
  const wanted = new Set<LakeColumn>(fold.columns);
  if (fold.asks.identity) wanted.add('person');
  const rowsRequest = {
    wanted,
    excess: () => fold.excess,
    ...(fold.properties && { properties: fold.properties }),
  };
  const scan = (part: LakeView) => scanLakeView(asking, part, rowsRequest, (batch, rows) => fold.add(batch, rows));
  if (!fold.isDivisible) return scan(view);
  const linked = view.people?.linked ?? null;
  return scanShared(asking, view, {
    scan,
    ask: (scanner, share) => scanner.scan({ ...share, query }),
    absorb: (found: PartialFold) => {
      fold.absorb(found, linked);
      return true;
    },
  });
}
