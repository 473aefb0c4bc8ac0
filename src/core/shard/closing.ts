/**
 * Closing: decides which events a shard no longer takes, because a later epoch of the shard map owns them (CORRECTNESS
 * E2).
 *
 *   ours      before the start of every later epoch that the shard knows
 *   stale     a published epoch owns it: the edge has an old map
 *   doubtful  the epoch that would own it is not known to be published: the shard asks the directory before it refuses
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
  /** Greatest routing time of all events that were ever stored here. */
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

  /** When the latest epoch began; 0 for the one that the tenant was made with. A shard that is busy does not learn of its publication. */
  startMs(nowMs: number): number {
    return this.#epochs.reduce(
      (latestMs, { startMs }) => (startMs <= nowMs ? Math.max(latestMs, startMs) : latestMs),
      0,
    );
  }

  /**
   * Tells which epoch owns events up to `routingAtMsMax`. The answer 'ours' holds only for a write in the same
   * synchronous stretch.
   */
  ownership(epoch: number, routingAtMsMax: number): Ownership {
    const later = this.#epochs.filter((known) => known.epoch > epoch && known.startMs <= routingAtMsMax);
    if (later.length === 0) return 'ours';
    return later.some(({ isPublished }) => isPublished) ? 'stale' : 'doubtful';
  }

  noteRouting(routingAtMsMax: number): void {
    if (routingAtMsMax > this.#routingAtMsMax) this.#routingAtMsMax = routingAtMsMax;
  }

  /**
   * Returns the epochs known after closing from the start of this epoch on; null when an event beyond it was taken
   * already.
   */
  planClose({ epoch, startMs }: ShardEpoch): readonly KnownEpoch[] | null {
    if (this.#routingAtMsMax >= startMs) return null;
    return withEpoch(this.#epochs, { epoch, startMs, isPublished: false });
  }

  /** Returns the epochs known after the directory told the map and the split in progress. */
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

/**
 * Adds or replaces an epoch. A published start is final; a pending one only moves up, so that an old message cannot
 * undo a newer one.
 */
function withEpoch(epochs: readonly KnownEpoch[], next: KnownEpoch): readonly KnownEpoch[] {
  const known = epochs.find(({ epoch }) => epoch === next.epoch);
  if (known?.isPublished) return epochs;
  if (known !== undefined && !next.isPublished && next.startMs <= known.startMs) return epochs;
  return [...epochs.filter(({ epoch }) => epoch !== next.epoch), next];
}
