/**
 * RetentionLayout: the heat map and the overall curve of a retention's answer.
 *
 * A cell's heat is its share beside the greatest share of all cells after n = 0, which is nearly always 1 and would
 * leave no shades to the others. So the darkest cell is the best one that somebody had to come back for.
 */
import type { JourneyAnswer } from '../../../wire/journeys.ts';

export type RetentionAnswer = JourneyAnswer<'retention'>;

export interface RetentionCell {
  readonly n: number;
  /** People who came back; null when the n-th interval has not come. */
  readonly people: number | null;
  /** Share of the cohort; null when the n-th interval has not come. */
  readonly share: number | null;
  /** Shade, 0 to 1. */
  readonly heat: number;
}

export interface RetentionRow {
  /** Start of the cohort's interval. */
  readonly start: string;
  readonly isPartial: boolean;
  readonly size: number;
  readonly cells: readonly RetentionCell[];
}

export interface RetentionPoint {
  readonly n: number;
  readonly eligible: number;
  readonly retained: number;
  readonly rate: number;
}

export interface RetentionLayout {
  /** The numbers of intervals that are shown, from 0 on. */
  readonly columns: readonly number[];
  readonly rows: readonly RetentionRow[];
  /** The overall rates that are known. */
  readonly curve: readonly RetentionPoint[];
  readonly people: number;
}

type RetentionTable = Pick<RetentionAnswer, 'overall' | 'cohorts'>;

export function retentionLayout({ overall, cohorts }: RetentionTable): RetentionLayout {
  const curve = overall.flatMap(({ n, eligible, retained, rate }) =>
    rate === null ? [] : [{ n, eligible, retained, rate }],
  );
  const last = Math.max(-1, ...curve.map(({ n }) => n));
  const hottest = Math.max(0, ...cohorts.flatMap(({ size, retained }) => retained.slice(1).map(shareOf(size))));
  const rows = cohorts.map(({ start, partial, size, retained }) => ({
    start,
    isPartial: partial === true,
    size,
    cells: retained.slice(0, last + 1).map((people, n) => cell(n, people, size, hottest)),
  }));
  const people = cohorts.reduce((sum, { size }) => sum + size, 0);
  return { columns: Array.from({ length: last + 1 }, (_, n) => n), rows, curve, people };
}

function shareOf(size: number): (people: number | null) => number {
  return (people) => (people === null || size === 0 ? 0 : people / size);
}

function cell(n: number, people: number | null, size: number, hottest: number): RetentionCell {
  if (people === null) return { n, people, share: null, heat: 0 };
  const share = shareOf(size)(people);
  return { n, people, share, heat: hottest === 0 ? 0 : Math.min(1, share / hottest) };
}

/** The place of the curve's points in a box, for rates from 0 to `top`. */
export function curvePlaces(
  curve: readonly RetentionPoint[],
  box: { readonly width: number; readonly height: number; readonly top: number },
): readonly { readonly x: number; readonly y: number }[] {
  const span = Math.max(1, (curve.at(-1)?.n ?? 0) - (curve[0]?.n ?? 0));
  const first = curve[0]?.n ?? 0;
  return curve.map(({ n, rate }) => ({
    x: ((n - first) / span) * box.width,
    y: box.height - (Math.min(rate, box.top) / box.top) * box.height,
  }));
}
