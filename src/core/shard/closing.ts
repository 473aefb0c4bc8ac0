/**
 * Closing: which events a shard no longer takes, because a later epoch of the shard map owns them (CORRECTNESS E2).
 *
 *   ours      before the start of every later epoch the shard knows of
 *   stale     a published epoch owns it: the edge has an old map
 *   doubtful  the epoch that would own it is not published, as far as known here: the directory says, before anyone refuses
 */
import type { ShardEpoch } from './shard-map.ts';
import type { MapState } from './split.ts';

export type Ownership = 'ours' | 'stale' | 'doubtful';

export interface KnownEpoch {
  readonly epoch: number;
  readonly startMs: number;
  readonly isPublished: boolean;
}

export class Closing {
  #epochs: readonly KnownEpoch[];
  /** The greatest routing time taken, of all that was ever stored here. */
  #routingAtMsMax: number;

  constructor(restored: { epochs: readonly KnownEpoch[]; routingAtMsMax: number }) {
    this.#epochs = restored.epochs;
    this.#routingAtMsMax = restored.routingAtMsMax;
  }

  get epochs(): readonly KnownEpoch[] {
    return this.#epochs;
  }
  get routingAtMsMax(): number {
    return this.#routingAtMsMax;
  }

  /** To be asked in the same synchronous stretch as the write of what is found to be ours. */
  ownership(epoch: number, routingAtMsMax: number): Ownership {
    const later = this.#epochs.filter((known) => known.epoch > epoch && known.startMs <= routingAtMsMax);
    if (later.length === 0) return 'ours';
    return later.some(({ isPublished }) => isPublished) ? 'stale' : 'doubtful';
  }

  noteRouting(routingAtMsMax: number): void {
    if (routingAtMsMax > this.#routingAtMsMax) this.#routingAtMsMax = routingAtMsMax;
  }

  /** What it would know if it closed from the start of this epoch on; null: it has taken an event beyond that. */
  planClose({ epoch, startMs }: ShardEpoch): readonly KnownEpoch[] | null {
    if (this.#routingAtMsMax >= startMs) return null;
    return withEpoch(this.#epochs, { epoch, startMs, isPublished: false });
  }

  /** What it knows after the directory told the map and the split in progress. */
  planLearn({ epochs, split }: MapState): readonly KnownEpoch[] {
    const published = epochs
      .filter(({ epoch }) => epoch > 0)
      .map(({ epoch, startMs }) => ({ epoch, startMs, isPublished: true }));
    const pending = split === null ? [] : [{ epoch: split.epoch, startMs: split.startMs, isPublished: false }];
    return [...published, ...pending].reduce(withEpoch, this.#epochs);
  }

  apply(epochs: readonly KnownEpoch[]): void {
    this.#epochs = epochs;
  }
}

/** A published start is final; a pending one only moves up, so that an old message cannot undo a newer. */
function withEpoch(epochs: readonly KnownEpoch[], told: KnownEpoch): readonly KnownEpoch[] {
  const known = epochs.find(({ epoch }) => epoch === told.epoch);
  if (known?.isPublished) return epochs;
  if (known !== undefined && !told.isPublished && told.startMs <= known.startMs) return epochs;
  return [...epochs.filter(({ epoch }) => epoch !== told.epoch), told];
}
