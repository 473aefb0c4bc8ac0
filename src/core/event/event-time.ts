/**
 * Event time: when a thing happened, as far as the client's clock can be believed (CORRECTNESS rules of time and
 * routing).
 *
 * In: the client's `timestamp` and `sentAt`, the edge's receipt. Out: the event's time, and the time that chooses its
 * epoch.
 *
 * - A clock is provably fast when a request was "sent" more than 30 s after it was received: its times are shifted by
 *   that difference.
 * - Lateness never shifts: a request may have waited in a phone for days, and its `sentAt` may be that of a retry.
 * - The future is clamped to five minutes after the receipt, and flagged; the verdict says so.
 * - Without a timestamp the event happened when it was received.
 * - The client's own timestamp, clamped but not shifted, chooses the epoch of the shard map, so that every retry of an
 *   event reaches the shard that knows its id, whatever `sentAt` it carries.
 */
import { LIMITS } from '../limits.ts';

export interface EventTime {
  readonly atMs: number;
  readonly routingAtMs: number;
  /** True when the time was clamped from the future. */
  readonly clamped: boolean;
}

/**
 * Works out an event's times. `timestampMs` and `sentAtMs` are null when the client sent none. `clockMs`: the time from which
 * on the future begins; by default that of the receipt.
 */
export function eventTime(
  timestampMs: number | null,
  sentAtMs: number | null,
  receivedAtMs: number,
  clockMs = receivedAtMs,
): EventTime {
  if (timestampMs === null) return { atMs: receivedAtMs, routingAtMs: receivedAtMs, clamped: false };
  const latestMs = clockMs + LIMITS.futureClampMs;
  const shiftedMs = timestampMs - fastClockShiftMs(sentAtMs, clockMs);
  return {
    atMs: Math.min(shiftedMs, latestMs),
    routingAtMs: Math.min(timestampMs, latestMs),
    clamped: shiftedMs > latestMs,
  };
}

function fastClockShiftMs(sentAtMs: number | null, receivedAtMs: number): number {
  if (sentAtMs === null) return 0;
  const aheadMs = sentAtMs - receivedAtMs;
  return aheadMs > LIMITS.fastClockMs ? aheadMs : 0;
}
