/**
 * Asking: one request for answers: the ports it reads through, the tenant, the tenant's shards, and the instant that is now.
 *
 * It is made once a request, before anything is read, and handed to every function that reads for the request. The
 * shards are listed when it is made, so every event acknowledged before the request counts in its answers.
 */
import { LIMITS } from '../../core/limits.ts';
import type { Throttles } from '../../core/live/throttle.ts';
import type { DirectoryOf, ShardOf } from '../../core/shard/rpc.ts';
import type { ShardAddress } from '../../core/shard/shard-map.ts';
import type { Tenant } from '../../core/tenant/tenant.ts';
import { RowBudget } from '../../lake/scan/row-budget.ts';
import type { ScannerOf } from '../../lake/scan/scan-task.ts';
import type { ReadBucket } from '../../lake/segment/source.ts';
import type { AskedShard } from './resting-shard.ts';
import { listAsked } from './shards.ts';

/** The ports through which a request reads. */
export interface LakePorts {
  readonly db: D1Database;
  readonly lake: ReadBucket;
  readonly shardOf: ShardOf;
  /** Absent when every scan is done here. */
  readonly scannerOf?: ScannerOf;
}

/** The ports of a request: those of reading, the list of shards and the clock. */
export interface QueryPorts extends LakePorts {
  readonly directoryOf: DirectoryOf;
  /** Absent where nothing counts what is refused for now. */
  readonly throttles?: Throttles;
  readonly now: () => number;
}

/** One call's right to read the lake. */
export interface LakeTurn {
  /** Waits for the turn; once it has come, returns at once. Throws 429 `busy`. */
  take(): Promise<void>;
  /** Hands the turn on. */
  end(): void;
}

export interface Asking<Ports extends LakePorts = LakePorts> {
  readonly ports: Ports;
  readonly tenant: Tenant;
  readonly shards: readonly ShardAddress[];
  /** What the directory answers for shards that rest, by their names. Default: all are awake. */
  readonly resting?: ReadonlyMap<string, AskedShard>;
  readonly nowMs: number;
  /** Pays for the stored rows that the call reads, however many questions it asks. */
  readonly budget: RowBudget;
  /** Taken before the lake is read. Absent for work that is not a call of the API. */
  readonly turn?: LakeTurn;
}

/** Lists the tenant's shards. `nowMs`: the time of the request. Throws 503 `directory-unavailable`. */
export async function beginAsking<Ports extends QueryPorts>(
  ports: Ports,
  tenant: Tenant,
  nowMs: number,
): Promise<Asking<Ports>> {
  const listed = await listAsked(ports.directoryOf, tenant.uid);
  return { ports, tenant, nowMs, ...listed, budget: new RowBudget(LIMITS.callReadRowsMax) };
}
