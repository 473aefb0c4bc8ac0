/**
 * LifecycleLayout: stacked bars of a lifecycle's answer. The people who were active stand above the line: returning at
 * the bottom, where their height can be compared, then resurrected, then new. The people who went dormant hang below it.
 */
import type { JourneyAnswer } from '../../../wire/journeys.ts';
import { niceTicks } from './ticks.ts';

export type LifecycleAnswer = JourneyAnswer<'lifecycle'>;
type LifecyclePoint = LifecycleAnswer['points'][number];

/** The states above the line from the bottom up; then the one below it. */
export const LIFECYCLE_STATES = ['returning', 'resurrected', 'new', 'dormant'] as const;
export type LifecycleState = (typeof LIFECYCLE_STATES)[number];

export interface LifecycleSegment {
  readonly state: LifecycleState;
  readonly people: number;
  readonly y: number;
  readonly height: number;
}

export interface LifecycleBar {
  readonly at: string;
  readonly isPartial: boolean;
  readonly x: number;
  readonly width: number;
  readonly segments: readonly LifecycleSegment[];
  /** New and resurrected people, less the dormant. */
  readonly growth: number;
}

export interface LifecycleLayout {
  readonly bars: readonly LifecycleBar[];
  readonly ticks: readonly { readonly value: number; readonly y: number }[];
  /** Place of the line between active and dormant people. */
  readonly zeroY: number;
}

interface Box {
  readonly width: number;
  readonly height: number;
}

const TICKS = 4;
/** Share of a bar's place that the bar takes. */
const BAR_SHARE = 0.76;
const BAR_WIDTH_MAX = 48;

export function lifecycleLayout(points: readonly LifecyclePoint[], { width, height }: Box): LifecycleLayout {
  const up = Math.max(1, ...points.map(active));
  const down = Math.max(0, ...points.map(({ dormant }) => dormant));
  const values = niceTicks(-down, up, TICKS);
  const lowest = Math.min(-down, values[0] ?? 0);
  const highest = Math.max(up, values.at(-1) ?? 0);
  const y = (value: number) => ((highest - value) / (highest - lowest)) * height;
  const place = points.length === 0 ? 0 : width / points.length;
  const barWidth = Math.min(BAR_WIDTH_MAX, place * BAR_SHARE);
  const bars = points.map((point, index) => ({
    at: point.at,
    isPartial: point.partial === true,
    x: index * place + (place - barWidth) / 2,
    width: barWidth,
    segments: segments(point, y),
    growth: point.new + point.resurrected - point.dormant,
  }));
  return { bars, ticks: values.map((value) => ({ value, y: y(value) })), zeroY: y(0) };
}

function active(point: LifecyclePoint): number {
  return point.new + point.returning + point.resurrected;
}

function segments(point: LifecyclePoint, y: (value: number) => number): LifecycleSegment[] {
  let below = 0;
  return LIFECYCLE_STATES.map((state) => {
    const people = point[state];
    if (state === 'dormant') return { state, people, y: y(0), height: y(-people) - y(0) };
    const top = y(below + people);
    const height = y(below) - top;
    below += people;
    return { state, people, y: top, height };
  });
}
