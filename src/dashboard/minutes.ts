/**
 * Minutes: the last 30 of them, and the range to ask for. Bounds are whole minutes, so that rollups answer; the range goes on
 * beyond now, because an event from a clock that runs ahead is counted there.
 */
import type { Answer } from './api.ts';

export const MINUTE_MS = 60_000;
export const MINUTES_SHOWN = 30;
/** Events are clamped to 5 minutes from now: nothing lies beyond this. */
const AHEAD_MINUTES = 7;

export interface Minutes {
  /** Starts of the minutes shown, ascending; the last is the running one. */
  readonly startsMs: readonly number[];
  readonly from: string;
  readonly to: string;
}

export function lastMinutes(nowMs: number): Minutes {
  const runningMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
  const startMs = runningMs - (MINUTES_SHOWN - 1) * MINUTE_MS;
  return {
    startsMs: Array.from({ length: MINUTES_SHOWN }, (_, i) => startMs + i * MINUTE_MS),
    from: new Date(startMs).toISOString(),
    to: new Date(runningMs + AHEAD_MINUTES * MINUTE_MS).toISOString(),
  };
}

/** The value of each minute shown; 0 where the answer has none. */
export function valuesOf({ startsMs }: Minutes, answer: Answer | undefined): number[] {
  const points = answer?.series[0]?.points ?? [];
  const values = new Map(points.map(({ at, value }) => [Date.parse(at), value ?? 0]));
  return startsMs.map((startMs) => values.get(startMs) ?? 0);
}
