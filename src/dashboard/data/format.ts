/** Format: numbers, durations and times as texts. Numbers are short, and the whole figure is shown on hover. */
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../core/limits.ts';
import type { Interval } from './range.ts';
import { timezone } from './session.ts';

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 });
const SHORT_FROM = 10_000;

/** The whole figure: 12,403. */
export function full(value: number): string {
  return whole.format(value);
}

/** The short figure: 12.4 k. Figures of up to four digits are whole. */
export function short(value: number): string {
  const size = Math.abs(value);
  if (size < SHORT_FROM) return whole.format(Math.round(value * 100) / 100);
  const [unit, divisor] = size < 999_500 ? ['k', 1e3] : size < 999_500_000 ? ['M', 1e6] : ['bn', 1e9];
  const scaled = value / (divisor as number);
  return `${scaled.toFixed(Math.abs(scaled) < 100 ? 1 : 0)}\u202f${unit}`;
}

/** A share of one as a percentage: 41 %, 4.1 %. */
export function percent(share: number): string {
  const value = share * 100;
  return `${Math.abs(value) < 9.95 && value !== 0 ? value.toFixed(1) : value.toFixed(0)}\u202f%`;
}

/** A duration: 2 m 14 s. */
export function duration(exactSeconds: number): string {
  if (exactSeconds < 0.9995 && exactSeconds > 0) return `${Math.round(exactSeconds * 1_000)} ms`;
  // Rounded first, so that no part is a whole one of the next.
  const seconds = Math.round(exactSeconds);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} m ${seconds % 60} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} m`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3_600)} h`;
}

export function bytes(count: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, count)) / 10));
  const value = count / 1024 ** power;
  return `${power > 0 && value < 100 ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
}

type TimeForm = 'time' | 'second' | 'date' | 'moment' | 'month' | 'weekday';
const FORMS: Readonly<Record<TimeForm, Intl.DateTimeFormatOptions>> = {
  time: { hour: '2-digit', minute: '2-digit' },
  second: { hour: '2-digit', minute: '2-digit', second: '2-digit' },
  date: { day: 'numeric', month: 'short' },
  weekday: { weekday: 'short', day: 'numeric', month: 'short' },
  moment: { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' },
  month: { month: 'short', year: 'numeric' },
};
const formats = new Map<string, Intl.DateTimeFormat>();

/** An instant in the tenant's zone. */
export function at(atMs: number, form: TimeForm): string {
  const timeZone = timezone.value;
  const name = `${timeZone} ${form}`;
  let format = formats.get(name);
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', { ...FORMS[form], timeZone, hourCycle: 'h23' });
    formats.set(name, format);
  }
  return format.format(atMs);
}

/** The name of a point of a chart. */
export function bucketName(atMs: number, interval: Interval): string {
  if (interval === 'minute') return at(atMs, 'time');
  if (interval === 'hour') return at(atMs, 'moment');
  if (interval === 'month') return at(atMs, 'month');
  return interval === 'week' ? `week of ${at(atMs, 'date')}` : at(atMs, 'weekday');
}

/** How long ago an instant was: just now, 4 m ago. */
export function ago(atMs: number, nowMs = Date.now()): string {
  const pastMs = nowMs - atMs;
  if (pastMs < 5 * SECOND_MS) return 'just now';
  if (pastMs < MINUTE_MS) return `${Math.round(pastMs / SECOND_MS)} s ago`;
  if (pastMs < HOUR_MS) return `${Math.floor(pastMs / MINUTE_MS)} m ago`;
  if (pastMs < DAY_MS) return `${Math.floor(pastMs / HOUR_MS)} h ago`;
  return `${Math.floor(pastMs / DAY_MS)} d ago`;
}
