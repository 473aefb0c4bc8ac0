/**
 * Directory: one tenant's list of shards and its shard map, in an object of its own whose state is one record.
 *
 * The object is built on itty-durable; its transitions are pure functions of src/core/shard/directory.ts and split.ts.
 * A shard registers before its first ack. So a query that asks the directory never misses a shard that has acknowledged
 * an event, and a split never misses a shard that must close.
 */
import { createDurable, proxyDurable } from 'itty-durable';
import { advanceResting, forgetShards, registerShard, restShard, toldWatermark } from '../src/core/shard/directory.ts';
import type {
  DirectoryOf,
  DirectoryRpc,
  ListRequest,
  RegisteredShard,
  Registration,
  RestState,
  Standing,
} from '../src/core/shard/rpc.ts';
import type { ShardEpoch } from '../src/core/shard/shard-map.ts';
import { beginSplit, type MapState, postponeSplit, publishSplit, type SplitRequest } from '../src/core/shard/split.ts';

/** The persisted record, under the key that itty-durable reads. */
interface DirectoryData {
  readonly shards: Record<string, RegisteredShard>;
  readonly epochs: readonly ShardEpoch[];
  readonly split: ShardEpoch | null;
}

/**
 * The fields are the persisted record. Names of itty-durable's base class are taken, so no method here may have one.
 */
export class Directory extends createDurable({ autoPersist: false, autoReturn: false }) {
  shards: Record<string, RegisteredShard> = {};
  epochs: readonly ShardEpoch[] = [];
  split: ShardEpoch | null = null;

  /** Adds or replaces a shard; durable when it answers. */
  async register(shard: RegisteredShard): Promise<Registration> {
    await this.store({ shards: registerShard(this.shards, shard) });
    const watermarkMs = toldWatermark(this.shards, shard);
    return { ...this.map(), ...(watermarkMs !== undefined && { watermarkMs }) };
  }

  /** A watermark is told once it is durable: the shard that registers next has at least that one. */
  async list(request?: ListRequest): Promise<RegisteredShard[]> {
    const moved = request?.isAsked ? advanceResting(this.shards, Date.now()) : null;
    if (moved !== null) await this.store({ shards: moved });
    return Object.values(this.shards);
  }

  async rest(shard: RegisteredShard, state?: RestState): Promise<boolean> {
    const shards = restShard(this.shards, shard, state);
    if (shards === null) return false;
    await this.store({ shards });
    return true;
  }

  map(): MapState {
    return { epochs: this.epochs, split: this.split };
  }

  standing(): Standing {
    return { ...this.map(), shards: Object.values(this.shards) };
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
    const shards = forgetShards(this.shards, gone);
    if (Object.keys(shards).length > 0) {
      await this.store({ shards });
      return false;
    }
    await this.destroy();
    this.shards = {};
    this.epochs = [];
    this.split = null;
    return true;
  }

  /**
   * Stores a changed map. It and `store` are public but no calls of the contract: itty-durable binds no private
   * members.
   */
  async keep({ epochs, split }: MapState): Promise<MapState> {
    if (epochs !== this.epochs || split !== this.split) await this.store({ epochs, split });
    return this.map();
  }

  /**
   * Writes a change to storage, then to memory. In the other order a failed write would leave in memory a state that no
   * later instance knows: a map that edges follow until the next reset, or a shard that never registers again.
   */
  async store(change: Partial<DirectoryData>): Promise<void> {
    const { shards, epochs, split } = this;
    const data: DirectoryData = { shards, epochs, split, ...change };
    const { storage } = this.state as Pick<DurableObjectState, 'storage'>;
    await storage.put('data', data);
    Object.assign(this, data);
  }
}

/** Reaches a tenant's directory by its uid. */
export function directoryOf(namespace: DurableObjectNamespace): DirectoryOf {
  const proxy = proxyDurable(namespace, { name: 'DIRECTORY', parse: true });
  return (uid) => proxy.get(uid) as DirectoryRpc;
}
