/**
 * Settle: before a day is planned, its tenant's shards are asked to cut a flush, and the plan waits until those flushes
 * are stored (CORRECTNESS B4). An unreachable shard does not hold up the others: the seal covers its stored events, and
 * its other events make the day dirty when they are stored.
 */
import { DAY_MS, LIMITS } from '../../core/limits.ts';
import type { DirectoryOf, ShardOf } from '../../core/shard/rpc.ts';
import { logError } from '../../observe/log.ts';

export interface SettleDeps {
  readonly shardOf: ShardOf;
  readonly directoryOf: DirectoryOf;
}

/** Whether every event that the tenant's shards had when asked is stored. */
export async function settleShards({ shardOf, directoryOf }: SettleDeps, uid: string): Promise<boolean> {
  const shards = await directoryOf(uid).list();
  const replies = await Promise.all(
    shards.map(async ({ region, index }) => {
      const address = { uid, region, index };
      try {
        const { storedSeq, cutSeq } = await shardOf(address).cut({ address });
        return storedSeq >= cutSeq;
      } catch (cause) {
        logError('seal.settle', cause, { address });
        return true;
      }
    }),
  );
  return replies.every((isStored) => isStored);
}

/**
 * Whether a day is so old that no shard holds an event of it in its cells. The log of a shard may still hold late events
 * of the day, which only the lake counts.
 */
export function isBeyondLateness(day: number, nowMs: number): boolean {
  return (day + 1) * DAY_MS < nowMs - LIMITS.allowedLatenessMs;
}
