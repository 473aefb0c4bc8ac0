/**
 * Directory: per tenant, which shards exist. A small object whose whole state is one record, on itty-durable.
 *
 * A shard registers before its first ack, so a query that asks the directory never misses one that has acknowledged.
 */
import { createDurable, proxyDurable } from 'itty-durable';
import type { DirectoryOf, DirectoryRpc, RegisteredShard } from '../src/core/rpc.ts';
import { shardName } from '../src/core/shard-map.ts';

/** The names that itty-durable reserves are those of its base class; `shards` is the whole of what is persisted. */
export class Directory extends createDurable({ autoPersist: false, autoReturn: false }) {
  shards: Record<string, RegisteredShard> = {};

  /** Adds or replaces a shard; durable when it answers. */
  async register(shard: RegisteredShard): Promise<{ registered: true }> {
    this.shards[shardName({ uid: '', region: shard.region, index: shard.index })] = shard;
    await this.persist();
    return { registered: true };
  }

  list(): RegisteredShard[] {
    return Object.values(this.shards);
  }
}

/** Reaches a tenant's directory by its uid. */
export function directoryOf(namespace: DurableObjectNamespace): DirectoryOf {
  const proxy = proxyDurable(namespace, { name: 'DIRECTORY', parse: true });
  return (uid) => proxy.get(uid) as DirectoryRpc;
}
