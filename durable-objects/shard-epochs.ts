/**
 * Shard epochs: the epochs of its tenant's shard map that a shard durably knows, and the refusals that follow from
 * them.
 *
 * In: `close` of a split, the directory's reply to a registration. Out: which waiting requests may be committed.
 * A request is judged in the synchronous stretch of its commit, so that a close which came while it waited counts.
 */
import { Closing, type KnownEpoch, type Ownership } from '../src/core/shard/closing.ts';
import type { CloseReply, DirectoryRpc } from '../src/core/shard/rpc.ts';
import type { ShardEpoch } from '../src/core/shard/shard-map.ts';
import type { MapState } from '../src/core/shard/split.ts';
import { assert } from '../src/core/std/result.ts';
import type { ShardStore } from './shard-store.ts';

/** The routing of a request: the epoch its sender knew, and the greatest routing time of its events. */
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

  /** The greatest routing time of all events this shard has stored. */
  get routingAtMsMax(): number {
    return this.#closing.routingAtMsMax;
  }

  /** When the latest epoch of the shard map began. */
  startMs(nowMs: number): number {
    return this.#closing.startMs(nowMs);
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

  /** The first waiting request that a pending epoch would own; undefined when there is none. */
  doubtful<R extends Routed>(waiting: readonly R[]): R | undefined {
    return waiting.find((request) => this.ownership(request) === 'doubtful');
  }

  /**
   * Asks the directory about a doubtful request: afterwards its epoch is published, or the epoch's start has moved
   * beyond the request. So no request is refused before another shard takes it.
   */
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
