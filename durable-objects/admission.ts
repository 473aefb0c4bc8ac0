/**
 * Admission: the decision whether a shard takes a request, made before anything of the request is kept.
 *
 * Beyond its bounds the shard refuses and names a wait. A refusal holds the watermark, because back-pressure is not
 * idleness. A shard that is offered more than it should take asks for a split, at most once in `LIMITS.hotWindowMs`;
 * the directory decides whether there will be one.
 */
import type { EventBlock } from '../src/core/block/block.ts';
import { LIMITS } from '../src/core/limits.ts';
import type { Engine } from '../src/core/shard/engine.ts';
import { Heat } from '../src/core/shard/heat.ts';
import { pressureOf } from '../src/core/shard/pressure.ts';

/** Bytes of the requests that wait for the next row; beyond them the shard refuses. */
const PENDING_SIZE_BYTES_MAX = 16 * 1024 * 1024;

export interface Offer {
  readonly blocks: readonly EventBlock[];
  readonly sizeBytes: number;
  /** Bytes of the requests that wait for their row. */
  readonly pendingSizeBytes: number;
  /** Bytes of the log. */
  readonly logSizeBytes: number;
  /** When the present epoch of the shard map began. */
  readonly epochStartMs: number;
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

  /** The time that the sender has to wait; null when there is room. */
  refusal(offer: Offer, nowMs: number): number | null {
    this.#noteHeat(offer, nowMs);
    const retryAfterMs = this.#pressure(offer, nowMs);
    if (retryAfterMs !== null) this.#engine.noteRefusal(nowMs);
    return retryAfterMs;
  }

  /** Time since the first event of the oldest waiting flush was received; 0 when no flush waits. */
  oldestFlushAgeMs(nowMs: number): number {
    const openedAtMs = this.#engine.outbox[0]?.openedAtMs ?? null;
    return openedAtMs === null ? 0 : Math.max(0, nowMs - openedAtMs);
  }

  /** Whether ids are forgotten is decided here, before a row: the row has what follows from it (CORRECTNESS D3). */
  #pressure({ sizeBytes, pendingSizeBytes, logSizeBytes }: Offer, nowMs: number): number | null {
    if (pendingSizeBytes + sizeBytes > PENDING_SIZE_BYTES_MAX) return LIMITS.retryAfterMsMin;
    this.#engine.makeRoomForIds(nowMs);
    const { outbox, cellSizeBytes } = this.#engine;
    const held = {
      logSizeBytes: logSizeBytes + pendingSizeBytes,
      waitingFlushes: outbox.length,
      cellSizeBytes,
      oldestFlushAgeMs: this.oldestFlushAgeMs(nowMs),
    };
    return pressureOf(held, sizeBytes);
  }

  #noteHeat({ blocks, sizeBytes, epochStartMs }: Offer, nowMs: number): void {
    const events = blocks.reduce((sum, block) => sum + block.eventCount, 0);
    this.#heat.note(events, sizeBytes, nowMs, epochStartMs);
    if (nowMs - this.#askedAtMs < LIMITS.hotWindowMs || !this.#heat.isHot(nowMs, this.#engine.rememberedIds)) return;
    this.#askedAtMs = nowMs;
    this.#askForSplit();
  }
}
