/**
 * Flush page: one reply to the sink about a waiting flush: the account of the flush, the same on every page, and some of
 * its parts. The shard adds the page's rows of the log.
 */
import { LIMITS } from '../src/core/limits.ts';
import type { FlushState } from '../src/core/shard/flush.ts';
import type { ReadFlushReply, ReadFlushRequest } from '../src/core/shard/rpc.ts';
import { firstBySize } from '../src/core/std/page.ts';

type Page = Extract<ReadFlushReply, { readonly status: 'ok' }>;

export function flushAccount(
  flush: FlushState,
  incarnation: string,
): Pick<Page, 'flush' | 'checksum' | 'tally' | 'corrections' | 'rollupIds'> {
  return {
    flush: { incarnation, seqFrom: flush.seqFrom, seqTo: flush.seqTo },
    checksum: flush.checksum(),
    tally: flush.tallied(),
    corrections: flush.correctionCount,
    rollupIds: [...(flush.rollupIds ?? [])],
  };
}

/** The parts from `partFrom` on that fit one page. A request without `partFrom` gets all of them with the first rows. */
export function partsPage(
  flush: FlushState,
  { seqFrom = flush.seqFrom, partFrom }: ReadFlushRequest,
): Pick<Page, 'parts' | 'nextPart'> {
  const allParts = seqFrom === flush.seqFrom || partFrom !== undefined ? flush.parts() : [];
  const sizeBytesMax = partFrom === undefined ? Number.POSITIVE_INFINITY : LIMITS.rpcPageSizeBytesMax;
  const parts = firstBySize(allParts.slice(partFrom), ({ cells }) => cells.byteLength, sizeBytesMax);
  const nextPart = (partFrom ?? 0) + parts.length;
  return { parts, ...(nextPart < allParts.length && { nextPart }) };
}
