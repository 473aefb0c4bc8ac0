/** Drops: requests with events that the platform refused for now, which the charts of the range mark on their axis. */
import type { ThrottledAnswer } from '../../wire/live/throttled.ts';
import { useAsk } from './ask.ts';
import { liveVersion } from './live.ts';
import { range } from './range.ts';

/** Requests refused from an instant on. */
export interface Drop {
  readonly atMs: number;
  readonly requests: number;
}

/** The drops of the range of the page; none while they are not known. */
export function useDrops(): readonly Drop[] {
  const { from, to, isOpen } = range.value;
  const path = `/v1/throttled?${new URLSearchParams({ from, to })}`;
  const { data } = useAsk<ThrottledAnswer>({ path }, { isMoving: isOpen, version: isOpen ? liveVersion.value : 0 });
  return dropsOf(data);
}

/** Questions that were refused leave no gap in a chart. */
function dropsOf(answer: ThrottledAnswer | undefined): readonly Drop[] {
  const points = (answer?.points ?? []).filter(({ kind }) => kind === 'events');
  return points.map(({ at, requests }) => ({ atMs: Date.parse(at), requests }));
}
