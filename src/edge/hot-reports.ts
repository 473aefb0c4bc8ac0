/**
 * Hot reports: messages that ask for the split of a shard. The platform refuses calls to an object that has too many, and
 * only the caller sees the refusal; the edge passes it on, once a minute for a shard and isolate (CORRECTNESS D7).
 */
import { LIMITS } from '../core/limits.ts';
import type { FlushMessage } from '../core/shard/rpc.ts';
import { type ShardAddress, shardName } from '../core/shard/shard-map.ts';
import { logWarn } from '../observe/log.ts';

/** Shards that one isolate remembers. */
const REMEMBERED_MAX = 1_000;

export class HotReports {
  readonly #queue: { send(message: FlushMessage): Promise<unknown> };
  readonly #now: () => number;
  readonly #reportedAtMs = new Map<string, number>();

  constructor(queue: { send(message: FlushMessage): Promise<unknown> }, now: () => number) {
    this.#queue = queue;
    this.#now = now;
  }

  /** Sends in the background and never throws: when a report is lost, the shard refuses again. */
  report(address: ShardAddress): void {
    const name = shardName(address);
    const nowMs = this.#now();
    if (nowMs - (this.#reportedAtMs.get(name) ?? 0) < LIMITS.hotWindowMs) return;
    if (this.#reportedAtMs.size >= REMEMBERED_MAX) this.#reportedAtMs.clear();
    this.#reportedAtMs.set(name, nowMs);
    this.#queue.send({ address, isHot: true }).catch((cause: unknown) => {
      logWarn('edge.hot-reports', cause, { address });
    });
  }
}
