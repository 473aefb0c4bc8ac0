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
