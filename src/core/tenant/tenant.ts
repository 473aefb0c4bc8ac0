/**
 * Tenant: the customer of the platform; the unit of isolation, quota, keys and residency.
 *
 * `id` is public and may be reused after a deletion; `uid` is internal and never is: every stored thing carries the uid.
 */
import type { JunkIds } from '../event/junk-id.ts';
import type { Privacy } from '../privacy/privacy.ts';
import type { Rollup } from '../rollup/rollup.ts';
import type { ShardMap } from '../shard/shard-map.ts';
import type { TenantQuotas } from './quota.ts';

export const KEY_SCOPES = ['write', 'read', 'admin'] as const;
export type KeyScope = (typeof KEY_SCOPES)[number];

/** Configuration of a tenant, as the edge and the query need it; cached for `LIMITS.tenantCacheMs`. */
export interface Tenant {
  readonly uid: string;
  readonly id: string;
  readonly name: string;
  /** Location hints; the first is the home region. */
  readonly regions: readonly [string, ...string[]];
  /** IANA zone of queries that name none. */
  readonly timezone: string;
  /** Key of the tenant's 64-bit pseudonyms: four 32-bit words. */
  readonly hashKey: readonly [number, number, number, number];
  readonly shardMap: ShardMap;
  /** Built-in and own rollups, in the order they were made. */
  readonly rollups: readonly Rollup[];
  /** Origins that may send events from a browser; empty when any may. */
  readonly origins: readonly string[];
  /** The quotas that differ from the defaults; absent when none does. */
  readonly quotas?: Partial<TenantQuotas>;
  /** Bytes that the tenant takes of the database, as of the last flush, seal or sum; absent before the first. */
  readonly storedBytes?: number;
  /** Absent when the tenant does not change the product's list. */
  readonly junkIds?: JunkIds;
  /** Absent when the tenant does not change the product's rules on what is stored. */
  readonly privacy?: Privacy;
}
