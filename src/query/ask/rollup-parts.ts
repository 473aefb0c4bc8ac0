/**
 * Rollup parts: the cells of flushes of days that no seal covers.
 *
 * Readers decide what counts, not deletions (rules A4, A5, B2): of a sealed day only parts with seqFrom at or above its vector,
 * and of any day only parts with seqTo up to what their shard says is stored. Of parts that overlap one counts (K1).
 */
import { DAY_MS } from '../../core/limits.ts';
import type { CellFold } from '../../core/query/fold/cell-fold.ts';
import { compareRanges, coverOf, isAstride } from '../../core/rollup/part-cover.ts';
import type { RollupCells } from '../../core/rollup/rollup-cells.ts';
import type { DayRange } from '../../core/std/day.ts';
import { assert } from '../../core/std/result.ts';
import type { StoredPart } from '../../lake/manifest/cells.ts';
import type { RangeReading } from '../../lake/manifest/range.ts';
import type { SealedDay } from '../../lake/manifest/sealed-days.ts';
import { type Coverage, isStored } from '../view/coverage.ts';

/** A part and those of its days that count, as stretches [first, last]. */
export interface CountingPart {
  readonly part: StoredPart;
  readonly stretches: readonly (readonly [first: number, last: number])[];
}

/**
 * Why the parts of a reading cannot be told apart from what a shard or a seal answers for; null when they can.
 *
 * A part that lies astride what its shard says is stored was merged since the shard was asked (K4). One astride a seal's vector
 * is a broken rule (K2), and so are parts that overlap without one holding the other.
 */
export function partShortfall(
  { days, parts }: Pick<RangeReading, 'days' | 'parts'>,
  { storedSeqs }: Coverage,
): 'merge-ahead' | 'parts-overlap' | null {
  if (parts.some((part) => isAstride(part, storedSeqs.get(part.incarnation) ?? part.seqTo))) return 'merge-ahead';
  const isAstrideSeal = (part: StoredPart) =>
    days.some(
      ({ day, vector }) =>
        day >= part.dayMin && day <= part.dayMax && isAstride(part, vector[part.incarnation] ?? part.seqFrom),
    );
  return coverOf(parts) === null || parts.some(isAstrideSeal) ? 'parts-overlap' : null;
}

/** The parts that count. Throws when `partShortfall` tells of them. */
export function countingParts(
  { days, parts, voidDays }: Pick<RangeReading, 'days' | 'parts' | 'voidDays'>,
  coverage: Coverage,
  range: DayRange,
): CountingPart[] {
  const sealed = new Map(days.map((day) => [day.day, day]));
  const cover = coverOf(parts);
  assert(cover !== null, 'parts overlap');
  return cover
    .filter((part) => isStored(coverage, part.incarnation, part.seqTo))
    .map((part) => ({ part, stretches: unsealedStretches(part, range, { sealed, voidDays }) }))
    .filter(({ stretches }) => stretches.length > 0);
}

interface DaysByState {
  readonly sealed: ReadonlyMap<number, SealedDay>;
  readonly voidDays: ReadonlySet<number>;
}

/** The days of a part, within the range, that no seal covers. Of a void day no part counts: others of it may be gone. */
function unsealedStretches(
  { incarnation, seqFrom, dayMin, dayMax }: StoredPart,
  { dayFrom, dayTo }: DayRange,
  { sealed, voidDays }: DaysByState,
): [number, number][] {
  const stretches: [number, number][] = [];
  for (let day = Math.max(dayMin, dayFrom); day <= Math.min(dayMax, dayTo); day++) {
    if (voidDays.has(day) || seqFrom < (sealed.get(day)?.vector[incarnation] ?? 0)) continue;
    const last = stretches.at(-1);
    if (last?.[1] === day - 1) last[1] = day;
    else stretches.push([day, day]);
  }
  return stretches;
}

export function foldPart(fold: Pick<CellFold, 'add'>, { stretches }: CountingPart, cells: RollupCells): void {
  for (const [first, last] of stretches) fold.add(cells, first * DAY_MS, (last + 1) * DAY_MS);
}

/** One part of each flush. Of a merged range it is one part of the range, also where another of its days is not merged. */
export function flushesOf(parts: readonly CountingPart[]): StoredPart[] {
  const ends = new Map<string, number>();
  const ranges = parts.map(({ part }) => part).sort(compareRanges);
  return ranges.filter(({ incarnation, seqFrom, seqTo }) => {
    if (seqFrom < (ends.get(incarnation) ?? 0)) return false;
    ends.set(incarnation, seqTo);
    return true;
  });
}
