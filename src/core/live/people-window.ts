/**
 * People window: the number of different people who were seen within the last minutes.
 *
 * People are kept in the order in which they were seen last, so the oldest are at the front and leave from there. Beyond
 * `LIMITS.livePeopleMax` those who were seen longest ago leave early.
 */
import { LIMITS } from '../limits.ts';
import type { RecentEvent } from '../shard/recent.ts';

export class PeopleWindow {
  readonly #seenAtMs = new Map<string, number>();

  /** `events`: the newest first. */
  add(events: readonly Pick<RecentEvent, 'person' | 'receivedAtMs'>[]): void {
    for (let i = events.length - 1; i >= 0; i--) {
      const { person, receivedAtMs } = events[i]!;
      if (person !== null) this.#see(person, receivedAtMs);
    }
  }

  count(nowMs: number): number {
    for (const [person, seenAtMs] of this.#seenAtMs) {
      if (seenAtMs > nowMs - LIMITS.liveWindowMs) break;
      this.#seenAtMs.delete(person);
    }
    return this.#seenAtMs.size;
  }

  #see(person: string, atMs: number): void {
    const before = this.#seenAtMs.get(person) ?? atMs;
    this.#seenAtMs.delete(person);
    this.#seenAtMs.set(person, Math.max(before, atMs));
    if (this.#seenAtMs.size <= LIMITS.livePeopleMax) return;
    const { value: oldest } = this.#seenAtMs.keys().next();
    if (oldest !== undefined) this.#seenAtMs.delete(oldest);
  }
}
