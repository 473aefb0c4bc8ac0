/**
 * Directory: per tenant, which shards exist and the shard map. A small object whose whole state is one record, on
 * itty-durable; what may happen to it is in src/core/directory.ts and split.ts.
 *
 * A shard registers before its first ack, so a query that asks the directory never misses one that has acknowledged, and a
 * split never one that must close.
 */
import { createDurable, proxyDurable } from 'itty-durable';
import { forgetShards, registerShard, restShard } from '../src/core/directory.ts';
import type { DirectoryOf, DirectoryRpc, RegisteredShard } from '../src/core/rpc.ts';
import type { ShardEpoch } from '../src/core/shard-map.ts';
import { beginSplit, type MapState, postponeSplit, publishSplit, type SplitRequest } from '../src/core/split.ts';

/** The names that itty-durable reserves are those of its base class; the fields are the whole of what is persisted. */
export class Directory extends createDurable({ autoPersist: false, autoReturn: false }) {
  shards: Record<string, RegisteredShard> = {};
  epochs: readonly ShardEpoch[] = [];
  split: ShardEpoch | null = null;

  /** Adds or replaces a shard; durable when it answers. */
  async register(shard: RegisteredShard): Promise<MapState> {
    this.shards = registerShard(this.shards, shard);
    await this.persist();
    return this.map();
  }

  list(): RegisteredShard[] {
    return Object.values(this.shards);
  }

  async rest(shard: RegisteredShard): Promise<boolean> {
    const shards = restShard(this.shards, shard);
    if (shards === null) return false;
    this.shards = shards;
    await this.persist();
    return true;
  }

  map(): MapState {
    return { epochs: this.epochs, split: this.split };
  }

  async beginSplit(request: SplitRequest): Promise<MapState> {
    return this.keep(beginSplit(this.map(), request));
  }

  async postponeSplit(request: Parameters<typeof postponeSplit>[1]): Promise<MapState> {
    return this.keep(postponeSplit(this.map(), request));
  }

  async publishSplit(closed: ShardEpoch): Promise<MapState> {
    return this.keep(publishSplit(this.map(), closed));
  }

  async wipe(gone: readonly RegisteredShard[]): Promise<boolean> {
    this.shards = forgetShards(this.shards, gone);
    if (Object.keys(this.shards).length > 0) {
      await this.persist();
      return false;
    }
    this.epochs = [];
    this.split = null;
    await this.destroy();
    return true;
  }

  /** Not a call of the contract: itty-durable binds no private members. */
  async keep({ epochs, split }: MapState): Promise<MapState> {
    if (epochs === this.epochs && split === this.split) return this.map();
    this.epochs = epochs;
    this.split = split;
    await this.persist();
    return this.map();
  }
}

/** Reaches a tenant's directory by its uid. */
export function directoryOf(namespace: DurableObjectNamespace): DirectoryOf {
  const proxy = proxyDurable(namespace, { name: 'DIRECTORY', parse: true });
  return (uid) => proxy.get(uid) as DirectoryRpc;
}
