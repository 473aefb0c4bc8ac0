/**
 * FunnelLayout: the rows and bars of a funnel's answer, as shares of the first step.
 *
 * A bar has two parts: the people who got here, and those of the step before who did not. The table of a breakdown has
 * a row a group and a cell a step; its bars are shares of the group's own first step, so that groups of any size can be
 * compared.
 */
import type { JourneyAnswer } from '../../../wire/journeys.ts';

export type FunnelAnswer = JourneyAnswer<'funnel'>;
type FunnelStep = FunnelAnswer['steps'][number];
type FunnelGroup = NonNullable<FunnelAnswer['groups']>[number];

export interface FunnelRow {
  /** Step, counted from 1. */
  readonly step: number;
  readonly name: string;
  readonly people: number;
  readonly dropped: number;
  /** Share of the first step; null when no person reached it. */
  readonly ofFirst: number | null;
  /** Share of the step before; null when no person reached it. */
  readonly ofPrevious: number | null;
  /** Width of the bar, 0 to 1. */
  readonly width: number;
  /** Width of the part that was lost since the step before, 0 to 1. */
  readonly lost: number;
  /** Median of the seconds since the first step; null on the first step and where no person got here. */
  readonly medianSeconds: number | null;
}

export interface FunnelGroupRow {
  /** Null for events without the property, and for the other groups. */
  readonly value: string | null;
  readonly isOther: boolean;
  readonly rows: readonly FunnelRow[];
  /** Share of the first step that gets through the last; null when no person began. */
  readonly through: number | null;
}

export interface FunnelLayout {
  readonly rows: readonly FunnelRow[];
  readonly groups: readonly FunnelGroupRow[];
  /** Share of the first step that gets through the last; null when no person began. */
  readonly through: number | null;
  /** The step with the greatest share lost, counted from 1; null when none is lost. */
  readonly worstStep: number | null;
}

export function funnelLayout({ steps, groups = [] }: Pick<FunnelAnswer, 'steps' | 'groups'>): FunnelLayout {
  const rows = funnelRows(steps);
  return { rows, groups: groups.map(groupRow), through: through(rows), worstStep: worstStep(rows) };
}

function funnelRows(steps: readonly FunnelStep[]): FunnelRow[] {
  const first = steps[0]?.people ?? 0;
  const part = (people: number) => (first === 0 ? 0 : people / first);
  return steps.map(({ name, people, dropped, ofFirst, ofPrevious, secondsToConvert }, index) => ({
    step: index + 1,
    name,
    people,
    dropped,
    ofFirst,
    ofPrevious,
    width: part(people),
    lost: part(dropped),
    medianSeconds: secondsToConvert?.p50 ?? null,
  }));
}

function groupRow({ key, other, steps }: FunnelGroup): FunnelGroupRow {
  const rows = funnelRows(steps);
  return { value: Object.values(key)[0] ?? null, isOther: other === true, rows, through: through(rows) };
}

function through(rows: readonly FunnelRow[]): number | null {
  return rows.at(-1)?.ofFirst ?? null;
}

function worstStep(rows: readonly FunnelRow[]): number | null {
  let worst: FunnelRow | null = null;
  for (const row of rows) {
    if (row.dropped > 0 && (worst === null || (row.ofPrevious ?? 1) < (worst.ofPrevious ?? 1))) worst = row;
  }
  return worst?.step ?? null;
}
