/**
 * Heat: how much a shard is offered, taken or refused, over a sliding minute; what makes it ask for a split.
 *
 * Measured by requests, events and bytes, never by time spent: timers stand still in production (CORRECTNESS D7). What a
 * dead sink makes it refuse is counted like what it takes: a split cures load, not a sink that stands still.
 * Two halves of a window, the older weighed by how much of it still lies in the last minute.
 */
import { LIMITS } from './limits.ts';

interface Offered {
  requests: number;
  events: number;
  sizeBytes: number;
}

export class Heat {
  #startMs = 0;
  #current: Offered = { requests: 0, events: 0, sizeBytes: 0 };
  #before: Offered = { requests: 0, events: 0, sizeBytes: 0 };

  note(events: number, sizeBytes: number, nowMs: number): void {
    this.#turn(nowMs);
    this.#current.requests++;
    this.#current.events += events;
    this.#current.sizeBytes += sizeBytes;
  }

  isHot(nowMs: number): boolean {
    this.#turn(nowMs);
    const weight = 1 - Math.min(1, (nowMs - this.#startMs) / LIMITS.hotWindowMs);
    const over = (key: keyof Offered) => this.#current[key] + weight * this.#before[key];
    return (
      over('requests') > LIMITS.hotRequestsMax ||
      over('events') > LIMITS.hotEventsMax ||
      over('sizeBytes') > LIMITS.hotSizeBytesMax
    );
  }

  #turn(nowMs: number): void {
    const elapsedMs = nowMs - this.#startMs;
    if (elapsedMs < LIMITS.hotWindowMs) return;
    const isAdjacent = elapsedMs < 2 * LIMITS.hotWindowMs;
    this.#before = isAdjacent ? this.#current : { requests: 0, events: 0, sizeBytes: 0 };
    this.#current = { requests: 0, events: 0, sizeBytes: 0 };
    this.#startMs = isAdjacent ? this.#startMs + LIMITS.hotWindowMs : nowMs;
  }
}
