/**
 * Route: finds the shard that owns each event: (tenant uid, region, index). The event's own time chooses an epoch of the
 * shard map, and its partition key the index within it (CORRECTNESS E2). Events of one request may lie in different epochs.
 */
import type { EventRecord } from '../core/event/event.ts';
import { partitionKeyOf } from '../core/event/event.ts';
import { epochAt, jumpHash, type ShardAddress, type ShardEpoch } from '../core/shard/shard-map.ts';
import type { Hasher } from '../core/std/hash.ts';
import type { Tenant } from '../core/tenant/tenant.ts';
import type { RoutableEvent } from './steps/step.ts';

/** The events of one request for one shard under one epoch, in the order sent. */
export interface ShardGroup {
  readonly address: ShardAddress;
  readonly epoch: number;
  readonly events: RoutableEvent[];
}

export function routeEvents(
  tenant: Tenant,
  region: string,
  events: readonly RoutableEvent[],
  hasher: Hasher,
): ShardGroup[] {
  const groups = new Map<string, ShardGroup>();
  for (const event of events) {
    const epoch = epochAt(tenant.shardMap, event.routingAtMs);
    const index = shardIndexOf(event.record, epoch, hasher);
    const key = `${epoch.epoch}/${index}`;
    const group = groups.get(key);
    if (group !== undefined) group.events.push(event);
    else groups.set(key, { address: { uid: tenant.uid, region, index }, epoch: epoch.epoch, events: [event] });
  }
  return [...groups.values()];
}

/** The group that carries the account of a request without a valid event. */
export function emptyGroup(tenant: Tenant, region: string, receivedAtMs: number): ShardGroup {
  const { epoch } = epochAt(tenant.shardMap, receivedAtMs);
  return { address: { uid: tenant.uid, region, index: 0 }, epoch, events: [] };
}

function shardIndexOf(record: EventRecord, epoch: ShardEpoch, hasher: Hasher): number {
  if (epoch.shardCount === 1) return 0;
  hasher.hash(partitionKeyOf(record.strings));
  return jumpHash(hasher.high, hasher.low, epoch.shardCount);
}
