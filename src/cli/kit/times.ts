/**
 * Times on the command line: an ISO date or instant, `today`, `now`, or a span back from now (`90m`, `24h`, `7d`).
 */
import { UsageError } from './command.ts';

const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;
const SPAN_MS: Readonly<Record<string, number>> = { m: MINUTE_MS, h: 60 * MINUTE_MS, d: DAY_MS };

/** A date or local instant without zone is handed on as it is: the server reads it in the zone of the question. */
export function parseTime(text: string, option: string, nowMs: number): string {
  if (text === 'now') return new Date(nowMs).toISOString();
  if (text === 'today') return isoDay(nowMs);
  const spanMs = spanOf(text);
  if (spanMs !== null) return new Date(nowMs - spanMs).toISOString();
  if (Number.isNaN(Date.parse(text))) {
    throw new UsageError(
      `--${option} takes a date, an ISO instant, "today", "now", or a span as 24h or 7d, not "${text}"`,
    );
  }
  return text;
}

/** Milliseconds of `90m`, `24h`, `7d`. */
export function parseSpan(text: string, option: string): number {
  const spanMs = spanOf(text);
  if (!spanMs) throw new UsageError(`--${option} takes a span as 90m, 24h or 7d, not "${text}"`);
  return spanMs;
}

function spanOf(text: string): number | null {
  const [, count, unit = ''] = /^(\d+)([mhd])$/.exec(text) ?? [];
  return count ? Number(count) * (SPAN_MS[unit] ?? 0) : null;
}

export function isoDay(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}
