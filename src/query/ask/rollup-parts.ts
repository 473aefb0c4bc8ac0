/**
 * Rollup parts: the cells of flushes of days that no seal covers.
 *
 * Readers decide what counts, not deletions (rules A4, A5, B2): of a sealed day only parts with seqFrom at or above its vector,
 * and of any day only parts with seqTo up to what their shard says is stored.
 */
import { DAY_MS } from '../../core/limits.ts';
import type { CellFold } from '../../core/query/fold/cell-fold.ts';
import type { RollupCells } from '../../core/rollup/rollup-cells.ts';
import type { DayRange } from '../../core/std/day.ts';
import type { StoredPart } from '../../lake/manifest/cells.ts';
import type { RangeReading } from '../../lake/manifest/range.ts';
import type { SealedDay } from '../../lake/manifest/sealed-days.ts';
import { type Coverage, isStored } from '../view/coverage.ts';

/** A part and those of its days that count, as stretches [first, last]. */
export interface CountingPart {
  readonly part: StoredPart;
  readonly stretches: readonly (readonly [first: number, last: number])[];
}

export function countingParts(
  { days, parts, voidDays }: Pick<RangeReading, 'days' | 'parts' | 'voidDays'>,
  coverage: Coverage,
  range: DayRange,
): CountingPart[] {
  const sealed = new Map(days.map((day) => [day.day, day]));
  return parts
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

export function foldParts(
  fold: Pick<CellFold, 'add'>,
  parts: readonly CountingPart[],
  decode: (cells: Uint8Array) => RollupCells,
): void {
  for (const { part, stretches } of parts) {
    const cells = decode(part.cells);
    for (const [first, last] of stretches) fold.add(cells, first * DAY_MS, (last + 1) * DAY_MS);
  }
}

/** One part of each flush. */
export function flushesOf(parts: readonly CountingPart[]): StoredPart[] {
  return [...new Map(parts.map(({ part }) => [`${part.incarnation}/${part.seqFrom}`, part])).values()];
}
