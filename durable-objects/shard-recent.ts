/**
 * Shard recent: reads the log backwards, from the newest row, for people who watch.
 *
 * A reader that comes back tells its position, and gets what came after it. Rows that are stored and dropped meanwhile, or
 * that are more than one reply reads, leave a gap, which the reply admits.
 */
import { LIMITS } from '../src/core/limits.ts';
import type { Engine, LogRow } from '../src/core/shard/engine.ts';
import { RecentGathering, type RecentReply, type RecentRequest } from '../src/core/shard/recent.ts';

type Positions = Pick<Engine, 'incarnation' | 'storedSeq' | 'headSeq'>;

export function recentOf(
  { incarnation, storedSeq, headSeq }: Positions,
  rows: (seqFrom: number, seqTo: number) => Iterable<LogRow>,
  request: RecentRequest,
): RecentReply {
  const { from, sinceMs = Number.NEGATIVE_INFINITY } = request;
  const begin = from?.incarnation === incarnation ? from.seq : storedSeq;
  const gathering = new RecentGathering(request);
  let sizeBytes = 0;
  let seq = headSeq;
  for (; seq > Math.max(begin, storedSeq) && sizeBytes < LIMITS.rpcPageSizeBytesMax; seq--) {
    const [row] = [...rows(seq - 1, seq)] as [LogRow];
    if (row.blocks.every(({ receivedAtMs }) => receivedAtMs < sinceMs)) break;
    gathering.add(row);
    sizeBytes += row.sizeBytes;
  }
  const isLost = from !== undefined && (from.incarnation !== incarnation || seq > begin);
  return gathering.reply({ incarnation, seq: headSeq }, isLost);
}
