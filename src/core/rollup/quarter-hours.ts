/**
 * Quarter hours: cells of minutes merged into windows of fifteen, the grain of parts that have aged (CORRECTNESS K3).
 *
 * Every time zone is a multiple of a quarter of an hour away from UTC, so hours and days of any zone are still whole.
 */
import { LIMITS, MINUTE_MS } from '../limits.ts';
import { namedCountOf, RollupCells } from './rollup-cells.ts';

export const QUARTER_HOUR_MS = 15 * MINUTE_MS;

/**
 * Merges the cells of one rollup into windows of a minute or of a quarter of an hour. Null when a window would have more tuples
 * than a window may have: which of them it named would be lost, and what was there before still tells.
 */
export function mergedWindows(all: Iterable<RollupCells>, windowMs: number): RollupCells | null {
  let merged: RollupCells | null = null;
  for (const cells of all) {
    merged ??= new RollupCells(cells.dimensionCount, cells.numberCount, Number.MAX_SAFE_INTEGER);
    for (const [startMs, window] of cells.windows) {
      const mergedMs = Math.floor(startMs / windowMs) * windowMs;
      for (const [key, cell] of window) merged.cell(mergedMs, key).merge(cell);
    }
    if (cells.overflowed) merged.overflowed = true;
  }
  if (merged === null) return null;
  merged.windowMs = windowMs;
  for (const window of merged.windows.values()) {
    if (window.size > LIMITS.windowCellsMax && namedCountOf(window) > LIMITS.windowCellsMax) return null;
  }
  return merged;
}
