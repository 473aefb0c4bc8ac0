// Totals: what many runs were made of, and which rare states they must have met: a simulator that never gets there proves
// nothing about it.

import type { RunResult } from './simulation.ts';

/** States that must occur, and in how many runs at least in so many of a thousand. */
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
};

export class Totals {
  runs = 0;
  events = 0;
  faults = 0;
  eventsMin = Number.POSITIVE_INFINITY;
  faultsMin = Number.POSITIVE_INFINITY;
  elapsedMs = 0;
  /** In how many runs each state occurred. */
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

  /** States that should have occurred in so many runs and did not. */
  unreached(): string[] {
    return Object.entries(MUST_BE_REACHED)
      .filter(([state, perThousand]) => {
        const expected = (this.runs * perThousand) / 1_000;
        return expected >= 3 && (this.reached.get(state) ?? 0) < expected / 3;
      })
      .map(
        ([state, perThousand]) =>
          `${state}: in ${this.reached.get(state) ?? 0} of ${this.runs} runs, expected ${perThousand} of 1000`,
      );
  }
}
