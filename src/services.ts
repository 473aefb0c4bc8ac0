/**
 * Services: the ports that request handlers may use. The entry makes them from its bindings, once in each isolate.
 *
 * Only the entry reads the environment; tests hand in fakes.
 */
import type { WatchRpc } from '../durable-objects/live.ts';
import type { DailySalts } from './control/cookieless/daily-salts.ts';
import type { TenantCache } from './control/tenants/tenant-cache.ts';
import type { LiveOf } from './core/live/rpc.ts';
import type { Throttles } from './core/live/throttle.ts';
import type { DirectoryOf, FlushMessage, SealQueueMessage, ShardOf } from './core/shard/rpc.ts';
import type { Authenticator } from './http/authenticate.ts';
import type { KeyRing, RandomBytes } from './http/keys.ts';
import type { ScannerOf } from './lake/scan/scan-task.ts';
import type { Telemetry } from './observe/telemetry.ts';
import type { DemoKeys } from './wire/demo.ts';

/** The sending side of a queue. */
export interface MessageQueue<T> {
  send(message: T): Promise<unknown>;
  sendBatch(messages: Iterable<{ body: T; delaySeconds?: number }>): Promise<unknown>;
}

export interface Services {
  readonly db: D1Database;
  readonly lake: R2Bucket;
  readonly shardOf: ShardOf;
  readonly directoryOf: DirectoryOf;
  readonly liveOf: LiveOf<WatchRpc>;
  /** Counts what is refused for now. Absent where nothing counts it. */
  readonly throttles?: Throttles;
  /** Absent when every scan is done by the query itself. */
  readonly scannerOf?: ScannerOf;
  readonly flushQueue: MessageQueue<FlushMessage>;
  readonly sealQueue: MessageQueue<SealQueueMessage>;
  readonly telemetry: Telemetry;
  readonly tenants: TenantCache;
  readonly auth: Authenticator;
  readonly keys: KeyRing;
  readonly rootKey: string;
  readonly salts: DailySalts;
  readonly now: () => number;
  readonly random: RandomBytes;
  readonly isLocal: boolean;
  /** Keys that the page at `/` may show; set on a local stack only. */
  readonly demoKeys?: DemoKeys;
}
