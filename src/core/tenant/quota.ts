/**
 * Quota: how many events a tenant may send a minute, kept as an allowance that fills with time and is spent by events: a
 * token bucket (Turner, "New directions in communications", 1986).
 *
 * - It holds a minute's worth at the most, and begins full.
 * - A request is taken whole while anything is left: else one of more events than the quota could never be sent. What it
 *   took beyond the allowance is owed, and waited for by the next.
 * - A request that is refused spends nothing.
 * So within any t minutes at most quota × (t + 1) events are taken, and those of one request.
 */
import { MINUTE_MS } from '../limits.ts';

/** Spent in place: a tenant's is made once. */
export interface Allowance {
  /** In 1/60,000 of an event, what a quota of 1 brings in a millisecond: whole numbers, so no rounding adds up. Below 0: owed. */
  left: number;
  /** As of this instant. */
  atMs: number;
}

export function fullAllowance(eventsPerMinute: number, nowMs: number): Allowance {
  return { left: eventsPerMinute * MINUTE_MS, atMs: nowMs };
}

/** Spends the events, or says how long to wait: 0 when they were taken, else milliseconds until anything is left. */
export function spend(allowance: Allowance, eventsPerMinute: number, events: number, nowMs: number): number {
  const passedMs = Math.max(0, nowMs - allowance.atMs);
  const left = Math.min(eventsPerMinute * MINUTE_MS, allowance.left + passedMs * eventsPerMinute);
  allowance.left = left;
  allowance.atMs = Math.max(allowance.atMs, nowMs);
  if (left <= 0) return Math.floor(-left / eventsPerMinute) + 1;
  allowance.left = left - events * MINUTE_MS;
  return 0;
}
