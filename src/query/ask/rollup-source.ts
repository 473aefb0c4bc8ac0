/**
 * Rollup source: answers a question from cells: live ones of the shards, parts of unsealed days, hours and days of seals.
 *
 * steps: ask the shards → read D1 in one batch → does every stretch have the rollup, fine enough? → read the rows of the
 * minutes that a bound cuts → fold
 * A reader decides what counts (rules A4, A5, B2): of a sealed day its sealed cells; of the rest the parts that
 * rollup-parts.ts counts; and from there on the live cells of the shards.
 */
import type { LinkedPeople } from '../../core/people/linked-people.ts';
import { CellFold } from '../../core/query/fold/cell-fold.ts';
import { coarseWindowOf } from '../../core/query/fold/coarse-windows.ts';
import type { Fold } from '../../core/query/fold/fold.ts';
import { TotalledFold } from '../../core/query/fold/totalled-fold.ts';
import { minuteSlicesOf } from '../../core/query/question/minute-slices.ts';
import { dayGrains, type Grain, type RollupPlan } from '../../core/query/question/plan.ts';
import type { Query } from '../../core/query/question/request.ts';
import { decodeRollupCells } from '../../core/rollup/cell-codec.ts';
import type { RollupCells } from '../../core/rollup/rollup-cells.ts';
import type { LiveReply } from '../../core/shard/rpc.ts';
import { dayRange } from '../../core/std/day.ts';
import { err, InvariantError, ok, type Result } from '../../core/std/result.ts';
import type { TimeRange } from '../../core/std/time-range.ts';
import type { SealedCells } from '../../lake/manifest/cells.ts';
import { type RangeReading, type RangeRequest, readRange } from '../../lake/manifest/range.ts';
import type { Asking } from '../view/asking.ts';
import { type Coverage, coverageOf, droppedRanges, isCounted, withoutShards } from '../view/coverage.ts';
import { readIdentity } from '../view/identity.ts';
import { readLinkEvents } from '../view/link-events.ts';
import { type ReadingMeta, readingMeta } from '../view/meta.ts';
import { askLive } from '../view/shards.ts';
import { readHourPieces } from './hour-pieces.ts';
import { foldBlock, KeptCells, type TakenParts } from './kept-cells.ts';
import { KeptGrid } from './kept-grid.ts';
import { KeptSealed } from './kept-sealed.ts';
import { type CountingPart, countingParts, flushesOf, foldPart } from './rollup-parts.ts';
import { type CellReading, type RollupShortfall, shortfallOf } from './rollup-shortfall.ts';
import { countingFiles, readSliceRows, type SliceRows } from './slice-rows.ts';

export interface RollupReading {
  readonly fold: Fold;
  /** Events of the range that are in no cell before their day is sealed again. */
  readonly pending: number;
  readonly meta: ReadingMeta;
  /** Whether some ids of the counted people are linked, and were counted as several people. */
  readonly ignoredLinks: boolean;
}

export interface RollupOptions {
  /** Counts each id as a person of its own. Default: false. */
  readonly ignoresLinks?: boolean;
  /** Whether the answer may lack days whose seals do not count, whose events are then pending. Default: false. */
  readonly leavesOutVoid?: boolean;
  /** Reads the links once for several questions that are asked together. Default: each question reads them. */
  readonly readOnce?: (read: () => Promise<Linked>) => Promise<Linked>;
}

export interface Linked {
  readonly people: Result<LinkedPeople, unknown>;
  /** The number of shards that did not reply, and may hold links that are not known. */
  readonly unheard: number;
}

export async function readRollup(
  asking: Asking,
  query: Query,
  plan: RollupPlan,
  options: RollupOptions = {},
): Promise<Result<RollupReading, RollupShortfall>> {
  const { ports, tenant, nowMs } = asking;
  const { startMs, endMs } = query;
  const { ignoresLinks = false, leavesOutVoid = false, readOnce = (read) => read() } = options;
  const rollupId = plan.rollup.id;
  const { slices } = minuteSlicesOf(query);
  const kind = query.measure === 'users' ? 'people' : 'counts';
  const live = await askLive(asking, { rollupId, startMs, endMs, kind, ...(slices.length > 0 && { slices }) });
  const linked = query.measure === 'users' ? await readOnce(() => readLinked(asking, live)) : null;
  if (linked?.people.ok === false && !ignoresLinks) return err('people-linked');
  const people = linked?.people.ok ? linked.people.value : null;

  const coverage = withoutShards(coverageOf(live, query, nowMs), linked?.unheard ?? 0);
  const grains = dayGrains(query, nowMs) ?? new Map();
  const asked = {
    uid: tenant.uid,
    rollupId,
    ...dayRange(query),
    grain: 'day',
    hourDays: [...grains.keys()],
    wantsDayCells: wantsTotals(query, grains, nowMs),
    kind,
    startMs,
    endMs,
    slices,
  } as const;
  const keptSealed = new KeptSealed(ports.db, asked, asked);
  const request = { ...asked, knownCells: keptSealed.keys };
  const known = ignoresLinks ? null : people;
  // Which of many people are one is told of small cells alone.
  const keptCells = known === null || known.isEmpty ? new KeptCells(ports.db, request, new KeptGrid(query)) : null;
  const apart = { rollupId, live, coverage, grains, slices, leavesOutVoid };
  const stored = await readStored(ports.db, request, apart, keptCells);
  if (!stored.ok) return stored;
  const { range } = stored.value;
  const rows = await readSliceRows(ports.lake, plan.rollup, countingFiles(range, coverage));
  if (rows === null) return err('too-large');
  const hours = await readHourPieces(ports.lake, range.hourPieces);
  if (hours === null) return err('hours-gone');

  const points = new CellFold(query, plan, known);
  const totals = request.wantsDayCells ? new CellFold(withoutPoints(query), plan, known) : null;
  const boundDays = boundDaysOf(query, nowMs);
  const counts = foldCells({ points, totals }, query, {
    ...stored.value,
    rows,
    hours,
    boundDays,
    keptCells,
    keptSealed,
  });
  if (points.shortfall) return err(points.shortfall);
  // A day's cell may lack what its hours tell: which people it holds.
  const fold = totals?.shortfall === null ? new TotalledFold(points.finish(), totals.finish()) : points.finish();
  const { dropped, days } = range;
  const isCut = days.some(({ day }) => day < dropped.day.dayBefore);
  const meta = readingMeta({
    coverage: { ...coverage, dropped: droppedRanges(isCut ? dropped.day : null, dropped.events, dayRange(query)) },
    pending: counts.pending + range.waitingRows,
    undecided: counts.undecided,
    rollups: { rollup: plan.rollup.name, sealedDays: days.length, parts: counts.parts },
    lake: null,
    revision: counts.revision,
    scannedEvents: rows.scannedEvents,
    identityAsOfMs: people === null || ignoresLinks ? null : nowMs,
  });
  return ok({
    fold,
    pending: counts.pending,
    meta,
    ignoredLinks: ignoresLinks && people?.isEmpty !== true,
  });
}

/** The folds of one reading. `totals` is null when the points tell the totals as well as anything does. */
interface CellFolds {
  readonly points: CellFold;
  readonly totals: CellFold | null;
}

/** A reading without a shortfall, and its parts that count. */
interface StoredReading extends CellReading {
  readonly parts: readonly CountingPart[];
  readonly taken: TakenParts;
}

/** A reading with its rows, and the days that a bound of the range cuts. */
interface FoldedReading extends StoredReading {
  readonly rows: SliceRows;
  /** People by the hour from the lake. */
  readonly hours: readonly SealedCells[];
  readonly boundDays: ReadonlySet<number>;
  /** Null when windows of one bucket may not be put together before they are folded. */
  readonly keptCells: KeptCells | null;
  readonly keptSealed: KeptSealed;
}

/** Reads what is stored, but for parts whose cells are kept; all of it when some of these were merged or sealed since. */
async function readStored(
  db: D1Database,
  request: RangeRequest & TimeRange,
  apart: Omit<CellReading, 'range'>,
  keptCells: KeptCells | null,
): Promise<Result<StoredReading, RollupShortfall>> {
  const keys = keptCells?.keys(request) ?? [];
  for (const knownParts of keys.length > 0 ? [keys, []] : [[]]) {
    const range = await readRange(db, { ...request, knownParts });
    const reading = { ...apart, range };
    const shortfall = shortfallOf(reading);
    if (shortfall !== null) return err(shortfall);
    const parts = countingParts(range, apart.coverage, request);
    const taken = keptCells === null ? { blocks: [], unread: parts } : keptCells.take(parts, request);
    if (taken !== null) return ok({ ...reading, parts, taken });
  }
  throw new InvariantError('a part was read without its cells');
}

/** Adds sealed cells, parts and live cells of whole minutes, and the events of the minutes that a bound cuts. */
function foldCells(
  { points, totals }: CellFolds,
  query: Query,
  { live, range, coverage, parts, taken, rows, hours, boundDays, keptCells, keptSealed }: FoldedReading,
) {
  const { whole: wholeRange } = minuteSlicesOf(query);
  const { startMs, endMs } = wholeRange;
  const withPeople = query.measure === 'users';
  const decode = (cells: Uint8Array) => decodeRollupCells(cells, { withPeople });
  const windowOf = keptCells === null ? undefined : coarseWindowOf(query, wholeRange);
  const decodeCoarse = (cells: Uint8Array) => decodeRollupCells(cells, { withPeople, windowOf });
  const both: Pick<CellFold, 'add'> = {
    add: (...added) => {
      points.add(...added);
      totals?.add(...added);
    },
  };
  const addSealed = (day: number, cells: RollupCells) =>
    (boundDays.has(day) ? both : points).add(cells, startMs, endMs);
  for (const { day, cells } of hours) addSealed(day, decode(cells));
  for (const sealed of range.cells) addSealed(sealed.day, keptSealed.decode(sealed));
  for (const known of range.knownCells) addSealed(known.day, keptSealed.known(known));
  const addTotals = (day: number, cells: RollupCells) => !boundDays.has(day) && totals?.add(cells, startMs, endMs);
  for (const sealed of range.dayCells) addTotals(sealed.day, keptSealed.decode(sealed));
  for (const known of range.knownDayCells) addTotals(known.day, keptSealed.known(known));
  const whole: Pick<CellFold, 'add'> = {
    add: (cells, fromMs, toMs) => both.add(cells, Math.max(fromMs, startMs), Math.min(toMs, endMs)),
  };
  for (const block of taken.blocks) foldBlock(whole, block);
  for (const unread of taken.unread) {
    foldPart(whole, unread, keptCells === null ? decode(unread.part.cells!) : keptCells.decode(unread));
  }
  keptCells?.keep(taken);
  const replies = live.filter((reply) => reply !== null);
  for (const { cells } of replies) for (const bytes of cells ?? []) both.add(decodeCoarse(bytes), startMs, endMs);
  both.add(rows.cells, query.startMs, query.endMs);
  for (const { sliceCells } of replies) {
    for (const bytes of sliceCells ?? []) both.add(decode(bytes), query.startMs, query.endMs);
  }
  const flushes = flushesOf(parts);
  return {
    parts: flushes.length,
    pending: rowsOf(range, coverage, 'uncounted') + sum(replies.map(({ pendingEvents }) => pendingEvents)),
    undecided: rowsOf(range, coverage, 'undecided') + sum(replies.map(({ undecidedEvents = 0 }) => undecidedEvents)),
    revision:
      sum(range.days.map(({ revision }) => revision)) +
      sum(flushes.map(({ corrections }) => corrections)) +
      sum(replies.map(({ corrections }) => corrections)),
  };
}

/**
 * Whether people are counted by hours of days that lie in the range as a whole: the union of many hours is an estimate
 * where the seal has counted the day.
 */
function wantsTotals(query: Query, grains: ReadonlyMap<number, Grain>, nowMs: number): boolean {
  if (query.measure !== 'users' || query.interval === null) return false;
  const boundDays = boundDaysOf(query, nowMs);
  return [...grains.keys()].some((day) => !boundDays.has(day));
}

/** The days that a bound of the range cuts. */
function boundDaysOf(query: Query, nowMs: number): ReadonlySet<number> {
  return new Set(dayGrains(withoutPoints(query), nowMs)?.keys());
}

function withoutPoints(query: Query): Query {
  return { ...query, interval: null, bucketStarts: [query.startMs], cutBuckets: [] };
}

/** The ids that are one person, by the stored links and by those of events that the shards still hold. */
async function readLinked(asking: Asking, live: readonly (LiveReply | null)[]): Promise<Linked> {
  const { ports, tenant, shards } = asking;
  const holding = shards.filter((_, index) => (live[index]?.tailEvents ?? 0) > 0);
  const { links, states } = await readLinkEvents({ ports, shards: holding });
  const people = await readIdentity(ports.db, tenant, links);
  return { people, unheard: states.filter((state) => state === null).length };
}

/**
 * Counts the rows that are in no part, or those of them that may be copies. The rows of a flush that its shard still answers
 * for are in the shard's own account.
 */
function rowsOf({ uncovered }: RangeReading, coverage: Coverage, kind: 'uncounted' | 'undecided'): number {
  return sum(uncovered.filter((segment) => isCounted(coverage, segment)).map((segment) => segment[kind]));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
