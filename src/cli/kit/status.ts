/**
 * Status: the part of `GET /v1/status` that the commands read: the shards of a tenant and its stored events.
 */
import type { WireShardStatus, WireStatus } from '../../wire/operate.ts';
import type { Client } from './client.ts';

export interface Status extends Pick<WireStatus, 'tailEvents'> {
  readonly shards: readonly ShardStatus[];
  readonly stored: Pick<WireStatus['stored'], 'flushes' | 'tally' | 'gaps'>;
  readonly sealed: Pick<WireStatus['sealed'], 'dirtyDays' | 'firstDay' | 'lastDay'>;
}

export type ShardStatus = Pick<
  WireShardStatus,
  'region' | 'index' | 'reachable' | 'incarnation' | 'storedSeq' | 'headSeq'
>;

export function readStatus(client: Client): Promise<Status> {
  return client.get<Status>('/v1/status');
}
