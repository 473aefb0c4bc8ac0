/**
 * Directory: a tenant's shards, and its shard map with the split in progress. The state and its changes, pure.
 */
import type { RegisteredShard, RestState } from './rpc.ts';
import type { MapState } from './split.ts';
import { idleWatermark } from './watermark.ts';

export interface DirectoryState extends MapState {
  readonly shards: Readonly<Record<string, RegisteredShard>>;
}

/**
 * Adds or replaces a shard. Its registration is later than the one before, whatever the clocks say. The watermark that was told for
 * it stays: a reply may be lost, and the shard registers again.
 */
export function registerShard(
  shards: DirectoryState['shards'],
  { region, index, incarnation, registeredAtMs }: RegisteredShard,
): DirectoryState['shards'] {
  const name = shardKey(region, index);
  const { registeredAtMs: beforeMs = 0, watermarkMs } = shards[name] ?? {};
  const registered = { region, index, incarnation, registeredAtMs: Math.max(registeredAtMs, beforeMs + 1) };
  return { ...shards, [name]: { ...registered, ...(watermarkMs !== undefined && { watermarkMs }) } };
}

/** The watermark that was told for a shard, which registers; undefined when none was. */
export function toldWatermark(
  shards: DirectoryState['shards'],
  { region, index }: RegisteredShard,
): number | null | undefined {
  return shards[shardKey(region, index)]?.watermarkMs;
}

/** Notes that a shard rests; null when it has registered again since, because it may hold something. */
export function restShard(
  shards: DirectoryState['shards'],
  { region, index, incarnation, registeredAtMs }: RegisteredShard,
  state?: RestState,
): DirectoryState['shards'] | null {
  const name = shardKey(region, index);
  const known = shards[name];
  if (known?.incarnation !== incarnation || known.registeredAtMs !== registeredAtMs) return null;
  const rested = state && { storedSeq: state.storedSeq, watermarkMs: later(known.watermarkMs, state.watermarkMs) };
  return { ...shards, [name]: { ...known, ...rested, isResting: true } };
}

/** Moves the watermarks of resting shards to the last whole minute that is over; null when none moves. */
export function advanceResting(shards: DirectoryState['shards'], nowMs: number): DirectoryState['shards'] | null {
  const moved = Object.entries(shards).flatMap(([name, shard]) => {
    if (!shard.isResting || shard.watermarkMs == null) return [];
    const watermarkMs = idleWatermark(shard.watermarkMs, nowMs);
    return watermarkMs > shard.watermarkMs ? [[name, { ...shard, watermarkMs }] as const] : [];
  });
  return moved.length === 0 ? null : { ...shards, ...Object.fromEntries(moved) };
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

function later(one: number | null | undefined, other: number | null): number | null {
  return one == null || other === null ? (other ?? one ?? null) : Math.max(one, other);
}

function shardKey(region: string, index: number): string {
  return `/${region}/${index}`;
}
