/**
 * Shard map: a tenant's epochs of sharding, each with a start and a shard count; it only grows.
 *
 * min(client timestamp, receivedAt + clamp) chooses the epoch, so that a retry reaches the shard that knows its id
 * (CORRECTNESS E2). Jump consistent hash chooses the index (Lamping and Veach, 2014, arXiv:1406.2294): index 0 keeps
 * its keys in every epoch that keeps the count, and a grown count moves only the keys that must move.
 */
import { assert } from '../std/result.ts';

export interface ShardEpoch {
  readonly epoch: number;
  readonly startMs: number;
  readonly shardCount: number;
}
/** Epochs ascending by `startMs`; the first starts at 0. */
export type ShardMap = readonly [ShardEpoch, ...ShardEpoch[]];

export interface ShardAddress {
  readonly uid: string;
  readonly region: string;
  readonly index: number;
}

export function epochAt(map: ShardMap, routingAtMs: number): ShardEpoch {
  let chosen = map[0];
  for (const epoch of map) if (epoch.startMs <= routingAtMs) chosen = epoch;
  return chosen;
}

/** Returns the Durable Object name of a shard. It is never parsed: the address travels beside it. */
export function shardName(address: ShardAddress): string {
  return `${address.uid}/${address.region}/${address.index}`;
}

/** Jump hash of a 64-bit key, given as two unsigned 32-bit words, into [0, bucketCount). */
export function jumpHash(high: number, low: number, bucketCount: number): number {
  assert(bucketCount >= 1, `jumpHash needs at least one bucket, got ${bucketCount}`);
  if (bucketCount === 1) return 0;
  let key = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  let bucket = -1;
  let jump = 0;
  while (jump < bucketCount) {
    bucket = jump;
    key = (key * 2862933555777941757n + 1n) & 0xffffffffffffffffn;
    jump = Math.floor((bucket + 1) * (2147483648 / (Number(key >> 33n) + 1)));
  }
  return bucket;
}
