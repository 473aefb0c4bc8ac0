/** Day: a UTC day as the number of days since 1970-01-01, the unit in which events are stored, sealed and dropped. */
import { DAY_MS } from '../limits.ts';

/** The day an instant lies in. */
export function dayOf(atMs: number): number {
  return Math.floor(atMs / DAY_MS);
}

/** The first and the last day of the range [startMs, endMs), both inclusive. */
export interface DayRange {
  readonly dayFrom: number;
  readonly dayTo: number;
}

export function dayRange({ startMs, endMs }: { readonly startMs: number; readonly endMs: number }): DayRange {
  return { dayFrom: dayOf(startMs), dayTo: dayOf(endMs - 1) };
}

/** `2010-12-01` of a day number. */
export function dayText(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** The day number of `2010-12-01`; null when the text is no such date. */
export function parseDay(text: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const day = Date.parse(`${text}T00:00:00Z`) / DAY_MS;
  return Number.isInteger(day) && dayText(day) === text ? day : null;
}
