/**
 * Quota: how much of something a tenant may use in a time, kept as an allowance that fills with time and is spent by use: a
 * token bucket (Turner, "New directions in communications", 1986).
 *
 * - It holds one period's worth at most, and begins full.
 * - A request is taken whole while anything is left; otherwise a request of more than the quota could never be sent. What is
 *   beyond the allowance is owed, and the next request waits for it.
 * - A request that is refused spends nothing.
 *
 * So within any t periods at most quota × (t + 1) are taken, plus those of one request.
 */
import { DAY_MS, LIMITS, MINUTE_MS } from '../limits.ts';

/** Quotas of a tenant. Absent in the tenant's own: the default. */
export interface TenantQuotas {
  readonly eventsPerMinute: number;
  readonly daysPerMinute: number;
  readonly questionsPerMinute: number;
  readonly linksPerDay: number;
  readonly storedBytes: number;
}

export const DEFAULT_QUOTAS: TenantQuotas = {
  eventsPerMinute: LIMITS.quotaEventsPerMinute,
  daysPerMinute: LIMITS.quotaDaysPerMinute,
  questionsPerMinute: LIMITS.quotaQuestionsPerMinute,
  linksPerDay: LIMITS.quotaLinksPerDay,
  storedBytes: LIMITS.quotaStoredBytes,
};

/** A quota of a time. */
export type TimedQuota = Exclude<keyof TenantQuotas, 'storedBytes'>;

export const QUOTA_PERIOD_MS: Readonly<Record<TimedQuota, number>> = {
  eventsPerMinute: MINUTE_MS,
  daysPerMinute: MINUTE_MS,
  questionsPerMinute: MINUTE_MS,
  linksPerDay: DAY_MS,
};

/** The allowance of one tenant, made once and spent in place. */
export interface Allowance {
  /**
   * Amount left in units of 1/period of what is counted: a quota of 1 brings one in a millisecond, so these are whole
   * numbers and no rounding adds up. Below 0 something is owed.
   */
  left: number;
  /** The instant at which `left` was worked out. */
  atMs: number;
}

export function fullAllowance(quota: number, nowMs: number, periodMs: number = MINUTE_MS): Allowance {
  return { left: quota * periodMs, atMs: nowMs };
}

/** Spends an amount. Returns 0 when it was taken, else the milliseconds until anything is left. */
export function spend(
  allowance: Allowance,
  quota: number,
  amount: number,
  nowMs: number,
  periodMs: number = MINUTE_MS,
): number {
  const passedMs = Math.max(0, nowMs - allowance.atMs);
  const left = Math.min(quota * periodMs, allowance.left + passedMs * quota);
  allowance.left = left;
  allowance.atMs = Math.max(allowance.atMs, nowMs);
  if (left <= 0) return Math.floor(-left / quota) + 1;
  allowance.left = left - amount * periodMs;
  return 0;
}
