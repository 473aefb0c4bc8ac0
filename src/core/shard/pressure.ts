/**
 * Pressure: what a shard holds, against its bounds; beyond one of them it takes no more until the sink has caught up or,
 * of the ids it remembers, until a day of them is forgotten or a split has sent its events elsewhere. Decided before anything
 * of a request is kept, so a refusal has no effect but the wait it asks for.
 */
import { LIMITS } from '../limits.ts';

export interface Held {
  /** Log rows not yet stored, and requests that wait for their row. */
  readonly logSizeBytes: number;
  readonly waitingFlushes: number;
  /** Cells in memory, open or waiting. */
  readonly cellSizeBytes: number;
  /** Within the dedupe horizon. */
  readonly rememberedIds: number;
  /** Since the first event of the oldest waiting flush was received. */
  readonly oldestFlushAgeMs: number;
}

/** How long to wait before the next try; null: there is room for `sizeBytes` more. */
export function pressureOf(held: Held, sizeBytes: number): number | null {
  // Forgetting one would be to count its retry again.
  if (held.rememberedIds >= LIMITS.dedupeIdsMax) return LIMITS.retryAfterMsMax;
  const isOver =
    held.logSizeBytes + sizeBytes > LIMITS.logSizeBytesMax ||
    held.waitingFlushes >= LIMITS.waitingFlushesMax ||
    held.cellSizeBytes >= LIMITS.waitingCellSizeBytesMax;
  return isOver ? retryAfterMs(held.oldestFlushAgeMs) : null;
}

/** A sink that has been behind for long will not be back at once: a tenth of the delay so far, within bounds. */
export function retryAfterMs(oldestFlushAgeMs: number): number {
  return Math.min(Math.max(oldestFlushAgeMs / 10, LIMITS.retryAfterMsMin), LIMITS.retryAfterMsMax);
}
