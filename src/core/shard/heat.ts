/**
 * Heat: the load offered to a shard, taken or refused, over a sliding minute. A hot shard asks for a split.
 *
 * Load is measured in requests, events and bytes, never in time spent: timers stand still in production (CORRECTNESS
 * D7). Requests refused because of a dead sink count like those taken: a split cures load, not a sink that stands
 * still. A rate that is harmless in any minute may still be too much for nine days of ids: a shard that remembers many
 * is hot at that rate, too.
 */
import { LIMITS } from '../limits.ts';

interface Offered {
  readonly requests: number;
  readonly events: number;
  readonly sizeBytes: number;
}
const NOTHING: Offered = { requests: 0, events: 0, sizeBytes: 0 };

export class Heat {
  readonly #minute = new Sliding(LIMITS.hotWindowMs);
  /** Load over an hour of the present epoch of the shard map: what came before it says nothing of the share that is left. */
  #hour = new Sliding(LIMITS.hotIdsWindowMs);
  #epochStartMs = 0;

  /** `epochStartMs`: when the present epoch of the shard map began. */
  note(events: number, sizeBytes: number, nowMs: number, epochStartMs = 0): void {
    if (epochStartMs > this.#epochStartMs) {
      this.#epochStartMs = epochStartMs;
      this.#hour = new Sliding(LIMITS.hotIdsWindowMs);
    }
    this.#minute.note({ requests: 1, events, sizeBytes }, nowMs);
    this.#hour.note({ requests: 1, events, sizeBytes }, nowMs);
  }

  isHot(nowMs: number, rememberedIds: number): boolean {
    return (
      this.#minute.over('requests', nowMs) > LIMITS.hotRequestsMax ||
      this.#minute.over('events', nowMs) > LIMITS.hotEventsMax ||
      this.#minute.over('sizeBytes', nowMs) > LIMITS.hotSizeBytesMax ||
      (rememberedIds >= LIMITS.hotIdsMin && this.#hour.over('events', nowMs) > LIMITS.hotIdEventsMax)
    );
  }
}

/**
 * Sums over a sliding window, estimated from two fixed ones: the older one is weighted by how much of it still lies in
 * the sliding window.
 */
class Sliding {
  readonly #windowMs: number;
  #startMs = 0;
  #current: Offered = NOTHING;
  #before: Offered = NOTHING;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  note(offered: Offered, nowMs: number): void {
    this.#turn(nowMs);
    const { requests, events, sizeBytes } = this.#current;
    this.#current = {
      requests: requests + offered.requests,
      events: events + offered.events,
      sizeBytes: sizeBytes + offered.sizeBytes,
    };
  }

  over(key: keyof Offered, nowMs: number): number {
    this.#turn(nowMs);
    const weight = 1 - Math.min(1, (nowMs - this.#startMs) / this.#windowMs);
    return this.#current[key] + weight * this.#before[key];
  }

  #turn(nowMs: number): void {
    const elapsedMs = nowMs - this.#startMs;
    if (elapsedMs < this.#windowMs) return;
    const isAdjacent = elapsedMs < 2 * this.#windowMs;
    this.#before = isAdjacent ? this.#current : NOTHING;
    this.#current = NOTHING;
    this.#startMs = isAdjacent ? this.#startMs + this.#windowMs : nowMs;
  }
}
