/**
 * Live look: asks the shards of a tenant, all at once, what they have taken since the hub looked before.
 *
 * Shards that rest hold nothing and register before they take an event, so they are left asleep. A shard that does not answer
 * in time is asked again from the same position, so nothing is lost.
 */
import { LIMITS } from '../src/core/limits.ts';
import type { RecentPosition, RecentReply } from '../src/core/shard/recent.ts';
import type { DirectoryOf, ShardOf } from '../src/core/shard/rpc.ts';
import { type ShardAddress, shardName } from '../src/core/shard/shard-map.ts';

export interface Look {
  /** By the name of the shard; shards that did not answer are absent. */
  readonly replies: ReadonlyMap<string, RecentReply>;
  readonly asked: number;
}

export class LiveLook {
  readonly #shardOf: ShardOf;
  readonly #directoryOf: DirectoryOf;
  #shards: readonly ShardAddress[] | null = null;
  #listedAtMs = Number.NEGATIVE_INFINITY;

  constructor(shardOf: ShardOf, directoryOf: DirectoryOf) {
    this.#shardOf = shardOf;
    this.#directoryOf = directoryOf;
  }

  /** `sinceMs`: receipt time before which a shard without a position tells nothing. */
  async look(uid: string, positions: Readonly<Record<string, RecentPosition>>, sinceMs: number): Promise<Look> {
    const shards = await this.#list(uid);
    if (shards === null) return { replies: new Map(), asked: 1 };
    const replies = new Map<string, RecentReply>();
    await Promise.all(
      shards.map(async (address) => {
        const name = shardName(address);
        const from = positions[name];
        const start = from === undefined ? { sinceMs } : { from };
        const request = { address, ...start, eventsMax: LIMITS.liveEventsPerShard };
        const reply = await inTime(this.#shardOf(address).recent(request));
        if (reply !== null) replies.set(name, reply);
      }),
    );
    return { replies, asked: shards.length };
  }

  /** The shards that do not rest; those known before when the directory does not answer, null when none are. */
  async #list(uid: string): Promise<readonly ShardAddress[] | null> {
    const nowMs = Date.now();
    if (this.#shards !== null && nowMs - this.#listedAtMs < LIMITS.liveListMs) return this.#shards;
    const listed = await inTime(this.#directoryOf(uid).list());
    if (listed === null) return this.#shards;
    const awake = listed.filter(({ isResting }) => isResting !== true);
    this.#shards = awake.map(({ region, index }) => ({ uid, region, index }));
    this.#listedAtMs = nowMs;
    return this.#shards;
  }
}

/** The answer; null when the call fails or takes too long. */
async function inTime<T>(call: Promise<T>): Promise<T | null> {
  const { promise: tooLate, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(() => resolve(null), LIMITS.liveAnswerMsMax);
  try {
    return await Promise.race([call, tooLate]);
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}
