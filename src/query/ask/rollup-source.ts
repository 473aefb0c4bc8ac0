/**
 * Rollup source: answers a question from cells: live ones of the shards, parts of unsealed days, hours and days of seals.
 *
 * steps: ask the shards → read D1 in one batch → does every stretch have the rollup, fine enough? → fold
 * What counts is decided here, by reading, never by what was deleted (CORRECTNESS A4, A5, B2):
 *   - of a sealed day its sealed cells, and parts with seqFrom at or above its vector;
 *   - of any day only parts with seqTo up to what their shard says is stored; from there on its live cells.
 */

import { DAY_MS } from '../../core/limits.ts';
import type { LinkedPeople } from '../../core/people/links.ts';
import { CellFold, type CellShortfall } from '../../core/query/fold/cell-fold.ts';
import type { Fold } from '../../core/query/fold/fold.ts';
import { dayGrains, type RollupPlan } from '../../core/query/question/plan.ts';
import type { Query } from '../../core/query/question/request.ts';
import { decodeRollupCells } from '../../core/rollup/cell-codec.ts';
import type { RollupCells } from '../../core/rollup/rollup-cells.ts';
import type { LiveReply, ShardOf } from '../../core/shard/rpc.ts';
import type { ShardAddress } from '../../core/shard/shard-map.ts';
import { err, ok, type Result } from '../../core/std/result.ts';
import type { StoredPart } from '../../lake/manifest/cells.ts';
import { type DroppedRange, droppedRange, eventsDropped, expiredNames } from '../../lake/manifest/dropped.ts';
import { type RangeReading, readRange } from '../../lake/manifest/range.ts';
import type { SealedDay } from '../../lake/manifest/sealed-days.ts';
import { lacks } from '../../lake/seal/plan.ts';
import { type Coverage, coverageOf, isStored, withoutShards } from '../view/coverage.ts';
import { readIdentity } from '../view/identity.ts';
import { readLinkEvents } from '../view/link-events.ts';
import { askLive } from '../view/shards.ts';

export interface RollupPorts {
  readonly db: D1Database;
  readonly shardOf: ShardOf;
}

export interface RollupReading {
  readonly fold: Fold;
  readonly coverage: Coverage;
  readonly rollupName: string;
  readonly sealedDays: number;
  readonly parts: number;
  /** Events of the range that are in no cell before their day is sealed again. */
  readonly pending: number;
  readonly revision: number;
  /** Null: nobody was asked for. */
  readonly identityAsOfMs: number | null;
  /** People were counted as they came, although some of their ids are linked. */
  readonly isUnlinked: boolean;
}

export interface RollupOptions {
  readonly asTheyCame?: boolean;
  /** Who is who, read once for several questions that are asked together; absent: read here. */
  readonly linked?: (read: () => Promise<Linked>) => Promise<Linked>;
}
export interface Linked {
  readonly people: Result<LinkedPeople, unknown>;
  /** Shards that did not answer: there may be links that are not known. */
  readonly unheard: number;
}

/** Why the lake must answer instead. */
export type RollupShortfall =
  | 'rollup-missing'
  /** A minute of a sealed day is asked for, or an hour of one whose hours were dropped. */
  | 'too-fine'
  /**
   * A seal holds events that a shard still answers for itself: a flush was stored and sealed, but not confirmed when the
   * shard was asked. Both would count them; the lake compares ids, and a moment later the shard may know.
   */
  | 'seal-ahead'
  /** Retention has dropped events that the cells of a day still count: it is being sealed anew without them. */
  | 'seal-outdated'
  | CellShortfall;

export async function readRollup(
  { db, shardOf }: RollupPorts,
  uid: string,
  addresses: readonly ShardAddress[],
  query: Query,
  plan: RollupPlan,
  nowMs: number,
  options: RollupOptions = {},
): Promise<Result<RollupReading, RollupShortfall>> {
  const { rollup } = plan;
  const { startMs, endMs } = query;
  const live = await askLive(shardOf, addresses, { rollupId: rollup.id, startMs, endMs });
  const liveCoverage = coverageOf(live, query, nowMs);
  const { asTheyCame = false, linked: readOnce = (read) => read() } = options;
  const readHere = () => readLinked(db, shardOf, uid, addresses, live);
  const linked = query.measure === 'users' ? await readOnce(readHere) : null;
  const coverage = withoutShards(liveCoverage, linked?.unheard ?? 0);
  if (linked?.people.ok === false && !asTheyCame) return err('people-linked');
  const people = linked?.people.ok ? linked.people.value : null;
  const grains = dayGrains(query, nowMs) ?? new Map();
  const dayFrom = Math.floor(startMs / DAY_MS);
  const dayTo = Math.floor((endMs - 1) / DAY_MS);
  const hourDays = [...grains.keys()];
  const reading = await readRange(db, { uid, rollupId: rollup.id, dayFrom, dayTo, grain: 'day', hourDays });

  if (isRollupMissing(rollup.id, live, reading, coverage)) return err('rollup-missing');
  if (reading.days.some(({ day }) => grains.get(day) === 'minute')) return err('too-fine');
  if (reading.days.some((day) => isAhead(day, coverage))) return err('seal-ahead');
  if (reading.days.some(({ day }) => grains.get(day) === 'hour' && day < reading.dropped.hour.dayBefore)) {
    return err('too-fine');
  }
  if (reading.days.some((day) => !lacks(day, expiredNames(reading.dropped, day.day)))) return err('seal-outdated');
  const fold = new CellFold(query, plan, asTheyCame ? null : people);
  const decode = (cells: Uint8Array) => decodeRollupCells(cells, { withPeople: query.measure === 'users' });
  for (const { cells } of reading.cells) fold.add(decode(cells), startMs, endMs);
  const parts = addParts(fold, reading, coverage, dayFrom, dayTo, decode);
  for (const reply of live) for (const cells of reply?.cells ?? []) fold.add(decode(cells), startMs, endMs);
  if (fold.shortfall) return err(fold.shortfall);

  const replies = live.filter((reply) => reply !== null);
  return ok({
    fold: fold.finish(),
    coverage: { ...coverage, dropped: droppedFrom(reading, dayFrom, dayTo) },
    rollupName: rollup.name,
    sealedDays: reading.days.length,
    parts: parts.length,
    pending: uncounted(reading, coverage) + sum(replies.map(({ pendingEvents }) => pendingEvents)),
    revision:
      sum(reading.days.map(({ revision }) => revision)) +
      sum(parts.map(({ corrections }) => corrections)) +
      sum(replies.map(({ corrections }) => corrections)),
    identityAsOfMs: people === null || asTheyCame ? null : nowMs,
    isUnlinked: asTheyCame && people?.isEmpty !== true,
  });
}

/** Who is who by the links that are stored and those of events that the shards still hold. */
async function readLinked(
  db: D1Database,
  shardOf: ShardOf,
  uid: string,
  addresses: readonly ShardAddress[],
  live: readonly (LiveReply | null)[],
): Promise<Linked> {
  const holding = addresses.filter((_, index) => (live[index]?.tailEvents ?? 0) > 0);
  const { links, states } = await readLinkEvents(shardOf, holding);
  const people = await readIdentity(db, uid, links);
  return { people, unheard: states.filter((state) => state === null).length };
}

/** Is there anything in the range that was stored, sealed or received without this rollup? */
function isRollupMissing(
  rollupId: string,
  live: readonly (LiveReply | null)[],
  { days, uncovered }: RangeReading,
  coverage: Coverage,
): boolean {
  if (live.some((reply) => reply?.rollupMissing)) return true;
  if (days.some(({ rollupIds }) => !rollupIds.includes(rollupId))) return true;
  return uncovered.some(
    ({ source, incarnation, seqTo, rollupIds }) =>
      source === 'flush' && isStored(coverage, incarnation, seqTo) && !rollupIds.includes(rollupId),
  );
}

/** What the range had and its cells no longer tell. */
function droppedFrom({ dropped, days }: RangeReading, dayFrom: number, dayTo: number): DroppedRange[] {
  const ranges = [
    days.some(({ day }) => day < dropped.day.dayBefore) ? droppedRange(dropped.day, dayFrom, dayTo) : null,
    eventsDropped(dropped.events, dayFrom, dayTo),
  ];
  return ranges.filter((range) => range !== null);
}

function isAhead({ vector }: SealedDay, { storedSeqs }: Coverage): boolean {
  return [...storedSeqs].some(([incarnation, storedSeq]) => (vector[incarnation] ?? 0) > storedSeq);
}

/** Rows that are in no part; those of a flush its shard still answers for are in the shard's own account. */
function uncounted({ uncovered }: RangeReading, coverage: Coverage): number {
  const counted = uncovered.filter(
    ({ source, incarnation, seqTo }) => source === 'import' || isStored(coverage, incarnation, seqTo),
  );
  return sum(counted.map((segment) => segment.uncounted));
}

/** Adds what counts of the parts; answers the flushes of which something did, each once. */
function addParts(
  fold: CellFold,
  { days, parts }: RangeReading,
  coverage: Coverage,
  dayFrom: number,
  dayTo: number,
  decode: (cells: Uint8Array) => RollupCells,
): StoredPart[] {
  const sealed = new Map(days.map((day) => [day.day, day]));
  const flushes = new Map<string, StoredPart>();
  for (const part of parts) {
    if (!isStored(coverage, part.incarnation, part.seqTo)) continue;
    const from = Math.max(part.dayMin, dayFrom);
    const to = Math.min(part.dayMax, dayTo);
    const stretches = countingStretches(part, from, to, sealed);
    if (stretches.length === 0) continue;
    flushes.set(`${part.incarnation}/${part.seqFrom}`, part);
    const cells = decode(part.cells);
    for (const [first, last] of stretches) fold.add(cells, first * DAY_MS, (last + 1) * DAY_MS);
  }
  return [...flushes.values()];
}

/** The days of a part that no seal covers, as stretches [first, last]. */
function countingStretches(
  { incarnation, seqFrom }: StoredPart,
  from: number,
  to: number,
  sealed: ReadonlyMap<number, SealedDay>,
): [number, number][] {
  const stretches: [number, number][] = [];
  for (let day = from; day <= to; day++) {
    if (seqFrom < (sealed.get(day)?.vector[incarnation] ?? 0)) continue;
    const last = stretches.at(-1);
    if (last?.[1] === day - 1) last[1] = day;
    else stretches.push([day, day]);
  }
  return stretches;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
