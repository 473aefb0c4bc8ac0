// Fake directory: a tenant's directory in memory, over the real state machine.

import {
  advanceResting,
  forgetShards,
  registerShard,
  restShard,
  toldWatermark,
} from '../../src/core/shard/directory.ts';
import type {
  DirectoryOf,
  DirectoryRpc,
  ListRequest,
  RegisteredShard,
  Registration,
  RestState,
  Standing,
} from '../../src/core/shard/rpc.ts';
import { beginSplit, type MapState, NO_SPLITS, postponeSplit, publishSplit } from '../../src/core/shard/split.ts';

export class FakeDirectory implements DirectoryRpc {
  shards: Readonly<Record<string, RegisteredShard>> = {};
  state: MapState = NO_SPLITS;

  async register(shard: RegisteredShard): Promise<Registration> {
    this.shards = registerShard(this.shards, shard);
    const watermarkMs = toldWatermark(this.shards, shard);
    return { ...this.state, ...(watermarkMs !== undefined && { watermarkMs }) };
  }
  async list(request?: ListRequest): Promise<RegisteredShard[]> {
    if (request?.isAsked) this.shards = advanceResting(this.shards, Date.now()) ?? this.shards;
    return Object.values(this.shards);
  }
  async rest(shard: RegisteredShard, state?: RestState): Promise<boolean> {
    const shards = restShard(this.shards, shard, state);
    this.shards = shards ?? this.shards;
    return shards !== null;
  }
  async map(): Promise<MapState> {
    return this.state;
  }
  async standing(): Promise<Standing> {
    return { ...this.state, shards: Object.values(this.shards) };
  }
  async beginSplit(request: Parameters<typeof beginSplit>[1]): Promise<MapState> {
    this.state = beginSplit(this.state, request);
    return this.state;
  }
  async postponeSplit(request: Parameters<typeof postponeSplit>[1]): Promise<MapState> {
    this.state = postponeSplit(this.state, request);
    return this.state;
  }
  async publishSplit(closed: Parameters<typeof publishSplit>[1]): Promise<MapState> {
    this.state = publishSplit(this.state, closed);
    return this.state;
  }
  async wipe(gone: readonly RegisteredShard[]): Promise<boolean> {
    this.shards = forgetShards(this.shards, gone);
    const isEmpty = Object.keys(this.shards).length === 0;
    if (isEmpty) this.state = NO_SPLITS;
    return isEmpty;
  }
}

/** Directories by tenant, each made at its first call. */
export function fakeDirectories(): (uid: string) => FakeDirectory {
  const directories = new Map<string, FakeDirectory>();
  const directoryOf = (uid: string): FakeDirectory => {
    const directory = directories.get(uid) ?? new FakeDirectory();
    directories.set(uid, directory);
    return directory;
  };
  return directoryOf satisfies DirectoryOf;
}

/** A directory that answers `list` alone. */
export function listingOf(list: () => Promise<RegisteredShard[]>): DirectoryOf {
  return () => Object.assign(new FakeDirectory(), { list });
}
