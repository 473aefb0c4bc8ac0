/**
 * Minutes: the last 30 minutes, and the range of the questions about them. The bounds are whole minutes, so that
 * rollups answer. The range extends beyond now, because an event from a clock that runs ahead is counted there.
 */
import { LIMITS, MINUTE_MS } from '../../core/limits.ts';
import type { Answer } from '../../wire/query.ts';

export const MINUTES_SHOWN = 30;
/** Event times are clamped to `futureClampMs` from now; two minutes more cover the running minute and a slow answer. */
const AHEAD_MINUTES = LIMITS.futureClampMs / MINUTE_MS + 2;

export interface Minutes {
  /** The starts of the minutes shown, ascending. The last is the running minute. */
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

/** The value of each minute shown; 0 when the answer has none. */
export function valuesOf({ startsMs }: Minutes, answer: Answer | undefined): number[] {
  const points = answer?.series[0]?.points ?? [];
  const values = new Map(points.map(({ at, value }) => [Date.parse(at), value ?? 0]));
  return startsMs.map((startMs) => values.get(startMs) ?? 0);
}
