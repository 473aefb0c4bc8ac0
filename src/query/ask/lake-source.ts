/**
 * Lake source: answers questions from the events themselves: tails of the shards, then segments, de-duplicated.
 *
 * steps: open a checked view with its people → scan it, a big one beside scanners → fold
 * Where the traits or cohorts of all people cannot be held at once, it scans once for each range of people.
 * It is slower than cells and answers everything: a minute of a sealed day, any property, exact people and quantiles.
 * Questions about one range share the view and the scan.
 */
import { excludesBots } from '../../core/bots/asked-bots.ts';
import { LIMITS } from '../../core/limits.ts';
import { ALL_PEOPLE } from '../../core/people/high-range.ts';
import type { Fold } from '../../core/query/fold/fold.ts';
import { FoldSet } from '../../core/query/fold/fold-set.ts';
import type { PartialFold } from '../../core/query/fold/partial-fold.ts';
import type { Query } from '../../core/query/question/request.ts';
import { ok, type Result } from '../../core/std/result.ts';
import type { CopiesByDay } from '../../lake/scan/scan.ts';
import type { ScannerRpc, Share, ShareReply } from '../../lake/scan/scan-task.ts';
import type { LakeColumn } from '../../lake/segment/segment-schema.ts';
import { inSlices, scanPacer } from '../../lake/std/pacer.ts';
import { openView } from '../open/open-view.ts';
import type { Asking } from '../view/asking.ts';
import { noteOpened, wasOpened } from '../view/footers.ts';
import type { LakeView } from '../view/lake-view.ts';
import { withNextPeople } from '../view/people-lookup.ts';
import { type LakeRefusal, tooLarge } from '../view/refusal.ts';
import { type Scanned, scanShared } from '../view/scan-pool.ts';
import { scanLakeView } from '../view/scan-view.ts';
import { areFoldsKept, FileFolds, type FileFoldsOptions } from './file-folds.ts';

export interface LakeReading {
  /** The fold of each question, in their order. */
  readonly folds: readonly Fold[];
  readonly view: LakeView;
  readonly scannedEvents: number;
}

/**
 * Reads for questions about one range; `isLakeMate` tells which are. `keptRowsMin`: the rows from which on partial folds of files
 * are kept. Default: the limit; tests set less.
 */
export async function readLake(
  asking: Asking,
  queries: readonly Query[],
  keptRowsMin: number = LIMITS.keptFoldsRowsMin,
): Promise<Result<LakeReading, LakeRefusal>> {
  const set = new FoldSet(queries, asking.tenant.hashKey);
  const { columns, asks } = set;
  const { startMs, endMs } = queries[0]!;
  // The names of events were checked before the rollups were asked.
  const names = { event: [], property: set.checkedNames };
  const isKnown = wasOpened(asking, { startMs, endMs }, set.properties);
  const leavesOutFooters = isKnown || areFoldsKept(asking, queries);
  const opened = await openView(asking, { startMs, endMs, columns, names, asks, leavesOutFooters });
  if (!opened.ok) return opened;
  if (!leavesOutFooters) noteOpened(asking, { startMs, endMs }, opened.value);
  const options = { rowsMin: keptRowsMin, leavesOutFooters: isKnown };
  const scanned = await new Scanning(set, asking, queries, options).scanAll(opened.value);
  if (!scanned.ok) return scanned;
  if (set.excess !== null) return tooLarge(`${set.excess}: narrow the range or add a filter.`);
  const view = opened.value;
  const scannedEvents = scanned.value.scannedRowCount + (view.people?.scannedEvents ?? 0);
  return ok({ folds: set.folds.map((fold) => fold.finish()), view, scannedEvents });
}

/** Whether two questions can be read together: one range, and of cohorts the same members. */
export function isLakeMate(one: Query, other: Query): boolean {
  const isOfRange = one.startMs === other.startMs && one.endMs === other.endMs;
  return isOfRange && excludesBots(one) === excludesBots(other);
}

/** The scans of questions into their folds. */
class Scanning {
  readonly #set: FoldSet;
  readonly #asking: Asking;
  readonly #queries: readonly Query[];
  readonly #options: FileFoldsOptions;
  readonly #copies: CopiesByDay = new Map();

  constructor(set: FoldSet, asking: Asking, queries: readonly Query[], options: FileFoldsOptions) {
    this.#set = set;
    this.#asking = asking;
    this.#queries = queries;
    this.#options = options;
  }

  /** Scans for all people. The number of rows is that of the longest scan: the others read the same rows again. */
  async scanAll(opened: LakeView): Promise<Scanned> {
    let scannedRowCount = 0;
    for (let view = opened; ; ) {
      const scanned = isOfSome(view) ? await this.#scan(view, this.#copies) : await this.#scanRest(view);
      if (!scanned.ok) return scanned;
      scannedRowCount = Math.max(scannedRowCount, scanned.value.scannedRowCount);
      const next = this.#set.excess === null ? await withNextPeople(view) : null;
      if (next === null) return ok({ scannedRowCount });
      if (!next.ok) return next;
      view = next.value;
    }
  }

  /** Takes what is kept of files, and scans the others. */
  async #scanRest(view: LakeView): Promise<Scanned> {
    const folds = new FileFolds(this.#asking, this.#queries, this.#options);
    const absorbed = await folds.absorb(this.#set, view);
    if (!absorbed.ok) return absorbed;
    const { view: rest, copies, absorbedRows } = absorbed.value;
    if (this.#set.excess !== null) return ok({ scannedRowCount: absorbedRows });
    const scanned = await this.#scan(rest, copies);
    return scanned.ok ? ok({ scannedRowCount: scanned.value.scannedRowCount + absorbedRows }) : scanned;
  }

  /** `copies`: the further copies of days that are known, or will be to the next scan. */
  #scan(view: LakeView, copies: CopiesByDay): Promise<Scanned> {
    const set = this.#set;
    const wanted = new Set<LakeColumn>(set.columns);
    if (set.asks.identity) wanted.add('person');
    const { properties } = set;
    const rowsRequest = {
      wanted,
      excess: () => set.excess,
      ...(properties && { properties }),
      copies,
    };
    const pacer = scanPacer(this.#asking.budget);
    const scan = (part: LakeView) =>
      scanLakeView(this.#asking, part, rowsRequest, (batch, rows) =>
        inSlices(set.sift(batch, rows), pacer, (slice) => set.addSifted(batch, slice), set.rowWeight),
      );
    if (!set.isDivisible) return scan(view);
    const linked = view.people?.linked ?? null;
    return scanShared(this.#asking, view, {
      wanted: { columns: wanted, ...(properties && { properties }) },
      scan,
      ask: (scanner, share) => askScanner(scanner, share, this.#queries),
      absorb: (found: readonly PartialFold[]) => set.absorb(found, linked),
    });
  }
}

/** Whether the view shows the rows of some people, so that others are scanned later. */
function isOfSome({ people }: LakeView): boolean {
  return people !== undefined && (people.range.from !== ALL_PEOPLE.from || people.next !== null);
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
