/**
 * Dedupe: the ids a shard has accepted, remembered for the dedupe horizon after their receipt, in bounded memory.
 *
 * Ids are kept by day of receipt, so that forgetting is dropping a day. The recent ids of a day are held whole, in a
 * set; once they are many they become a sorted run in storage, and only a filter of 3 bytes an id stays in memory
 * (prefix-filter.ts). An id is new when no set holds it and no filter may (`probe`). The runs settle all the maybes of
 * a row together, of which one at a time is in memory (`settle`): a storm of old ids costs time, not space.
 *
 * An id is known by its keyed 64-bit hash: among 10 million ids of a horizon the chance that any two collide is 2.7e-6
 * (n²/2^65). `LIMITS.dedupeIdsMax` bounds their number. See decisions 0001 and 0014.
 */

import { LIMITS } from '../limits.ts';
import { dayOf } from '../std/day.ts';
import { HashSet64 } from '../std/hash-set.ts';
import { runHas, sortRun } from './id-run.ts';
import { PrefixFilter } from './prefix-filter.ts';

/** Returns the oldest day of receipt whose ids are still remembered. */
export function oldestRememberedDay(nowMs: number): number {
  return dayOf(nowMs - LIMITS.dedupeHorizonMs);
}

/** Reads the merged runs of a day of receipt, one after the other: each sorted, all disjoint. */
export type ReadRuns = (day: number) => Iterable<Uint32Array>;

/** Answers that memory alone gives about an id. */
export const NEW = 0;
export const KNOWN = 1;
export const MAYBE = 2;
export type Probe = typeof NEW | typeof KNOWN | typeof MAYBE;

/** Recent ids of a day, sorted, to be written as one merged run in place of the flushes' own. */
export interface RunMerge {
  readonly day: number;
  readonly ids: Uint32Array;
}

interface Generation {
  readonly day: number;
  recent: HashSet64;
  /** Null when the day has no merged run. */
  filter: PrefixFilter | null;
}

export class Dedupe {
  readonly #readRuns: ReadRuns;
  /** Newest day first: a retry is mostly of today. */
  #generations: Generation[] = [];

  constructor(readRuns: ReadRuns) {
    this.#readRuns = readRuns;
  }

  probe(high: number, low: number): Probe {
    let answer: Probe = NEW;
    for (const { recent, filter } of this.#generations) {
      if (recent.has(high, low)) return KNOWN;
      if (filter?.mayHave(high, low)) answer = MAYBE;
    }
    return answer;
  }

  /** Returns those of the ids, (low, high) pairs, that the runs hold. Callers pass only ids that memory may know. */
  settle(ids: readonly number[]): HashSet64 {
    const held = new HashSet64();
    for (const { day, filter } of this.#generations) {
      const maybes: number[] = [];
      for (let i = 0; i < ids.length; i += 2) if (filter?.mayHave(ids[i + 1]!, ids[i]!)) maybes.push(i);
      if (maybes.length === 0) continue;
      for (const run of this.#readRuns(day)) {
        for (const i of maybes) if (runHas(run, ids[i + 1]!, ids[i]!)) held.add(ids[i + 1]!, ids[i]!);
      }
    }
    return held;
  }

  add(high: number, low: number, receivedAtMs: number): void {
    this.#generation(dayOf(receivedAtMs)).recent.add(high, low);
  }

  /**
   * Returns the merges to write now; an empty list while the recent ids are few. Every recent id must be in a durable
   * run.
   */
  planMerge(recentMax: number = LIMITS.dedupeRecentIdsMax): RunMerge[] {
    if (this.recentSize < recentMax) return [];
    return this.#generations
      .filter(({ recent }) => recent.size > 0)
      .map(({ day, recent }) => ({ day, ids: sortRun(recent.pairs()) }));
  }

  /** Removes the ids of the written merges from the sets. */
  applyMerge(merges: readonly RunMerge[]): void {
    for (const { day, ids } of merges) {
      const generation = this.#generation(day);
      generation.recent = new HashSet64();
      generation.filter = (generation.filter ?? PrefixFilter.empty()).plus(() => [ids]);
    }
  }

  /** Loads the filter of a day's merged runs after a restart. */
  restoreDay(day: number): void {
    this.#generation(day).filter = PrefixFilter.of(() => this.#readRuns(day));
  }

  /** Forgets ids that were received before the horizon. */
  expire(nowMs: number): void {
    const oldest = oldestRememberedDay(nowMs);
    this.#generations = this.#generations.filter((generation) => generation.day >= oldest);
  }

  get recentSize(): number {
    return this.#generations.reduce((sum, { recent }) => sum + recent.size, 0);
  }

  get size(): number {
    return this.#generations.reduce((sum, { recent, filter }) => sum + recent.size + (filter?.size ?? 0), 0);
  }

  get sizeBytes(): number {
    return this.#generations.reduce((sum, { recent, filter }) => sum + recent.sizeBytes + (filter?.sizeBytes ?? 0), 0);
  }

  #generation(day: number): Generation {
    for (const generation of this.#generations) if (generation.day === day) return generation;
    const fresh: Generation = { day, recent: new HashSet64(), filter: null };
    this.#generations.push(fresh);
    this.#generations.sort((a, b) => b.day - a.day);
    return fresh;
  }
}
