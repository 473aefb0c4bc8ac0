/**
 * Window: tumbling, event-time, `[startMs, endMs)`, one minute at the base grain. It is closed once the watermark
 * reached its end.
 */

import { ACCEPTED } from '../block/disposition.ts';
import { LATE_BEYOND, LATE_CORRECTION } from '../event/columns.ts';
import { LIMITS, MINUTE_MS } from '../limits.ts';

export function windowStart(atMs: number): number {
  return Math.floor(atMs / MINUTE_MS) * MINUTE_MS;
}

/** The state of a shard by which it admits an event. */
export interface AdmittedBy {
  readonly watermarkMs: number | null;
  /** Ids that were received before are forgotten. */
  readonly horizonMs: number;
}

/**
 * Returns the disposition of a new event: on time, a correction of a closed window, or beyond the allowed lateness. An event from
 * before the horizon may be a copy: it is beyond, too, so that its day's seal decides (CORRECTNESS M1).
 */
export function admit(atMs: number, receivedAtMs: number, { watermarkMs, horizonMs }: AdmittedBy): number {
  if (!mayBeCopy(atMs, receivedAtMs)) return ACCEPTED | LATE_BEYOND;
  if (atMs < horizonMs + marginOf(receivedAtMs - horizonMs)) return ACCEPTED | LATE_BEYOND;
  if (watermarkMs !== null && windowStart(atMs) + MINUTE_MS <= watermarkMs) return ACCEPTED | LATE_CORRECTION;
  return ACCEPTED;
}

/** Whether an event beyond the allowed lateness is so because ids that old are forgotten: it may be a copy. */
export function mayBeCopy(atMs: number, receivedAtMs: number): boolean {
  return atMs >= receivedAtMs - LIMITS.allowedLatenessMs;
}

/**
 * Time by which the first copy of an event may have been received before the event's own time: clocks differ, and a time in the
 * future is clamped. A shard that remembers little takes half of that, so that what happens now is always counted.
 */
function marginOf(rememberedMs: number): number {
  return rememberedMs === Number.POSITIVE_INFINITY ? 0 : Math.min(LIMITS.dedupeMarginMs, rememberedMs / 2);
}
