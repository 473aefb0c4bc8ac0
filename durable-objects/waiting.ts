/**
 * Waiting: the requests that have reached a shard and wait for the commit they will share, in the order of their
 * arrival.
 *
 * A group is one commit: the first request, however large, and those after it whose blocks fit into the same row of
 * the log.
 */
import type { EventBlock } from '../src/core/block/block.ts';
import { LIMITS } from '../src/core/limits.ts';
import type { AppendReply } from '../src/core/shard/rpc.ts';
import { firstBySize } from '../src/core/std/page.ts';
import type { Routed } from './shard-epochs.ts';

/** A request as it arrives: its blocks and its routing. */
export interface Arrival extends Routed {
  readonly blocks: readonly EventBlock[];
  readonly sizeBytes: number;
}
/** A request that waits, with the ends of the promise that its sender awaits. */
export interface Waiter extends Arrival {
  readonly resolve: (reply: AppendReply) => void;
  readonly reject: (reason: unknown) => void;
}

export class Waiting {
  #waiters: Waiter[] = [];
  #sizeBytes = 0;

  get waiters(): readonly Waiter[] {
    return this.#waiters;
  }
  get count(): number {
    return this.#waiters.length;
  }
  /** Bytes of the blocks of all waiting requests. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Resolves with the reply to the request, once it is committed or refused. */
  add(arrival: Arrival): Promise<AppendReply> {
    this.#sizeBytes += arrival.sizeBytes;
    return new Promise((resolve, reject) => {
      this.#waiters.push({ ...arrival, resolve, reject });
    });
  }

  takeGroup(): Waiter[] {
    const { length } = firstBySize(this.#waiters, ({ sizeBytes }) => sizeBytes, LIMITS.logRowSizeBytesMax / 2);
    const group = this.#waiters.splice(0, length);
    this.#sizeBytes -= group.reduce((sum, waiter) => sum + waiter.sizeBytes, 0);
    return group;
  }

  takeAll(): Waiter[] {
    this.#sizeBytes = 0;
    return this.#waiters.splice(0);
  }
}
