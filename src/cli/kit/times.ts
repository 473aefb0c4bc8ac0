/**
 * Times on the command line: an ISO date or instant, `today`, `now`, or a span back from now (`90m`, `24h`, `7d`).
 */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../core/limits.ts';
import { UsageError } from './command.ts';

const SPAN_MS: Readonly<Record<string, number>> = { m: MINUTE_MS, h: HOUR_MS, d: DAY_MS };

/**
 * The text for the server. A date or instant without a zone stays as it is: the server reads it in the question's zone.
 */
export function parseTime(text: string, option: string, nowMs: number): string {
  if (text === 'now') return new Date(nowMs).toISOString();
  if (text === 'today') return isoDay(nowMs);
  const spanMs = spanOf(text);
  if (spanMs !== null) return new Date(nowMs - spanMs).toISOString();
  if (Number.isNaN(Date.parse(text))) {
    throw new UsageError(
      `--${option} takes a date, an ISO instant, "today", "now", or a span such as 24h or 7d, not "${text}"`,
    );
  }
  return text;
}

/** The length in milliseconds of a span such as `90m`, `24h` or `7d`. */
export function parseSpan(text: string, option: string): number {
  const spanMs = spanOf(text);
  if (!spanMs) throw new UsageError(`--${option} takes a span such as 90m, 24h or 7d, not "${text}"`);
  return spanMs;
}

function spanOf(text: string): number | null {
  const [, count, unit = ''] = /^(\d+)([mhd])$/.exec(text) ?? [];
  return count ? Number(count) * (SPAN_MS[unit] ?? 0) : null;
}

export function isoDay(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}
