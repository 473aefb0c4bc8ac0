/**
 * Status: the part of `GET /v1/status` that the commands read: the shards of a tenant and its stored events.
 */
import type { Client } from './client.ts';

export interface Status {
  readonly shards: readonly ShardStatus[];
  /** Events that are accepted and not stored yet. */
  readonly tailEvents: number;
  readonly stored: {
    readonly flushes: number;
    readonly tally: {
      readonly received: number;
      readonly accepted: number;
      readonly duplicate: number;
      readonly quarantined: number;
      readonly rejected: number;
    };
    /** Flushes that do not begin where the one before ended. */
    readonly gaps: number;
  };
  readonly sealed: {
    readonly dirtyDays: number;
    readonly firstDay: string | null;
    readonly lastDay: string | null;
  };
}

export interface ShardStatus {
  readonly region: string;
  readonly index: number;
  readonly reachable: boolean;
  /** null when the shard does not answer. */
  readonly incarnation: string | null;
  readonly storedSeq: number | null;
  readonly headSeq: number | null;
}

export function readStatus(client: Client): Promise<Status> {
  return client.get<Status>('/v1/status');
}
