/**
 * Consume: stage 3, store. In: pokes from the flush queue. Out: every waiting flush of the poked shards in the sink.
 *
 * A message is trusted with nothing but an address: the flush is pulled from the shard, so a duplicate, late or lost
 * message changes no number. Per flush, in order: pull → store (sink.ts) → confirm (CORRECTNESS A3).
 *
 * The shards of a batch are drained side by side, each within its own time and with its own outcome: a slow, dead or poison
 * shard holds up itself alone. Only a few flushes are decoded at a time, because each takes some 30 MB. A flush that fails
 * repeatedly is reported, and from then on left to its shard's reminders.
 * A message may also say that its shard is hot; then the shard map of its tenant grows.
 */
import type { FlushMessage, ShardOf } from '../core/shard/rpc.ts';
import type { ShardAddress } from '../core/shard/shard-map.ts';
import type { MergeRequest } from '../lake/merge/merge-parts.ts';
import { Room } from '../lake/std/room.ts';
import { logError } from '../observe/log.ts';
import type { Telemetry } from '../observe/telemetry.ts';
import { FAILURES_REPORTED, noteFlushFailure } from './flush-failures.ts';
import { firstPage, type Page, type PulledFlush, pullFlush } from './pull.ts';
import type { Sink } from './sink.ts';
import { within } from './within.ts';

/** Flushes that one message may store before the rest gets a message of its own: bounds an invocation. */
const FLUSHES_PER_MESSAGE_MAX = 20;
/** A drain begins no further flush after this time: the rest gets a message of its own, at the end of the queue. */
const DRAIN_MS = 20_000;
/** Deadline of one message: a call that never answers must not hold the batch. */
const MESSAGE_MS_MAX = 60_000;
const RETRY_SECONDS_MAX = 60;
/** Flushes decoded, encoded and stored at a time. */
const STORED_AT_A_TIME_MAX = 2;
/** Deadline of one such flush: a call that does not answer gives its place back. */
const FLUSH_MS_MAX = 30_000;

export interface ConsumeDeps {
  readonly db: D1Database;
  readonly sink: Sink;
  readonly shardOf: ShardOf;
  readonly poke: (address: ShardAddress) => Promise<unknown>;
  /** Doubles the shards of a tenant, if the last split is long enough ago. */
  readonly grow: (uid: string) => Promise<unknown>;
  /** False for a deleted tenant, whose shards are left alone: a call would create them anew. */
  readonly isTenant: (uid: string) => Promise<boolean>;
  /** Merges parts of the shard that have aged. Further flushes of the shard wait for it, the first does not. */
  readonly merge: (request: Omit<MergeRequest, 'shards'>) => Promise<unknown>;
  readonly telemetry: Telemetry;
  readonly now: () => number;
}

/** Handles a batch of the flush queue; acks or retries each message on its own. */
export async function consumeFlushes(batch: MessageBatch<FlushMessage>, deps: ConsumeDeps): Promise<void> {
  const begun = new Map<string, Promise<Outcome>>();
  const room = new Room(STORED_AT_A_TIME_MAX);
  await Promise.all(
    batch.messages.map(async (message) => {
      const { address, isHot } = message.body;
      const key = JSON.stringify([address, isHot]);
      const work = begun.get(key) ?? handle(message.body, room, deps);
      begun.set(key, work);
      try {
        const outcome = await work;
        if (outcome === 'retry') retryLater(message);
        else message.ack();
      } catch (cause) {
        logError('sinks.consume', cause, { address, attempt: message.attempts });
        retryLater(message);
      }
    }),
  );
}

function retryLater(message: Message<FlushMessage>): void {
  message.retry({ delaySeconds: Math.min(2 ** message.attempts, RETRY_SECONDS_MAX) });
}

/** `done`: this message has no more work. Flushes that still wait are left to the shard's own reminders. */
type Outcome = 'done' | 'retry';

async function handle({ address, isHot }: FlushMessage, room: Room, deps: ConsumeDeps): Promise<Outcome> {
  if (!(await deps.isTenant(address.uid))) return 'done';
  const work = isHot ? deps.grow(address.uid).then((): Outcome => 'done') : drainShard(address, room, deps);
  return within(work, MESSAGE_MS_MAX, isHot ? 'a split' : 'storing the flushes of a shard');
}

/** Stores the waiting flushes of one shard, oldest first. */
async function drainShard(address: ShardAddress, room: Room, deps: ConsumeDeps): Promise<Outcome> {
  const startedAtMs = deps.now();
  for (let stored = 0; stored < FLUSHES_PER_MESSAGE_MAX && deps.now() - startedAtMs < DRAIN_MS; stored++) {
    const first = await firstPage(deps.shardOf(address), address);
    if (first === null) return 'done';
    const result = await room.run(1, () => within(storeFlushOf(address, first, deps), FLUSH_MS_MAX, 'storing a flush'));
    if (result.status === 'failed') return result.failures >= FAILURES_REPORTED ? 'done' : 'retry';
    if (stored === 0) await room.run(1, () => mergeAged(address, first, deps));
    if (!result.hasMore) return 'done';
  }
  await deps.poke(address);
  return 'done';
}

/** A shard hands out its oldest flush that it does not know to be stored: below it everything is. */
async function mergeAged({ uid }: ShardAddress, { flush }: Page, { merge }: ConsumeDeps): Promise<void> {
  const { incarnation, seqFrom: storedSeq } = flush;
  try {
    await within(merge({ uid, incarnation, storedSeq }), FLUSH_MS_MAX, 'merging parts');
  } catch (cause) {
    logError('sinks.consume.merge', cause, { uid, incarnation });
  }
}

type StoreResult =
  /** `hasMore`: false when no further flush waits. */
  | { readonly status: 'stored'; readonly hasMore: boolean }
  /** `failures`: the number of failures of the flush so far, as far as they could be noted. */
  | { readonly status: 'failed'; readonly failures: number };

/** Pulls and stores one flush. A flush that another consumer has stored meanwhile is stored, too. */
async function storeFlushOf(address: ShardAddress, first: Page, deps: ConsumeDeps): Promise<StoreResult> {
  const pulled = await pullFlush(deps.shardOf(address), address, first);
  if (pulled === 'gone') return { status: 'stored', hasMore: true };
  try {
    return { status: 'stored', hasMore: await storePulled(pulled, deps) };
  } catch (cause) {
    return { status: 'failed', failures: await noteFailure(pulled, cause, deps) };
  }
}

async function noteFailure({ address, flush }: PulledFlush, cause: unknown, { db, now }: ConsumeDeps): Promise<number> {
  logError('sinks.consume.store', cause, { address, flush });
  return noteFlushFailure(db, { address, flush, error: String(cause), nowMs: now() }).catch(() => 1);
}

/** Returns whether further flushes may wait in the shard. */
async function storePulled(pulled: PulledFlush, deps: ConsumeDeps): Promise<boolean> {
  const startedAtMs = deps.now();
  const { address, flush } = pulled;
  const stored = await deps.sink.store(pulled);
  const confirmed = await deps.shardOf(address).confirm({ address, flush });
  deps.telemetry.write({
    index: address.uid,
    blobs: ['flush', address.region, String(address.index)],
    doubles: [stored.rowCount, stored.sizeBytes, deps.now() - startedAtMs],
  });
  return confirmed?.hasMore ?? true;
}
