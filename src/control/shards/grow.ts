/**
 * Grow: adds an epoch to a tenant's shard map, in the two phases of src/core/shard/split.ts.
 *
 *   directory begins (or hands out the pending split) → every registered shard closes → directory publishes → D1
 *
 * The directory holds the truth; `tenants.shard_map` is the copy that edges load, written last, and again by every
 * later call until it is there. A call that dies leaves a split that the next call resumes, whether an operator, a hot
 * shard or the sweep makes it. Nothing is refused meanwhile: a shard asks the directory before it refuses, and that
 * postpones the start.
 */
import type { DirectoryOf, ShardOf } from '../../core/shard/rpc.ts';
import type { ShardEpoch, ShardMap } from '../../core/shard/shard-map.ts';
import { type MapState, mapOf } from '../../core/shard/split.ts';
import { loadTenant, publishShardMap } from '../tenants/tenants.ts';

export interface GrowDeps {
  readonly db: D1Database;
  readonly shardOf: ShardOf;
  readonly directoryOf: DirectoryOf;
  readonly now: () => number;
  /** Makes this isolate forget what it knows of the tenant. */
  readonly forget?: (uid: string) => void;
}

/**
 * Number of tries at a start that shards keep rejecting because they have seen later events, as when a clock is far
 * ahead. The next call continues.
 */
const POSTPONEMENTS_MAX = 4;

/**
 * Returns the map afterwards, or null when there is no such tenant. A `shardCount` of null doubles the shards. Throws
 * when a shard cannot be reached.
 */
export async function growShards(deps: GrowDeps, uid: string, shardCount: number | null): Promise<ShardMap | null> {
  const known = await loadTenant(deps.db, uid);
  if (known === null) return null;
  const directory = deps.directoryOf(uid);
  let state = await directory.beginSplit({ known: known.tenant.shardMap, shardCount, nowMs: deps.now() });
  for (let attempt = 0; state.split !== null && attempt < POSTPONEMENTS_MAX; attempt++) {
    state = await closeAndPublish(deps, uid, state.split);
  }
  const map = mapOf(state, known.tenant.shardMap);
  if (map !== known.tenant.shardMap) await publishShardMap(deps.db, uid, map);
  deps.forget?.(uid);
  return map;
}

/** One try, at the start that the split has now. */
async function closeAndPublish(
  { shardOf, directoryOf, now }: GrowDeps,
  uid: string,
  next: ShardEpoch,
): Promise<MapState> {
  const directory = directoryOf(uid);
  // The shards are listed after the split has begun: the directory tells a shard that registers later in its reply.
  const shards = await directory.list();
  const replies = await Promise.all(
    shards.map(({ region, index }) => {
      const address = { uid, region, index };
      return shardOf(address).close({ address, next });
    }),
  );
  const beyondMs = replies.reduce(
    (max, reply) => (reply.status === 'seen' ? Math.max(max, reply.routingAtMsMax) : max),
    0,
  );
  if (beyondMs > 0) return directory.postponeSplit({ epoch: next.epoch, beyondMs, nowMs: now() });
  return directory.publishSplit(next);
}
