/**
 * Drift: what the seal of a day has counted, beside what the shards counted live.
 *
 * Every difference has a cause that is counted: copies, rows that came late or by import, expired names. What is left is `rest`,
 * which is 0 (CORRECTNESS B2).
 */
import { type EventColumns, LATE_BEYOND, LATE_IMPORT } from '../../core/event/columns.ts';
import { decodeRollupCells } from '../../core/rollup/cell-codec.ts';
import { dayOf } from '../../core/std/day.ts';
import type { Drift } from '../manifest/sealed-days.ts';
import { addCounts, noRows, type RowCounts } from '../spread/runs.ts';
import { isNewlyCovered, type SealPlan } from './plan.ts';
import type { AdoptedPlan } from './plan-store.ts';

/** Counts the rows that no shard has counted in a cell. */
export function countLate({ late }: EventColumns, counts: Pick<RowCounts, 'beyond' | 'imported'>): void {
  for (const flags of late) {
    if ((flags & LATE_IMPORT) !== 0) counts.imported++;
    else if ((flags & LATE_BEYOND) !== 0) counts.beyond++;
  }
}

export function driftOf(
  { plan, inputs, liveParts }: AdoptedPlan,
  peopleRollupId: string,
  counts: RowCounts & { readonly events: number },
): Drift {
  const { events: sealed } = counts;
  let live = plan.base?.live ?? 0;
  for (const part of liveParts) live += countEvents(part, plan.day);
  for (const input of inputs) {
    // A flush from before the people rollup existed has no part of it: the manifest has its live count.
    const isUncounted = input.source === 'flush' && !input.rollupIds.includes(peopleRollupId);
    if (isUncounted && isNewlyCovered(plan, input)) live += input.rowCount - input.uncounted;
  }
  const { duplicates, serverCopies, importCopies, browserCopies, beyond, imported, expired } = withGround(counts, plan);
  const rest = live - sealed - duplicates - expired + beyond + imported;
  return {
    live,
    sealed,
    duplicates,
    ...(serverCopies > 0 && { serverCopies }),
    ...(importCopies > 0 && { importCopies }),
    ...(browserCopies > 0 && { browserCopies }),
    beyond,
    imported,
    ...(expired > 0 && { expired }),
    rest,
  };
}

/** The counts with those of the ground, of which only the rows that stayed were read. */
function withGround(counts: RowCounts, { ground }: SealPlan): RowCounts {
  const sum = noRows();
  addCounts(sum, counts);
  if (ground !== undefined) addCounts(sum, { ...noRows(), ...ground.drift });
  return sum;
}

function countEvents(part: Uint8Array, day: number): number {
  let events = 0;
  for (const [startMs, window] of decodeRollupCells(part).windows) {
    if (dayOf(startMs) !== day) continue;
    for (const cell of window.values()) events += cell.count;
  }
  return events;
}
