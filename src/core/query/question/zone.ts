/**
 * Zone: an IANA time zone as a list of stretches of constant offset, from the platform's own tables (Intl).
 *
 * In: a zone name and a range of instants. Out: offsets, and the instants at which local days begin. Stretches are
 * found by probing once a day and by binary search where the offset differs: 400 days cost 400 probes of ~1.2 µs, after
 * which everything is arithmetic. Offsets are whole minutes since 1990, the earliest event time taken.
 */
import { DAY_MS, MINUTE_MS } from '../../limits.ts';
import { assert } from '../../std/result.ts';

/** From `startMs` to the next stretch, local time = instant + `offsetMs`. */
export interface Stretch {
  readonly startMs: number;
  readonly offsetMs: number;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

/** Tells whether the platform knows the zone. */
export function isTimezone(timezone: string): boolean {
  try {
    formatterOf(timezone);
    return true;
  } catch {
    return false;
  }
}

/** Returns the offset that, added to an instant, gives the local clock. */
export function offsetAt(timezone: string, atMs: number): number {
  if (timezone === 'UTC') return 0;
  const match = /^(\d+)\/(\d+)\/(\d+), (\d+):(\d+):(\d+)$/.exec(formatterOf(timezone).format(atMs));
  assert(match, `no local time for ${atMs} in ${timezone}`);
  const [, month, day, year, hour, minute, second] = match.map(Number) as [number, ...number[]];
  const localMs = Date.UTC(year!, month! - 1, day, hour, minute, second);
  return Math.round((localMs - atMs) / MINUTE_MS) * MINUTE_MS;
}

/** Returns the stretches that cover `[startMs, endMs)`, ascending; the first begins at `startMs`. */
export function stretches(timezone: string, startMs: number, endMs: number): Stretch[] {
  let offsetMs = offsetAt(timezone, startMs);
  const found: Stretch[] = [{ startMs, offsetMs }];
  for (let fromMs = startMs; fromMs < endMs; ) {
    const toMs = Math.min(fromMs + DAY_MS, endMs);
    const nextOffsetMs = offsetAt(timezone, toMs);
    if (nextOffsetMs !== offsetMs) {
      const changeMs = changeBetween(timezone, fromMs, toMs, offsetMs);
      offsetMs = offsetAt(timezone, changeMs);
      found.push({ startMs: changeMs, offsetMs });
      fromMs = changeMs;
    } else {
      fromMs = toMs;
    }
  }
  return found;
}

/**
 * Returns the first instant of the local date `year`-`month`-`day` (month from 0; any day of month, as in Date.UTC).
 */
export function startOfDate(timezone: string, year: number, month: number, day: number): number {
  return instantOf(timezone, Date.UTC(year, month, day));
}

/**
 * Returns the first instant at which the local clock reads `localMs` (as if it were UTC); where the clock skips that,
 * the instant of the change.
 */
export function instantOf(timezone: string, localMs: number): number {
  const beforeMs = offsetAt(timezone, localMs - DAY_MS);
  const afterMs = offsetAt(timezone, localMs + DAY_MS);
  // Midnight comes twice where clocks go back over it: the day begins with the first.
  for (const offsetMs of [Math.max(beforeMs, afterMs), Math.min(beforeMs, afterMs)]) {
    if (offsetAt(timezone, localMs - offsetMs) === offsetMs) return localMs - offsetMs;
  }
  // Midnight does not come where clocks skip it: the day begins at the change.
  return changeBetween(timezone, localMs - afterMs, localMs - beforeMs, beforeMs);
}

/** Returns the first instant after `fromMs`, up to `toMs`, at which the offset is no longer `offsetMs`. */
function changeBetween(timezone: string, fromMs: number, toMs: number, offsetMs: number): number {
  let low = fromMs;
  let high = toMs;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(timezone, middle) === offsetMs) low = middle;
    else high = middle;
  }
  return high;
}

function formatterOf(timezone: string): Intl.DateTimeFormat {
  const known = formatters.get(timezone);
  if (known) return known;
  const formatter = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  // The cache is bounded: names come in any letter case, and a caller must not fill the isolate with them.
  if (formatters.size >= 1_000) formatters.clear();
  formatters.set(timezone, formatter);
  return formatter;
}
