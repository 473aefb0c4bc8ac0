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

/** Returns the disposition of a new event: on time, a correction of a closed window, or beyond the allowed lateness. */
export function admit(atMs: number, receivedAtMs: number, watermarkMs: number | null): number {
  if (atMs < receivedAtMs - LIMITS.allowedLatenessMs) return ACCEPTED | LATE_BEYOND;
  if (watermarkMs !== null && windowStart(atMs) + MINUTE_MS <= watermarkMs) return ACCEPTED | LATE_CORRECTION;
  return ACCEPTED;
}
