/**
 * Waiting: the requests that have reached a shard and wait for the commit they will share, in the order they came.
 *
 * A group of them is one commit: those whose blocks fit a row of the log together, the first always, however big it is.
 */
import type { EventBlock } from '../src/core/block/block.ts';
import { LIMITS } from '../src/core/limits.ts';
import type { AppendReply } from '../src/core/shard/rpc.ts';
import { firstBySize } from '../src/core/std/page.ts';
import type { Routed } from './shard-epochs.ts';

/** What a request brings. */
export interface Arrival extends Routed {
  readonly blocks: readonly EventBlock[];
  readonly sizeBytes: number;
}
/** One that waits, and how it is told. */
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
  /** Of their blocks. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Resolves with what became of it. */
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
