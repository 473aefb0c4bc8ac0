/**
 * Shard of an address: how the Worker reaches a shard, the Durable Object with the name of its address.
 *
 * Each call takes a new stub, for one that has thrown stays broken. Ids are remembered: an id is a hash of its name,
 * and most requests are for few shards.
 */
import type { ShardOf, ShardRpc } from '../src/core/shard/rpc.ts';
import { shardName } from '../src/core/shard/shard-map.ts';

const IDS_REMEMBERED_MAX = 4_096;

export function shardOf(namespace: DurableObjectNamespace): ShardOf {
  const ids = new Map<string, DurableObjectId>();
  const idOf = (name: string) => {
    const known = ids.get(name);
    if (known !== undefined) return known;
    if (ids.size >= IDS_REMEMBERED_MAX) ids.clear();
    const id = namespace.idFromName(name);
    ids.set(name, id);
    return id;
  };
  return (address) => {
    const id = idOf(shardName(address));
    return namespace.get(id, { locationHint: address.region as DurableObjectLocationHint }) as unknown as ShardRpc;
  };
}
