/**
 * Coverage: what an answer can vouch for: up to when, from which shards, and whether anything is still missing.
 */
import type { Query } from '../core/query/request.ts';
import type { DroppedRange } from '../lake/dropped.ts';
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

/** Whether a stored range counts: the shard answers itself for what lies beyond its storedSeq (CORRECTNESS A4). */
export function isStored({ storedSeqs }: Coverage, incarnation: string, seqTo: number): boolean {
  return seqTo <= (storedSeqs.get(incarnation) ?? Number.POSITIVE_INFINITY);
}
