/**
 * Admission: whether a shard takes a request at all, decided before anything of it is kept, and what it is offered.
 *
 * Beyond its bounds it refuses with a wait; a refusal holds the watermark, for backpressure is not idleness. When it is
 * offered more than a shard should take, it asks for a split, once a minute at the most: what comes of it is the directory's
 * to say.
 */
import type { EventBlock } from '../src/core/block/block.ts';
import { LIMITS } from '../src/core/limits.ts';
import type { Engine } from '../src/core/shard/engine.ts';
import { Heat } from '../src/core/shard/heat.ts';
import { pressureOf } from '../src/core/shard/pressure.ts';

/** Bytes of requests that wait for the next row; beyond it the shard refuses. */
const PENDING_SIZE_BYTES_MAX = 16 * 1024 * 1024;

export interface Offer {
  readonly blocks: readonly EventBlock[];
  readonly sizeBytes: number;
  /** Of the requests that wait for their row, and of the log. */
  readonly pendingSizeBytes: number;
  readonly logSizeBytes: number;
}

export class Admission {
  readonly #engine: Engine;
  readonly #askForSplit: () => void;
  readonly #heat = new Heat();
  #askedAtMs = 0;

  constructor(engine: Engine, askForSplit: () => void) {
    this.#engine = engine;
    this.#askForSplit = askForSplit;
  }

  /** How long whoever sends this has to wait; null: there is room. */
  refusal(offer: Offer, nowMs: number): number | null {
    this.#noteHeat(offer, nowMs);
    const retryAfterMs = this.#pressure(offer, nowMs);
    if (retryAfterMs !== null) this.#engine.noteRefusal(nowMs);
    return retryAfterMs;
  }

  /** Since the first event of the oldest waiting flush was received; 0: none waits. */
  oldestFlushAgeMs(nowMs: number): number {
    const openedAtMs = this.#engine.outbox[0]?.openedAtMs ?? null;
    return openedAtMs === null ? 0 : Math.max(0, nowMs - openedAtMs);
  }

  #pressure({ sizeBytes, pendingSizeBytes, logSizeBytes }: Offer, nowMs: number): number | null {
    if (pendingSizeBytes + sizeBytes > PENDING_SIZE_BYTES_MAX) return LIMITS.retryAfterMsMin;
    // A shard that takes nothing cuts nothing, which is when ids are forgotten otherwise.
    if (this.#engine.rememberedIds >= LIMITS.dedupeIdsMax) this.#engine.forgetBefore(nowMs);
    const { outbox, cellSizeBytes, rememberedIds } = this.#engine;
    const held = {
      rememberedIds,
      logSizeBytes: logSizeBytes + pendingSizeBytes,
      waitingFlushes: outbox.length,
      cellSizeBytes,
      oldestFlushAgeMs: this.oldestFlushAgeMs(nowMs),
    };
    return pressureOf(held, sizeBytes);
  }

  #noteHeat({ blocks, sizeBytes }: Offer, nowMs: number): void {
    const events = blocks.reduce((sum, block) => sum + block.eventCount, 0);
    this.#heat.note(events, sizeBytes, nowMs);
    if (nowMs - this.#askedAtMs < LIMITS.hotWindowMs || !this.#heat.isHot(nowMs, this.#engine.rememberedIds)) return;
    this.#askedAtMs = nowMs;
    this.#askForSplit();
  }
}
