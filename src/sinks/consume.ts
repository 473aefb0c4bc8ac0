/**
 * Consume: stage 3, store. In: pokes from the flush queue. Out: every waiting flush of the poked shards in R2 and D1.
 *
 * A message is trusted with nothing but an address: the flush is pulled from the shard, so a duplicate, late or lost
 * message changes no number. Per flush, in order: pull → L0 to R2 → one D1 batch → confirm (CORRECTNESS A3). Each message
 * succeeds or is retried on its own: a poison flush holds up its shard alone.
 */
import type { FlushMessage, ShardOf } from '../core/rpc.ts';
import type { ShardAddress } from '../core/shard-map.ts';
import { storeFlush } from '../lake/manifest.ts';
import { storeSegment } from './lake-sink.ts';
import { pullFlush } from './pull.ts';
import type { Telemetry } from './telemetry.ts';

/** Flushes one message may store before the rest gets a message of its own: bounds an invocation. */
const FLUSHES_PER_MESSAGE_MAX = 20;
const RETRY_SECONDS_MAX = 60;

export interface ConsumeDeps {
  readonly db: D1Database;
  readonly lake: R2Bucket;
  readonly shardOf: ShardOf;
  readonly poke: (address: ShardAddress) => Promise<unknown>;
  readonly telemetry: Telemetry;
  readonly now: () => number;
}

/** Handles a batch of the flush queue; acks or retries each message on its own. */
export async function consumeFlushes(batch: MessageBatch<FlushMessage>, deps: ConsumeDeps): Promise<void> {
  const drained = new Map<string, Promise<void>>();
  await Promise.all(
    batch.messages.map(async (message) => {
      const { address } = message.body;
      const key = JSON.stringify(address);
      const drain = drained.get(key) ?? drainShard(address, deps);
      drained.set(key, drain);
      try {
        await drain;
        message.ack();
      } catch (cause) {
        console.error(
          JSON.stringify({ at: 'sinks.consume', address, attempt: message.attempts, error: String(cause) }),
        );
        message.retry({ delaySeconds: Math.min(2 ** message.attempts, RETRY_SECONDS_MAX) });
      }
    }),
  );
}

/** Stores the waiting flushes of one shard, oldest first. */
async function drainShard(address: ShardAddress, deps: ConsumeDeps): Promise<void> {
  for (let stored = 0; stored < FLUSHES_PER_MESSAGE_MAX; stored++) {
    const more = await storeOldest(address, deps);
    if (!more) return;
  }
  await deps.poke(address);
}

/** Stores the oldest waiting flush. False: nothing waits. */
async function storeOldest(address: ShardAddress, deps: ConsumeDeps): Promise<boolean> {
  const startedAtMs = deps.now();
  const shard = deps.shardOf(address);
  const pulled = await pullFlush(shard, address);
  if (pulled === 'none') return false;
  if (pulled === 'gone') return true;
  const { flush, columns, ...accounts } = pulled;
  const segment = await storeSegment(deps.lake, address.uid, flush, columns);
  await storeFlush(deps.db, { uid: address.uid, flush, ...accounts, segment, nowMs: deps.now() });
  await shard.confirm({ address, flush });
  deps.telemetry.write({
    index: address.uid,
    blobs: ['flush', address.region, String(address.index)],
    doubles: [columns.rowCount, segment?.encoded.bytes.byteLength ?? 0, deps.now() - startedAtMs],
  });
  return true;
}
