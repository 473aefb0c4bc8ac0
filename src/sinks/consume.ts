/**
 * Consume: stage 3, store. In: pokes from the flush queue. Out: every waiting flush of the poked shards in R2 and D1.
 *
 * A message is trusted with nothing but an address: the flush is pulled from the shard, so a duplicate, late or lost
 * message changes no number. Per flush, in order: pull → L0 to R2 → one D1 batch → confirm (CORRECTNESS A3).
 *
 * The shards of a batch are drained side by side, each within its own time and with its own outcome: a slow, dead or poison
 * one holds up itself alone. Of the flushes they have only a few are decoded at a time, for each takes some 30 MB. A
 * flush that fails again and again is reported, and from then on left to its shard's reminders.
 * A message may also say that its shard is hot: then the tenant's map grows.
 */
import type { FlushMessage, ShardOf } from '../core/shard/rpc.ts';
import type { ShardAddress } from '../core/shard/shard-map.ts';
import { storeFlush } from '../lake/manifest/flushes.ts';
import { Room } from '../lake/std/room.ts';
import { logError } from '../observe/log.ts';
import type { Telemetry } from '../observe/telemetry.ts';
import { FAILURES_REPORTED, noteFlushFailure } from './flush-failures.ts';
import { flushLinks } from './flush-links.ts';
import { storeSegment } from './lake-sink.ts';
import { firstPage, type Page, type PulledFlush, pullFlush } from './pull.ts';
import { within } from './within.ts';

/** Flushes one message may store before the rest gets a message of its own: bounds an invocation. */
const FLUSHES_PER_MESSAGE_MAX = 20;
/** A drain begins no further flush after this: the rest gets a message of its own, behind what else waits. */
const DRAIN_MS = 20_000;
/** What one message may take: a call that never answers must not hold the batch. */
const MESSAGE_MS_MAX = 60_000;
const RETRY_SECONDS_MAX = 60;
/** Flushes decoded, encoded and stored at a time. */
const STORED_AT_A_TIME_MAX = 2;
/** How long one may have such a place: what does not answer gives it back. */
const FLUSH_MS_MAX = 30_000;

export interface ConsumeDeps {
  readonly db: D1Database;
  readonly lake: R2Bucket;
  readonly shardOf: ShardOf;
  readonly poke: (address: ShardAddress) => Promise<unknown>;
  /** Doubles the shards of a tenant, if it is time. */
  readonly grow: (uid: string) => Promise<unknown>;
  /** False: it was deleted. Its shards are left alone then, for to be asked makes them anew. */
  readonly isTenant: (uid: string) => Promise<boolean>;
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
      const work = begun.get(key) ?? workOff(message.body, room, deps);
      begun.set(key, work);
      try {
        if ((await work) === 'retry') throw new Error('a flush could not be stored');
        message.ack();
      } catch (cause) {
        logError('sinks.consume', cause, { address, attempt: message.attempts });
        message.retry({ delaySeconds: Math.min(2 ** message.attempts, RETRY_SECONDS_MAX) });
      }
    }),
  );
}

/** `left`: what there was to do is done, or left to the shard's own reminders. */
type Outcome = 'left' | 'retry';

async function workOff({ address, isHot }: FlushMessage, room: Room, deps: ConsumeDeps): Promise<Outcome> {
  if (!(await deps.isTenant(address.uid))) return 'left';
  const work = isHot ? deps.grow(address.uid).then((): Outcome => 'left') : drainShard(address, room, deps);
  return within(work, MESSAGE_MS_MAX, isHot ? 'a split' : 'storing the flushes of a shard');
}

/** Stores the waiting flushes of one shard, oldest first. */
async function drainShard(address: ShardAddress, room: Room, deps: ConsumeDeps): Promise<Outcome> {
  const startedAtMs = deps.now();
  for (let stored = 0; stored < FLUSHES_PER_MESSAGE_MAX && deps.now() - startedAtMs < DRAIN_MS; stored++) {
    const first = await firstPage(deps.shardOf(address), address);
    if (first === null) return 'left';
    const failures = await room.run(1, () =>
      within(storeFlushOf(address, first, deps), FLUSH_MS_MAX, 'storing a flush'),
    );
    if (failures > 0) return failures >= FAILURES_REPORTED ? 'left' : 'retry';
  }
  await deps.poke(address);
  return 'left';
}

/** Stores one flush; how often it has failed by now, 0 when it is stored. */
async function storeFlushOf(address: ShardAddress, first: Page, deps: ConsumeDeps): Promise<number> {
  const pulled = await pullFlush(deps.shardOf(address), address, first);
  if (pulled === 'gone') return 0;
  try {
    await storePulled(address, pulled, deps);
    return 0;
  } catch (cause) {
    return noteFailure(address, pulled, cause, deps);
  }
}

/** How often the flush has failed, as far as that can be noted. */
async function noteFailure(
  address: ShardAddress,
  { flush }: PulledFlush,
  cause: unknown,
  { db, now }: ConsumeDeps,
): Promise<number> {
  logError('sinks.consume.store', cause, { address, flush });
  return noteFlushFailure(db, { address, flush, error: String(cause), nowMs: now() }).catch(() => 1);
}

async function storePulled(address: ShardAddress, pulled: PulledFlush, deps: ConsumeDeps): Promise<void> {
  const startedAtMs = deps.now();
  const { flush, columns, ...accounts } = pulled;
  const segment = await storeSegment(deps.lake, address.uid, flush, columns);
  const links = await flushLinks(deps.db, address.uid, columns);
  await storeFlush(deps.db, { uid: address.uid, flush, ...accounts, segment, links, nowMs: deps.now() });
  await deps.shardOf(address).confirm({ address, flush });
  deps.telemetry.write({
    index: address.uid,
    blobs: ['flush', address.region, String(address.index)],
    doubles: [columns.rowCount, segment?.encoded.bytes.byteLength ?? 0, deps.now() - startedAtMs],
  });
}
