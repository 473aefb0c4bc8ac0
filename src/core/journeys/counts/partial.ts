/** Partial: the mark of an interval that the range of a question cuts, so that its figures are those of a part of it. */
import { z } from 'zod';
import type { Buckets } from './buckets.ts';

export const partialField = z
  .literal(true)
  .optional()
  .describe('Present when the range holds only a part of the interval.');

/** The field of an answer: absent unless the interval is cut. */
export function partialMark(isPartial: boolean): { partial?: true } {
  return isPartial ? { partial: true } : {};
}

/** Tells whether a bucket reaches beyond the range. The buckets may go on beyond it. */
export function partialIn(
  { starts, endMs: endOfLastMs }: Pick<Buckets, 'starts' | 'endMs'>,
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
): (bucket: number) => boolean {
  return (bucket) => starts[bucket]! < startMs || (starts[bucket + 1] ?? endOfLastMs) > endMs;
}
