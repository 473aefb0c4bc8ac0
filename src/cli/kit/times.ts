/**
 * Times on the command line: an ISO date or instant, `today`, `yesterday`, `tomorrow`, `now`, or a span back from now
 * (`90m`, `24h`, `7d`, `4w`). The names of days are days of a time zone.
 */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../core/limits.ts';
import { nearest, UsageError } from './command.ts';

const SPAN_MS: Readonly<Record<string, number>> = { m: MINUTE_MS, h: HOUR_MS, d: DAY_MS, w: 7 * DAY_MS };
const DAYS_FROM_TODAY: Readonly<Record<string, number>> = { yesterday: -1, today: 0, tomorrow: 1 };
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

/**
 * The text for the server. `today` is a day of `zone`. A date stays as it is: the server reads it in the question's
 * zone.
 */
export function parseTime(text: string, option: string, nowMs: number, zone = 'UTC'): string {
  if (text === 'now') return new Date(nowMs).toISOString();
  const days = DAYS_FROM_TODAY[text];
  if (days !== undefined) return dayFromToday(days, nowMs, zone);
  const spanMs = spanOf(text);
  if (spanMs !== null) return new Date(nowMs - spanMs).toISOString();
  const day = DATE.test(text) ? text : INSTANT.exec(text)?.[1];
  if (day !== undefined && !isCalendarDay(day)) throw new UsageError(`--${option}: there is no day ${day}`);
  if (day === undefined || Number.isNaN(Date.parse(text))) throw notATime(text, option);
  return text;
}

/** The date that is `days` after today, where today is a day of the zone. */
export function dayFromToday(days: number, nowMs: number, zone: string): string {
  return isoDay(Date.parse(dayIn(zone, nowMs)) + days * DAY_MS);
}

function notATime(text: string, option: string): UsageError {
  const near = nearest(text, [...Object.keys(DAYS_FROM_TODAY), 'now']);
  const hint = near ? ` (did you mean "${near}"?)` : '';
  const forms =
    'a date such as 2026-07-01, an instant with its zone such as 2026-07-01T10:00Z, today, yesterday, now, or a span back such as 24h or 7d';
  return new UsageError(`--${option} takes ${forms}, not "${text}"${hint}`);
}

function isCalendarDay(day: string): boolean {
  const atMs = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(atMs) && isoDay(atMs) === day;
}

/** The length in milliseconds of a span such as `90m`, `24h` or `7d`. */
export function parseSpan(text: string, option: string): number {
  const spanMs = spanOf(text);
  if (!spanMs) throw new UsageError(`--${option} takes a span such as 90m, 24h or 7d, not "${text}"`);
  return spanMs;
}

function spanOf(text: string): number | null {
  const [, count, unit = ''] = /^(\d+)([mhdw])$/.exec(text) ?? [];
  return count ? Number(count) * (SPAN_MS[unit] ?? 0) : null;
}

/** The zone as it was given; refuses a text that names none. */
export function parseZone(text: string): string {
  try {
    new Intl.DateTimeFormat('en-CA', { timeZone: text });
    return text;
  } catch {
    const near = nearest(text, Intl.supportedValuesOf('timeZone'));
    const hint = near ? ` (did you mean "${near}"?)` : '';
    throw new UsageError(`--timezone takes an IANA zone such as Europe/Berlin, not "${text}"${hint}`);
  }
}

export function isoDay(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

/** The date at an instant in a zone. */
export function dayIn(zone: string, atMs: number): string {
  return partsIn(zone, atMs).slice(0, 10);
}

/** The date and the minute at an instant in a zone, such as `2026-07-01 10:00`. */
export function minuteIn(zone: string, atMs: number): string {
  return partsIn(zone, atMs);
}

function partsIn(zone: string, atMs: number): string {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  const parts = Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
  return `${parts.year}-${parts.month}-${parts.day} ${parts.hour}:${parts.minute}`;
}
