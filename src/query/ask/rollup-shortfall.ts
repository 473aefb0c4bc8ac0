/** RollupShortfall: why cells cannot answer a question exactly, so that another rollup or the lake must. */
import type { CellShortfall } from '../../core/query/fold/cell-fold.ts';
import type { Grain } from '../../core/query/question/plan.ts';
import type { LiveReply } from '../../core/shard/rpc.ts';
import type { TimeRange } from '../../core/std/time-range.ts';
import { expiredNames } from '../../lake/manifest/dropped.ts';
import type { RangeReading } from '../../lake/manifest/range.ts';
import type { SealedDay } from '../../lake/manifest/sealed-days.ts';
import { lacks } from '../../lake/seal/plan.ts';
import { type Coverage, isCounted } from '../view/coverage.ts';
import { partShortfall } from './rollup-parts.ts';

export type RollupShortfall =
  | 'rollup-missing'
  /** The question asks for a minute of a sealed day, or for an hour of one whose hours were dropped. */
  | 'too-fine'
  /**
   * A seal holds events that a shard still answers for itself: a flush was stored and sealed, but not confirmed when the
   * shard was asked. Both would count them. The lake compares ids instead. A moment later the shard may have learned
   * that the flush is stored.
   */
  | 'seal-ahead'
  /** A shard of an earlier release does not tell the events of a minute that a bound cuts. */
  | 'slices-untold'
  /**
   * Parts were merged since their shard was asked, and reach beyond what it knew to be stored. By now it knows more.
   */
  | 'merge-ahead'
  /** The file with people by the hour of a sealed day is gone: since the question was read the day was sealed anew. */
  | 'hours-gone'
  /** Parts of which it cannot be told which count. */
  | 'parts-overlap'
  /** Retention has dropped events that the cells of a day still count: the day is being sealed anew without them. */
  | 'seal-outdated'
  /** Rows of a sealed day were taken back since: the day is being sealed anew without them. */
  | 'seal-void'
  | CellShortfall;

/** The readings for a question, before anything is folded. */
export interface CellReading {
  readonly rollupId: string;
  readonly live: readonly (LiveReply | null)[];
  readonly range: RangeReading;
  readonly coverage: Coverage;
  /** The grain that each day's cells must have; a day that is absent needs none finer than a day. */
  readonly grains: ReadonlyMap<number, Grain>;
  /** Whether the answer may lack days whose seals do not count. */
  readonly leavesOutVoid: boolean;
  /** The parts of minutes at the bounds. */
  readonly slices: readonly TimeRange[];
}

/** null when every stretch has the rollup, fine enough and up to date. */
export function shortfallOf(reading: CellReading): RollupShortfall | null {
  const { range, coverage, grains, live, slices, leavesOutVoid } = reading;
  const { days, dropped, voidDays } = range;
  if (voidDays.size > 0 && !leavesOutVoid) return 'seal-void';
  if (isRollupMissing(reading)) return 'rollup-missing';
  if (range.isTooLarge) return 'too-large';
  if (days.some(({ day }) => grains.get(day) === 'minute')) return 'too-fine';
  if (slices.length > 0 && live.some((reply) => reply?.sliceCells === undefined && reply !== null))
    return 'slices-untold';
  if (days.some((day) => isAhead(day, coverage))) return 'seal-ahead';
  if (days.some(({ day }) => grains.get(day) === 'hour' && day < dropped.hour.dayBefore)) return 'too-fine';
  if (days.some((day) => !lacks(day, expiredNames(dropped, day.day)))) return 'seal-outdated';
  return partShortfall(range, coverage);
}

/** Whether some events of the range were received, sealed or stored without the rollup. */
function isRollupMissing({ rollupId, live, range: { days, uncovered }, coverage }: CellReading): boolean {
  if (live.some((reply) => reply?.rollupMissing)) return true;
  if (days.some(({ rollupIds }) => !rollupIds.includes(rollupId))) return true;
  return uncovered.some(
    (segment) => segment.source === 'flush' && isCounted(coverage, segment) && !segment.rollupIds.includes(rollupId),
  );
}

function isAhead({ vector }: SealedDay, { storedSeqs }: Coverage): boolean {
  return [...storedSeqs].some(([incarnation, storedSeq]) => (vector[incarnation] ?? 0) > storedSeq);
}
