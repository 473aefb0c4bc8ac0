/**
 * Lake source: answers a question from the events themselves: tails of the shards, then segments, de-duplicated.
 *
 * steps: open a checked view with its people → scan it, a big one beside scanners → fold
 * Where the traits or cohorts of all people cannot be held at once, it scans once for each range of people.
 * It is slower than cells and answers everything: a minute of a sealed day, any property, exact people and quantiles.
 */
import { LIMITS } from '../../core/limits.ts';
import { NO_NAMES } from '../../core/names/sent-names.ts';
import { ALL_PEOPLE } from '../../core/people/high-range.ts';
import type { Fold } from '../../core/query/fold/fold.ts';
import type { PartialFold } from '../../core/query/fold/partial-fold.ts';
import { RowFold } from '../../core/query/fold/row-fold.ts';
import type { Query } from '../../core/query/question/request.ts';
import { ok, type Result } from '../../core/std/result.ts';
import { RowBudget } from '../../lake/scan/row-budget.ts';
import type { CopiesByDay } from '../../lake/scan/scan.ts';
import type { LakeColumn } from '../../lake/segment/segment-schema.ts';
import type { Asking } from '../view/asking.ts';
import type { LakeView } from '../view/lake-view.ts';
import { openView } from '../view/open-view.ts';
import { withNextPeople } from '../view/people-lookup.ts';
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
  const scanning = new Scanning(fold, asking, query);
  const scanned = await scanning.scanAll(opened.value);
  if (!scanned.ok) return scanned;
  if (fold.excess !== null) return tooLarge(`${fold.excess}: narrow the range or add a filter.`);
  const view = opened.value;
  const scannedEvents = scanned.value.scannedRowCount + (view.people?.scannedEvents ?? 0);
  return ok({ fold: fold.finish(), view, scannedEvents });
}

/** The scans of one question into its fold. */
class Scanning {
  readonly #fold: RowFold;
  readonly #asking: Asking;
  readonly #query: Query;
  readonly #budget = new RowBudget(LIMITS.journeyReadRowsMax);
  readonly #copies: CopiesByDay = new Map();

  constructor(fold: RowFold, asking: Asking, query: Query) {
    this.#fold = fold;
    this.#asking = asking;
    this.#query = query;
  }

  /** Scans for all people. The number of rows is that of the longest scan: the others read the same rows again. */
  async scanAll(opened: LakeView): Promise<Scanned> {
    let scannedRowCount = 0;
    for (let view = opened; ; ) {
      const scanned = await this.#scan(view);
      if (!scanned.ok) return scanned;
      scannedRowCount = Math.max(scannedRowCount, scanned.value.scannedRowCount);
      const next = this.#fold.excess === null ? await withNextPeople(view) : null;
      if (next === null) return ok({ scannedRowCount });
      if (!next.ok) return next;
      view = next.value;
    }
  }

  #scan(view: LakeView): Promise<Scanned> {
    const fold = this.#fold;
    const wanted = new Set<LakeColumn>(fold.columns);
    if (fold.asks.identity) wanted.add('person');
    const rowsRequest = {
      wanted,
      excess: () => fold.excess,
      ...(fold.properties && { properties: fold.properties }),
      ...(isOfSome(view) && { budget: this.#budget, copies: this.#copies }),
    };
    const scan = (part: LakeView) =>
      scanLakeView(this.#asking, part, rowsRequest, (batch, rows) => fold.add(batch, rows));
    if (!fold.isDivisible) return scan(view);
    const linked = view.people?.linked ?? null;
    return scanShared(this.#asking, view, {
      scan,
      ask: (scanner, share) => scanner.scan({ ...share, query: this.#query }),
      absorb: (found: PartialFold) => {
        fold.absorb(found, linked);
        return true;
      },
    });
  }
}

/** Whether the view shows the rows of some people, so that others are scanned later. */
function isOfSome({ people }: LakeView): boolean {
  return people !== undefined && (people.range.from !== ALL_PEOPLE.from || people.next !== null);
}
