/**
 * Pressure: the load that a shard holds, against its bounds (back-pressure). Beyond a bound the shard refuses requests
 * until the sink has caught up. The decision comes before anything of a request is kept, so a refusal has no effect but
 * the wait it asks for.
 */
import { LIMITS } from '../limits.ts';

export interface Held {
  /** Size of the log rows not yet stored, and of requests that wait for their row. */
  readonly logSizeBytes: number;
  readonly waitingFlushes: number;
  /** Size of the cells in memory, open or waiting. */
  readonly cellSizeBytes: number;
  /** Time since the first event of the oldest waiting flush was received. */
  readonly oldestFlushAgeMs: number;
}

/** Returns the time to wait before the next try; null when there is room for `sizeBytes` more. */
export function pressureOf(held: Held, sizeBytes: number): number | null {
  const isOver =
    held.logSizeBytes + sizeBytes > LIMITS.logSizeBytesMax ||
    held.waitingFlushes >= LIMITS.waitingFlushesMax ||
    held.cellSizeBytes >= LIMITS.waitingCellSizeBytesMax;
  return isOver ? retryAfterMs(held.oldestFlushAgeMs) : null;
}

/**
 * Returns a tenth of the delay so far, within bounds: a sink that has been behind for long will not be back at once.
 */
export function retryAfterMs(oldestFlushAgeMs: number): number {
  return Math.min(Math.max(oldestFlushAgeMs / 10, LIMITS.retryAfterMsMin), LIMITS.retryAfterMsMax);
}
