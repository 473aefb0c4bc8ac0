// Totals: sums over many runs, and the rare states that the runs must reach: a simulator that never reaches a state
// proves nothing about it.

import type { RunResult } from './simulation.ts';

/** States that must occur, each with the least number of runs out of a thousand. */
export const MUST_BE_REACHED: Readonly<Record<string, number>> = {
  'reset-before-commit': 500,
  'object-restored': 900,
  evicted: 900,
  split: 500,
  'append-stale-map': 100,
  aborted: 100,
  'alarm-given-up': 1,
  'message-exhausted': 20,
  'zombie-message': 300,
  'append-overloaded': 60,
  'query-refused': 100,
  'query-partial': 20,
  'query-pending': 300,
  'query-complete': 300,
  'query-from-lake': 300,
  'copies-found-by-seal': 300,
  'sealed-in-tasks': 300,
};

export class Totals {
  runs = 0;
  events = 0;
  faults = 0;
  eventsMin = Number.POSITIVE_INFINITY;
  faultsMin = Number.POSITIVE_INFINITY;
  elapsedMs = 0;
  /** The number of runs in which each state occurred. */
  readonly reached = new Map<string, number>();
  readonly faultCounts = new Map<string, number>();

  add(result: RunResult & { readonly elapsedMs?: number }): void {
    this.runs++;
    this.events += result.events;
    this.faults += result.faults;
    this.elapsedMs += result.elapsedMs ?? 0;
    if (result.violations.length === 0) {
      this.eventsMin = Math.min(this.eventsMin, result.events);
      this.faultsMin = Math.min(this.faultsMin, result.faults);
    }
    for (const state of Object.keys(result.reached)) this.reached.set(state, (this.reached.get(state) ?? 0) + 1);
    for (const [kind, count] of Object.entries(result.faultCounts)) {
      this.faultCounts.set(kind, (this.faultCounts.get(kind) ?? 0) + count);
    }
  }

  /** The states that occurred in fewer runs than they must. */
  unreached(): string[] {
    return Object.entries(MUST_BE_REACHED)
      .filter(([state, perThousand]) => {
        const expected = (this.runs * perThousand) / 1_000;
        return expected >= 3 && (this.reached.get(state) ?? 0) < expected / 3;
      })
      .map(
        ([state, perThousand]) =>
          `${state} occurred in ${this.reached.get(state) ?? 0} of ${this.runs} runs, expected ${perThousand} of 1000`,
      );
  }
}
