/**
 * Shard epochs: what a shard durably knows of its tenant's shard map, and whom it asks before it refuses an event.
 *
 * In: `close` of a split, the directory's reply to a registration. Out: which waiting requests may be committed.
 * A request is looked at in the synchronous stretch of its commit: a close that came while it waited counts.
 */
import { Closing, type KnownEpoch, type Ownership } from '../src/core/shard/closing.ts';
import type { CloseReply, DirectoryRpc } from '../src/core/shard/rpc.ts';
import type { ShardEpoch } from '../src/core/shard/shard-map.ts';
import type { MapState } from '../src/core/shard/split.ts';
import { assert } from '../src/core/std/result.ts';
import type { ShardStore } from './shard-store.ts';

/** A request as far as its place in time goes. */
export interface Routed {
  readonly epoch: number;
  readonly routingAtMsMax: number;
}

export class ShardEpochs {
  readonly #store: ShardStore;
  readonly #mutate: (change: () => void) => void;
  readonly #closing: Closing;

  constructor(store: ShardStore, routingAtMsMax: number, mutate: (change: () => void) => void) {
    this.#store = store;
    this.#mutate = mutate;
    this.#closing = new Closing({ epochs: store.epochs(), routingAtMsMax });
  }

  /** Of all that was ever stored here. */
  get routingAtMsMax(): number {
    return this.#closing.routingAtMsMax;
  }

  ownership({ epoch, routingAtMsMax }: Routed): Ownership {
    return this.#closing.ownership(epoch, routingAtMsMax);
  }

  noteRouting(routingAtMsMax: number): void {
    this.#closing.noteRouting(routingAtMsMax);
  }

  close(next: ShardEpoch): CloseReply {
    const epochs = this.#closing.planClose(next);
    if (epochs === null) return { status: 'seen', routingAtMsMax: this.#closing.routingAtMsMax };
    this.#save(epochs);
    return { status: 'closed' };
  }

  learn(state: MapState): void {
    this.#save(this.#closing.planLearn(state));
  }

  /** A request that a pending epoch would own, if any waits. */
  doubtful<R extends Routed>(waiting: readonly R[]): R | undefined {
    return waiting.find((request) => this.ownership(request) === 'doubtful');
  }

  /** Either the epoch is published, or its start moves beyond the request: nothing is refused without a successor. */
  async settle(directory: DirectoryRpc, request: Routed, nowMs: number): Promise<void> {
    const pending = this.#closing.epochs.filter(({ epoch, isPublished }) => epoch > request.epoch && !isPublished);
    for (const { epoch } of pending) {
      this.learn(await directory.postponeSplit({ epoch, beyondMs: request.routingAtMsMax, nowMs }));
    }
    assert(this.ownership(request) !== 'doubtful', `the directory knows nothing of an epoch after ${request.epoch}`);
  }

  #save(epochs: readonly KnownEpoch[]): void {
    if (epochs === this.#closing.epochs) return;
    const known = new Set(this.#closing.epochs);
    const changed = epochs.filter((each) => !known.has(each));
    this.#mutate(() => {
      this.#store.saveEpochs(changed);
      this.#closing.apply(epochs);
    });
  }
}
