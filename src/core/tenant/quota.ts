/**
 * Quota: the number of events that a tenant may send a minute, kept as an allowance that fills with time and is spent
 * by events: a token bucket (Turner, "New directions in communications", 1986).
 *
 * - It holds a minute's worth at most, and begins full.
 * - A request is taken whole while anything is left; otherwise a request of more events than the quota could never be
 *   sent. The events beyond the allowance are owed, and the next request waits for them.
 * - A request that is refused spends nothing.
 *
 * So within any t minutes at most quota × (t + 1) events are taken, plus those of one request.
 */
import { MINUTE_MS } from '../limits.ts';

/** The allowance of one tenant, made once and spent in place. */
export interface Allowance {
  /**
   * Amount left in 1/60,000 of an event, which a quota of 1 brings in a millisecond: these are whole numbers, so no
   * rounding adds up. Below 0 events are owed.
   */
  left: number;
  /** The instant at which `left` was worked out. */
  atMs: number;
}

export function fullAllowance(eventsPerMinute: number, nowMs: number): Allowance {
  return { left: eventsPerMinute * MINUTE_MS, atMs: nowMs };
}

/** Spends the events. Returns 0 when they were taken, else the milliseconds until anything is left. */
export function spend(allowance: Allowance, eventsPerMinute: number, events: number, nowMs: number): number {
  const passedMs = Math.max(0, nowMs - allowance.atMs);
  const left = Math.min(eventsPerMinute * MINUTE_MS, allowance.left + passedMs * eventsPerMinute);
  allowance.left = left;
  allowance.atMs = Math.max(allowance.atMs, nowMs);
  if (left <= 0) return Math.floor(-left / eventsPerMinute) + 1;
  allowance.left = left - events * MINUTE_MS;
  return 0;
}
