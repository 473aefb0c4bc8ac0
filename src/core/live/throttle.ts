/**
 * Throttle: requests of a tenant that were refused for now, counted by code and minute: those over a quota, and those that a
 * shard, or the platform, had no room for.
 *
 * Their senders try again, so each refusal is told by a number alone: a flood of them costs less than the requests would have.
 */
import { HOUR_MS, LIMITS, MINUTE_MS } from '../limits.ts';

/** Counts the refusals of an isolate. It returns at once and never throws. */
export interface Throttles {
  count(uid: string, code: string): void;
}

/** Requests refused with one code in one minute. */
export interface ThrottleCount {
  readonly code: string;
  /** Minutes since 1970. */
  readonly minute: number;
  readonly requests: number;
}

export interface ThrottledRequest {
  readonly startMs: number;
  readonly endMs: number;
  readonly grainMs: number;
}

/** Requests refused with one code in one span of the grain, which is the unit of the question. */
export interface ThrottledSpan {
  readonly code: string;
  readonly atMs: number;
  readonly requests: number;
}

const MINUTES_PER_HOUR = HOUR_MS / MINUTE_MS;
const QUARTER_MS = HOUR_MS / 4;
const HOURS_OF_MINUTES = 48;
const HOURS_OF_QUARTERS = 31 * 24;

/** The grain at which a range is told: every zone's days begin on a quarter of an hour. */
export function throttleGrainMs(startMs: number, endMs: number): number {
  const hours = (endMs - startMs) / HOUR_MS;
  if (hours <= HOURS_OF_MINUTES) return MINUTE_MS;
  return hours <= HOURS_OF_QUARTERS ? QUARTER_MS : HOUR_MS;
}

/** One hour of one code, as a hub stores it: 60 numbers, so that an hour of a flood is one row. */
export interface ThrottleHour {
  readonly code: string;
  /** Hours since 1970. */
  readonly hour: number;
  readonly minutes: readonly number[];
}

/** The hour with a count added. `hour`: undefined when nothing of it is stored. */
export function withThrottle(hour: ThrottleHour | undefined, { code, minute, requests }: ThrottleCount): ThrottleHour {
  const minutes = [...(hour?.minutes ?? new Array<number>(MINUTES_PER_HOUR).fill(0))];
  const place = minute % MINUTES_PER_HOUR;
  minutes[place] = minutes[place]! + requests;
  return { code, hour: Math.floor(minute / MINUTES_PER_HOUR), minutes };
}

/** The spans of hours that are within the range and not empty. `hours` ascend. */
export function throttledSpans(
  hours: Iterable<ThrottleHour>,
  { startMs, endMs, grainMs }: ThrottledRequest,
): ThrottledSpan[] {
  const spans = new Map<string, { code: string; atMs: number; requests: number }>();
  for (const { code, hour, minutes } of hours) {
    for (const [place, requests] of minutes.entries()) {
      const minuteMs = hour * HOUR_MS + place * MINUTE_MS;
      if (requests === 0 || minuteMs + MINUTE_MS <= startMs || minuteMs >= endMs) continue;
      const atMs = Math.floor(minuteMs / grainMs) * grainMs;
      const span = spans.get(`${atMs} ${code}`);
      if (span === undefined) spans.set(`${atMs} ${code}`, { code, atMs, requests });
      else span.requests += requests;
    }
  }
  return [...spans.values()].sort((a, b) => a.atMs - b.atMs || (a.code < b.code ? -1 : 1));
}

/** Adds counts of equal minute and code, the oldest first, and drops the oldest beyond the limit. */
export function mergedCounts(counts: readonly ThrottleCount[]): ThrottleCount[] {
  const merged = new Map<string, { code: string; minute: number; requests: number }>();
  for (const { code, minute, requests } of counts) {
    const known = merged.get(`${minute} ${code}`);
    if (known === undefined) merged.set(`${minute} ${code}`, { code, minute, requests });
    else known.requests += requests;
  }
  return [...merged.values()].sort((a, b) => a.minute - b.minute).slice(-LIMITS.throttleCountsMax);
}
