/**
 * Instant: a point in time as a client writes it: ISO 8601 text with a zone, a date alone (its UTC midnight), or the time
 * since the epoch as a number; and the text that answers show of it.
 *
 * The unit of a number is told by its magnitude. Between 1990 and 2100 the numbers of seconds, milliseconds, microseconds
 * and nanoseconds lie so far apart that none can be another. A number in none of these windows is read as milliseconds,
 * for the caller to refuse.
 *
 * A local time without a zone is refused: it would mean another moment on every machine that reads it. The parser is
 * written by hand, because `Date.parse` takes 30 February for 2 March and falls back to an implementation-defined one.
 */

/** Bound of ECMAScript's time range, ±100,000,000 days. */
const INSTANT_MS_MAX = 8.64e15;
/** The years in which units are told apart, in milliseconds. */
const WINDOW_START_MS = Date.UTC(1990, 0);
const WINDOW_END_MS = Date.UTC(2100, 0);

/** The text of an instant in answers, in UTC: `2024-03-31T12:00:00.000Z`. */
export function isoTime(atMs: number): string {
  return new Date(atMs).toISOString();
}

/** Returns epoch milliseconds, rounded down; NaN when the value is not an instant. */
export function parseInstant(value: unknown): number {
  if (typeof value === 'string') return parseIso(value);
  return typeof value === 'number' ? parseEpoch(value) : Number.NaN;
}

function parseEpoch(value: number): number {
  if (isInWindow(value)) return Math.floor(value);
  // Seconds with a fraction are rounded to microseconds first: 0.29 s are 289.99… ms as doubles.
  if (isInWindow(value * 1e3)) return Math.floor(Math.round(value * 1e6) / 1e3);
  if (isInWindow(value / 1e3)) return Math.floor(value / 1e3);
  if (isInWindow(value / 1e6)) return Math.floor(value / 1e6);
  return Math.abs(value) <= INSTANT_MS_MAX ? Math.floor(value) : Number.NaN;
}

function isInWindow(atMs: number): boolean {
  return atMs >= WINDOW_START_MS && atMs < WINDOW_END_MS;
}

/** Parses `YYYY-MM-DD[THH:MM[:SS[.f…]](Z|±HH:MM|±HHMM|±HH)]`; NaN for anything else. */
function parseIso(text: string): number {
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  if (!isChar(text, 4, '-') || !isChar(text, 7, '-') || !isCalendarDay(year, month, day)) return Number.NaN;
  const midnightMs = Date.UTC(year, month - 1, day);
  if (text.length === 10) return midnightMs;

  const hour = digits(text, 11, 2);
  const minute = digits(text, 14, 2);
  if (!isChar(text, 10, 'T') || !isChar(text, 13, ':') || !(hour < 24) || !(minute < 60)) return Number.NaN;
  let next = 16;
  let second = 0;
  let fractionMs = 0;
  if (isChar(text, next, ':')) {
    second = digits(text, 17, 2);
    next = 19;
    if (isChar(text, next, '.')) {
      const end = endOfDigits(text, next + 1);
      if (end === next + 1) return Number.NaN;
      fractionMs = Math.floor(Number(`0${text.slice(next, end)}`) * 1_000);
      next = end;
    }
  }
  // A leap second is counted as the second before it, as POSIX time does.
  if (!(second <= 60)) return Number.NaN;
  const timeMs = (hour * 60 + minute) * 60_000 + Math.min(second, 59) * 1_000 + fractionMs;
  return midnightMs + timeMs - zoneOffsetMs(text, next);
}

function zoneOffsetMs(text: string, start: number): number {
  if (isChar(text, start, 'Z')) return text.length === start + 1 ? 0 : Number.NaN;
  const sign = isChar(text, start, '+') ? 1 : isChar(text, start, '-') ? -1 : Number.NaN;
  const hour = digits(text, start + 1, 2);
  const minuteStart = isChar(text, start + 3, ':') ? start + 4 : start + 3;
  const hasMinute = text.length > start + 3;
  const minute = hasMinute ? digits(text, minuteStart, 2) : 0;
  const end = hasMinute ? minuteStart + 2 : start + 3;
  if (text.length !== end || !(hour < 24) || !(minute < 60)) return Number.NaN;
  return sign * (hour * 60 + minute) * 60_000;
}

function isCalendarDay(year: number, month: number, day: number): boolean {
  return year >= 100 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function isChar(text: string, index: number, char: string): boolean {
  return text.charCodeAt(index) === char.charCodeAt(0);
}

/** Returns the number written in `count` digits from `start`; NaN when one of them is not a digit. */
function digits(text: string, start: number, count: number): number {
  let value = 0;
  for (let i = start; i < start + count; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

function endOfDigits(text: string, start: number): number {
  let end = start;
  while (text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end++;
  return end;
}
