/**
 * RestingShard: what the directory knows of a shard that rests, as the replies that the shard would give.
 *
 * A resting shard holds nothing, and registers, durably, before it takes its next event. So a list that says that it rests was read
 * before that event was acknowledged, and everything that it ever took is stored (CORRECTNESS A4, D6). Its watermark is the one that
 * the directory noted before it told it, which the shard takes over when it registers (E4).
 */
import type { LiveReply, LiveRequest, ReadTailReply, RegisteredShard, ShardRpc } from '../../core/shard/rpc.ts';

/** What a question asks of a shard. */
export type AskedShard = Pick<ShardRpc, 'live' | 'readTail'>;

/** null for a shard that is awake, or of which an earlier release has noted only that it rests. */
export function restingShard(shard: RegisteredShard | undefined): AskedShard | null {
  const { isResting, incarnation, storedSeq, watermarkMs } = shard ?? {};
  if (!isResting || incarnation === undefined || storedSeq === undefined || watermarkMs === undefined) return null;
  return {
    live: async ({ rollupId, slices }: LiveRequest): Promise<LiveReply> => ({
      incarnation,
      storedSeq,
      headSeq: storedSeq,
      watermarkMs,
      cells: null,
      ...(rollupId !== undefined && slices && { sliceCells: [] }),
      rollupMissing: false,
      pendingEvents: 0,
      corrections: 0,
      tailEvents: 0,
    }),
    readTail: async ({ seqFrom = storedSeq }): Promise<ReadTailReply> =>
      seqFrom < storedSeq
        ? { status: 'gone' }
        : { status: 'ok', incarnation, storedSeq, watermarkMs, blocks: [], nextSeq: null },
  };
}
