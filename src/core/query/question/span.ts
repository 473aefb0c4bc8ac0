/**
 * Span: a number of hours, days, weeks, months or years of the local calendar: "1 week", "30 days".
 *
 * Days and longer keep the time of the local clock: a week before a Monday's midnight is a Monday's midnight, whether
 * that is 167, 168 or 169 hours. A month before 31 March is the last of February.
 */
import { HOUR_MS } from '../../limits.ts';
import { instantOf, offsetAt, startOfDate } from './zone.ts';

export interface Span {
  readonly count: number;
  readonly unit: 'hour' | 'day' | 'week' | 'month' | 'year';
}

const SPAN = /^([1-9]\d{0,2}) (hour|day|week|month|year)s?$/;
export const SPAN_FORM = 'a number and a unit: "1 week", "30 days", "3 months"';

/** Returns null when the text is not a span. */
export function parseSpan(text: string): Span | null {
  const match = SPAN.exec(text);
  return match && { count: Number(match[1]), unit: match[2] as Span['unit'] };
}

/** Returns the instant that lies a span before `atMs`. */
export function before(atMs: number, { count, unit }: Span, timezone: string): number {
  if (unit === 'hour') return atMs - count * HOUR_MS;
  const local = new Date(atMs + offsetAt(timezone, atMs));
  if (unit === 'day' || unit === 'week') {
    return instantOf(timezone, local.getTime() - count * (unit === 'week' ? 7 : 1) * 24 * HOUR_MS);
  }
  const day = local.getUTCDate();
  const moved = new Date(local);
  moved.setUTCDate(1);
  moved.setUTCMonth(moved.getUTCMonth() - count * (unit === 'year' ? 12 : 1));
  const daysInMonth = new Date(Date.UTC(moved.getUTCFullYear(), moved.getUTCMonth() + 1, 0)).getUTCDate();
  moved.setUTCDate(Math.min(day, daysInMonth));
  return instantOf(timezone, moved.getTime());
}

/**
 * Returns the range of the last `count` units of the local calendar. It ends with the whole unit that holds `nowMs`.
 */
export function lastOf({ count, unit }: Span, nowMs: number, timezone: string): { startMs: number; endMs: number } {
  const local = new Date(nowMs + offsetAt(timezone, nowMs));
  const [year, month, day] = [local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate()];
  switch (unit) {
    case 'hour': {
      const startMs = instantOf(timezone, Math.floor(local.getTime() / HOUR_MS) * HOUR_MS);
      return { startMs: startMs - (count - 1) * HOUR_MS, endMs: startMs + HOUR_MS };
    }
    case 'day':
      return {
        startMs: startOfDate(timezone, year, month, day - count + 1),
        endMs: startOfDate(timezone, year, month, day + 1),
      };
    case 'week': {
      const monday = day - ((local.getUTCDay() + 6) % 7);
      const startMs = startOfDate(timezone, year, month, monday - 7 * (count - 1));
      return { startMs, endMs: startOfDate(timezone, year, month, monday + 7) };
    }
    case 'month':
      return {
        startMs: startOfDate(timezone, year, month - count + 1, 1),
        endMs: startOfDate(timezone, year, month + 1, 1),
      };
    case 'year':
      return { startMs: startOfDate(timezone, year - count + 1, 0, 1), endMs: startOfDate(timezone, year + 1, 0, 1) };
  }
}
