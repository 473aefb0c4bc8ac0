/**
 * Tenant: the customer of the platform; the unit of isolation, quota, keys and residency.
 *
 * `id` is public and may be reused after a deletion; `uid` is internal and never is: every stored thing carries the uid.
 */
import type { Bots } from '../bots/bots.ts';
import type { Sender } from '../event/event.ts';
import type { JunkIds } from '../event/junk-id.ts';
import type { Privacy } from '../privacy/privacy.ts';
import type { Rollup } from '../rollup/rollup.ts';
import type { ShardMap } from '../shard/shard-map.ts';
import type { TenantQuotas } from './quota.ts';

/**
 * `server` sends whatever it likes, and imports; `browser` is public and sends what anybody may. `write` is the name that
 * `server` had, and means the same.
 */
export const KEY_SCOPES = ['server', 'browser', 'read', 'admin', 'write'] as const;
export type KeyScope = (typeof KEY_SCOPES)[number];

/** The scope of a share link's key, which reads one board and nothing else. No other call takes such a key. */
export const SHARE_SCOPE = 'share';
/** The scopes of everything that is signed as a key. */
export const SIGNED_SCOPES = [...KEY_SCOPES, SHARE_SCOPE] as const;
export type SignedScope = (typeof SIGNED_SCOPES)[number];

/** Digits of a key's hash that name the key to people. */
export const KEY_ID_LENGTH = 16;

/** The class of events that are sent live with a key of the scope. */
export function senderOf(scope: KeyScope): Exclude<Sender, 'import'> {
  return scope === 'browser' ? 'browser' : 'server';
}

/** Configuration of a tenant, as the edge and the query need it; cached for `LIMITS.tenantCacheMs`. */
export interface Tenant {
  readonly uid: string;
  readonly id: string;
  readonly name: string;
  /** Location hints; the first is the home region. */
  readonly regions: readonly [string, ...string[]];
  /** IANA zone of queries that name none. */
  readonly timezone: string;
  /** Whether questions that do not say it count events of bots. Absent for a tenant who never chose, whose questions do. */
  readonly bots?: Bots;
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
  /** The hashes of users who have as many ids as a person may have; absent when there are none. */
  readonly fullPeople?: ReadonlySet<string>;
  /** Absent when the tenant does not change the product's list. */
  readonly junkIds?: JunkIds;
  /** Absent when the tenant does not change the product's rules on what is stored. */
  readonly privacy?: Privacy;
}

/** The number of shards that events of now may go to, in all regions together. */
export function shardsAtMost({ regions, shardMap }: Pick<Tenant, 'regions' | 'shardMap'>): number {
  return regions.length * shardMap.at(-1)!.shardCount;
}
