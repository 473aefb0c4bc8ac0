/** Retention state: the question of the page, as its URL has it. */
import type { RetentionUnit } from '../../charts/journeys/retention.tsx';
import { params } from '../../data/router.ts';
import { parseStep, type Step } from '../../journeys/step.ts';

export interface RetentionState {
  /** Null for any activity. */
  readonly start: Step | null;
  readonly back: Step | null;
  readonly interval: RetentionUnit;
  readonly mode: 'first' | 'recurring';
  readonly on: 'on' | 'on-or-after';
  /** The property of the breakdown; null for none. */
  readonly by: string | null;
  /** The cell whose people are shown; null when none is. */
  readonly shown: { readonly cohort: string; readonly n: number; readonly outcome: 'returned' | 'gone' } | null;
}

export const UNITS: readonly RetentionUnit[] = ['day', 'week', 'month'];

export function retentionState(proposed: RetentionUnit): RetentionState {
  const query = params.value;
  const stepOf = (name: string) => {
    const text = query.get(name);
    const step = text === null ? null : parseStep(text);
    return step === null || (step.event === '' && step.filters.length === 0) ? null : step;
  };
  const [, cohort, n, outcome] = /^(.+)_(\d{1,4})\.(returned|gone)$/.exec(query.get('who') ?? '') ?? [];
  const isShown = cohort !== undefined && !Number.isNaN(Date.parse(cohort));
  return {
    start: stepOf('start'),
    back: stepOf('back'),
    interval: UNITS.find((unit) => unit === query.get('i')) ?? proposed,
    mode: query.get('mode') === 'recurring' ? 'recurring' : 'first',
    on: query.get('on') === 'after' ? 'on-or-after' : 'on',
    by: query.get('by'),
    shown: isShown ? { cohort, n: Number(n), outcome: outcome as 'returned' | 'gone' } : null,
  };
}
