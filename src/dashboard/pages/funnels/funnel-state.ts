/** Funnel state: the question of the page, as its URL has it. */
import { params, setParams } from '../../data/router.ts';
import { type JourneyBase, journeyBase } from '../../journeys/base.ts';
import { formatStep, matcherBody, parseStep, type Step } from '../../journeys/step.ts';

export type FunnelOutcome = 'reached' | 'dropped';

export interface FunnelState {
  readonly steps: readonly Step[];
  readonly windowSeconds: number;
  readonly order: 'in-order' | 'any';
  /** The property that all steps of a person share; null for none. */
  readonly same: string | null;
  /** The property of the breakdown; null for none. */
  readonly by: string | null;
  /** The step whose people are shown; null when none is. */
  readonly shown: { readonly step: number; readonly outcome: FunnelOutcome } | null;
}

export const SESSION_PROPERTY = 'column.session_id';
export const STEPS_MAX = 20;
const HOUR = 3_600;
const DAY = 24 * HOUR;
export const WINDOWS: readonly { readonly seconds: number; readonly label: string }[] = [
  { seconds: HOUR / 2, label: '30 minutes' },
  { seconds: HOUR, label: '1 hour' },
  { seconds: DAY, label: '1 day' },
  { seconds: 7 * DAY, label: '7 days' },
  { seconds: 14 * DAY, label: '14 days' },
  { seconds: 30 * DAY, label: '30 days' },
  { seconds: 90 * DAY, label: '90 days' },
];
const WINDOW_DEFAULT = 7 * DAY;

/** The state of the URL. `proposed` are the steps of a page that names none. */
export function funnelState(proposed: readonly Step[]): FunnelState {
  const query = params.value;
  const steps = query.getAll('s').slice(0, STEPS_MAX).map(parseStep);
  const seconds = Number(query.get('w') ?? WINDOW_DEFAULT);
  const [, step, outcome] = /^([1-9]\d*)\.(reached|dropped)$/.exec(query.get('who') ?? '') ?? [];
  return {
    steps: steps.length > 0 ? steps : proposed,
    windowSeconds: seconds > 0 && seconds <= 400 * DAY ? seconds : WINDOW_DEFAULT,
    order: query.get('o') === 'any' ? 'any' : 'in-order',
    same: query.get('same'),
    by: query.get('by'),
    shown: step === undefined ? null : { step: Number(step), outcome: outcome as FunnelOutcome },
  };
}

/** Writes the steps into the URL. The list of people of a step that may be another one now is closed. */
export function setSteps(steps: readonly Step[]): void {
  setParams({ s: steps.map(formatStep), who: null });
}

export function showPeople(step: number, outcome: FunnelOutcome): void {
  setParams({ who: `${step}.${outcome}` });
}

/** The question; null while there are fewer than two steps. */
export function funnelBody({ steps, windowSeconds, order, same }: FunnelState, base: JourneyBase = journeyBase()) {
  if (steps.length < 2) return null;
  return {
    ...base,
    steps: steps.map((step) => ({ ...matcherBody(step), name: step.event || 'any event' })),
    windowSeconds,
    ...(order === 'any' && { order }),
    ...(same !== null && { same }),
  };
}
