/**
 * Coverage: what an answer can vouch for: up to when, from which shards, and whether anything is still missing.
 */
import type { Query } from '../../core/query/question/request.ts';
import type { DroppedRange } from '../../lake/manifest/dropped.ts';
import type { ShardState } from './shards.ts';

export interface Coverage {
  /** The least watermark of the shards that have one, else now. */
  readonly asOfMs: number;
  /** Every shard answered, and no window of the range is open. */
  readonly isClosed: boolean;
  readonly shards: number;
  readonly answered: number;
  readonly tailEvents: number;
  /** Incarnation → everything below is stored. An incarnation nobody answered for is absent: all it stored counts. */
  readonly storedSeqs: ReadonlyMap<string, number>;
  /** What retention has taken from the range: the answer lacks it. */
  readonly dropped?: readonly DroppedRange[];
}

export function coverageOf(
  states: readonly (ShardState | null)[],
  { endMs }: Pick<Query, 'endMs'>,
  nowMs: number,
): Coverage {
  const known = states.filter((state) => state !== null);
  const watermarks = known.flatMap(({ watermarkMs }) => (watermarkMs === null ? [] : [watermarkMs]));
  const asOfMs = watermarks.reduce((least, watermarkMs) => Math.min(least, watermarkMs), Number.POSITIVE_INFINITY);
  return {
    asOfMs: watermarks.length === 0 ? nowMs : asOfMs,
    isClosed: known.length === states.length && asOfMs >= Math.min(endMs, nowMs),
    shards: states.length,
    answered: known.length,
    tailEvents: known.reduce((sum, { tailEvents }) => sum + tailEvents, 0),
    storedSeqs: new Map(known.map(({ incarnation, storedSeq }) => [incarnation, storedSeq])),
  };
}

/** Of shards that answered first, so many did not when they were asked for their links. */
export function withoutShards(coverage: Coverage, count: number): Coverage {
  return count === 0 ? coverage : { ...coverage, answered: coverage.answered - count, isClosed: false };
}

/** Of what is asked for as it stands now, as traits and links are: no window has to be closed for it. */
export function asItStands(coverage: Coverage): Coverage {
  return { ...coverage, isClosed: coverage.answered === coverage.shards };
}

/**
 * What an answer can vouch for that needed more than its own range, all of it read from the same shards: it is complete if
 * each reading is. Events are counted by the first alone.
 */
export function joinCoverage(own: Coverage, ...others: readonly Coverage[]): Coverage {
  const all = [own, ...others];
  const dropped = all.flatMap((coverage) => coverage.dropped ?? []);
  return {
    ...own,
    asOfMs: Math.min(...all.map(({ asOfMs }) => asOfMs)),
    isClosed: all.every(({ isClosed }) => isClosed),
    answered: Math.min(...all.map(({ answered }) => answered)),
    ...(dropped.length > 0 && { dropped: widest(dropped) }),
  };
}

/** Without those that lie in others of the same events. Days are compared as they are written. */
function widest(ranges: readonly DroppedRange[]): DroppedRange[] {
  const holds = (outer: DroppedRange, inner: DroppedRange) =>
    outer.from <= inner.from && outer.before >= inner.before && `${outer.events}` === `${inner.events}`;
  return ranges.filter((range, index) => {
    const isHeld = (other: DroppedRange, at: number) =>
      at !== index && holds(other, range) && (at < index || !holds(range, other));
    return !ranges.some(isHeld);
  });
}

/** Whether a stored range counts: the shard answers itself for what lies beyond its storedSeq (CORRECTNESS A4). */
export function isStored({ storedSeqs }: Coverage, incarnation: string, seqTo: number): boolean {
  return seqTo <= (storedSeqs.get(incarnation) ?? Number.POSITIVE_INFINITY);
}
