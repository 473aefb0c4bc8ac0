/**
 * Directory: a tenant's shards, and its shard map with the split in progress. The state and its changes, pure.
 */
import type { RegisteredShard } from './rpc.ts';
import type { MapState } from './split.ts';

export interface DirectoryState extends MapState {
  readonly shards: Readonly<Record<string, RegisteredShard>>;
}

/** Adds or replaces a shard. Its registration is later than the one before, whatever the clocks say. */
export function registerShard(
  shards: DirectoryState['shards'],
  { region, index, incarnation, registeredAtMs }: RegisteredShard,
): DirectoryState['shards'] {
  const name = shardKey(region, index);
  const beforeMs = shards[name]?.registeredAtMs ?? 0;
  const registered = { region, index, incarnation, registeredAtMs: Math.max(registeredAtMs, beforeMs + 1) };
  return { ...shards, [name]: registered };
}

/** Notes that a shard rests; null when it has registered again since, because it may hold something. */
export function restShard(
  shards: DirectoryState['shards'],
  { region, index, incarnation, registeredAtMs }: RegisteredShard,
): DirectoryState['shards'] | null {
  const name = shardKey(region, index);
  const known = shards[name];
  if (known?.incarnation !== incarnation || known.registeredAtMs !== registeredAtMs) return null;
  return { ...shards, [name]: { ...known, isResting: true } };
}

/** Removes the shards given, except those that have registered again since. */
export function forgetShards(
  shards: DirectoryState['shards'],
  gone: readonly RegisteredShard[],
): DirectoryState['shards'] {
  const goneAtMs = new Map(gone.map(({ region, index, registeredAtMs }) => [shardKey(region, index), registeredAtMs]));
  return Object.fromEntries(
    Object.entries(shards).filter(([name, { registeredAtMs }]) => registeredAtMs !== goneAtMs.get(name)),
  );
}

function shardKey(region: string, index: number): string {
  return `/${region}/${index}`;
}
