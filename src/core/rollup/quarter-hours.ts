/**
 * Quarter hours: cells of minutes merged into windows of fifteen, the grain of parts that have aged (CORRECTNESS K3).
 *
 * Every time zone is a multiple of a quarter of an hour away from UTC, so hours and days of any zone are still whole.
 */
import { LIMITS, MINUTE_MS } from '../limits.ts';
import { OTHER_KEY, RollupCells } from './rollup-cells.ts';

export const QUARTER_HOUR_MS = 15 * MINUTE_MS;

/**
 * Merges the cells of one rollup. Null when a window would have more tuples than a window may have: which of them it named
 * would be lost, and its minutes still tell.
 */
export function toQuarterHours(all: readonly RollupCells[]): RollupCells | null {
  const [first] = all;
  if (first === undefined) return null;
  const merged = new RollupCells(first.dimensionCount, first.numberCount, Number.MAX_SAFE_INTEGER);
  merged.windowMs = QUARTER_HOUR_MS;
  for (const cells of all) {
    for (const [startMs, window] of cells.windows) {
      const quarterMs = Math.floor(startMs / QUARTER_HOUR_MS) * QUARTER_HOUR_MS;
      for (const [key, cell] of window) merged.cell(quarterMs, key).merge(cell);
    }
    if (cells.overflowed) merged.overflowed = true;
  }
  for (const window of merged.windows.values()) {
    if (window.size - (window.has(OTHER_KEY) ? 1 : 0) > LIMITS.windowCellsMax) return null;
  }
  return merged;
}
