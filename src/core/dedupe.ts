/**
 * Dedupe: the ids a shard has accepted, remembered for the dedupe horizon after their receipt.
 *
 * Ids are known by their keyed 64-bit hash: among 10 million ids of a horizon the chance that any two collide is 2.7e-6
 * (n²/2^65). One set per day of receipt, so that forgetting is dropping a set. Durable form: a run of hashes per flush.
 */
import { HashSet64 } from './hash-set.ts';
import { DAY_MS, LIMITS } from './limits.ts';

const HORIZON_DAYS = Math.ceil(LIMITS.dedupeHorizonMs / DAY_MS) + 1;

export class Dedupe {
  /** Newest day first: a retry is mostly of today. */
  #generations: { day: number; ids: HashSet64 }[] = [];

  has(high: number, low: number): boolean {
    for (const generation of this.#generations) if (generation.ids.has(high, low)) return true;
    return false;
  }

  add(high: number, low: number, receivedAtMs: number): void {
    this.#generation(Math.floor(receivedAtMs / DAY_MS)).ids.add(high, low);
  }

  /** Forgets what was received before the horizon. */
  expire(nowMs: number): void {
    const oldest = Math.floor(nowMs / DAY_MS) - HORIZON_DAYS;
    this.#generations = this.#generations.filter((generation) => generation.day >= oldest);
  }

  get size(): number {
    return this.#generations.reduce((sum, generation) => sum + generation.ids.size, 0);
  }

  get sizeBytes(): number {
    return this.#generations.reduce((sum, generation) => sum + generation.ids.sizeBytes, 0);
  }

  #generation(day: number): { day: number; ids: HashSet64 } {
    for (const generation of this.#generations) if (generation.day === day) return generation;
    const fresh = { day, ids: new HashSet64(1024) };
    this.#generations.push(fresh);
    this.#generations.sort((a, b) => b.day - a.day);
    return fresh;
  }
}
