/**
 * Pressure: what a shard holds that is not stored, against its bounds; beyond one of them it takes no more until the sink
 * has caught up. Decided before anything of a request is kept, so a refusal has no effect but the wait it asks for.
 */
import { LIMITS } from './limits.ts';

export interface Held {
  /** Log rows not yet stored, and requests that wait for their row. */
  readonly logSizeBytes: number;
  readonly waitingFlushes: number;
  /** Cells in memory, open or waiting. */
  readonly cells: number;
  /** Since the first event of the oldest waiting flush was received. */
  readonly oldestFlushAgeMs: number;
}

/** How long to wait before the next try; null: there is room for `sizeBytes` more. */
export function pressureOf(held: Held, sizeBytes: number): number | null {
  const isOver =
    held.logSizeBytes + sizeBytes > LIMITS.logSizeBytesMax ||
    held.waitingFlushes >= LIMITS.waitingFlushesMax ||
    held.cells >= LIMITS.waitingCellsMax;
  return isOver ? retryAfterMs(held.oldestFlushAgeMs) : null;
}

/** A sink that has been behind for long will not be back at once: a tenth of the delay so far, within bounds. */
export function retryAfterMs(oldestFlushAgeMs: number): number {
  return Math.min(Math.max(oldestFlushAgeMs / 10, LIMITS.retryAfterMsMin), LIMITS.retryAfterMsMax);
}
