/**
 * Dedupe: the ids a shard has accepted, remembered for the dedupe horizon after their receipt, in bounded memory.
 *
 * Ids are kept in generations by receipt, so that forgetting is dropping the oldest: a day, or a part of a day of many ids. Beyond
 * `LIMITS.dedupeIdsMax` generations are dropped before their time, and `horizonMs` says from which receipt on every id is
 * remembered. An event that may have been received before it may be a copy (CORRECTNESS M1). The recent ids are held whole, in a
 * set; once they are many they become a sorted run in storage, and only a filter of 3 bytes an id stays in memory
 * (prefix-filter.ts). An id is new when no set holds it and no filter may (`probe`). The runs settle all the maybes of
 * a row together, of which one at a time is in memory (`settle`): a storm of old ids costs time, not space.
 *
 * An id is known by its keyed 64-bit hash: among 10 million ids of a horizon the chance that any two collide is 2.7e-6
 * (n²/2^65). `LIMITS.dedupeIdsMax` bounds their number. See decisions 0001 and 0014.
 */

import { DAY_MS, LIMITS } from '../limits.ts';
import { dayOf } from '../std/day.ts';
import { HashSet64 } from '../std/hash-set.ts';
import { runHas, sortRun } from './id-run.ts';
import { PrefixFilter } from './prefix-filter.ts';

/** Returns the oldest day of receipt whose ids are still remembered. */
export function oldestRememberedDay(nowMs: number): number {
  return dayOf(nowMs - LIMITS.dedupeHorizonMs);
}

/** Reads the merged runs of a generation, one after the other: each sorted, all disjoint. */
export type ReadRuns = (day: number) => Iterable<Uint32Array>;

/** Answers that memory alone gives about an id. */
export const NEW = 0;
export const KNOWN = 1;
export const MAYBE = 2;
export type Probe = typeof NEW | typeof KNOWN | typeof MAYBE;

/** Recent ids of a generation, sorted, to be written as one merged run in place of the flushes' own. */
export interface RunMerge {
  readonly day: number;
  readonly ids: Uint32Array;
}

/** A generation has this share of all ids before the next one begins, so that forgetting one forgets no more. */
const PART_OF_IDS = 1 / 8;
/** Generations begin at whole 1,024ths of a day, about 84 s, which a float tells exactly. */
const PARTS_OF_DAY = 1_024;

/** The ids received from its beginning on, up to the next generation's. */
interface Generation {
  /** The beginning in days: a day of receipt, or a fraction of it where the day is divided. */
  readonly day: number;
  recent: HashSet64;
  /** Null when the generation has no merged run. */
  filter: PrefixFilter | null;
}

export class Dedupe {
  readonly #readRuns: ReadRuns;
  /** Newest first: a retry is mostly of today. */
  #generations: Generation[] = [];
  #horizonMs = Number.NEGATIVE_INFINITY;
  /** The latest receipt of an id that was added. */
  #latestMs = 0;
  readonly #idsMax: number;

  constructor(readRuns: ReadRuns, idsMax: number = LIMITS.dedupeIdsMax) {
    this.#readRuns = readRuns;
    this.#idsMax = idsMax;
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
    if (receivedAtMs > this.#latestMs) this.#latestMs = receivedAtMs;
    this.#generation(this.generationOf(receivedAtMs)).recent.add(high, low);
  }

  /** Adds runs of a generation that storage has, each of ids as (low, high) pairs. */
  restore(day: number, runs: readonly Uint32Array[]): void {
    this.#generation(day).recent.addAll(runs);
  }

  /** The beginning, in days, of the generation that ids of this receipt belong to. */
  generationOf(receivedAtMs: number): number {
    const day = dayOf(receivedAtMs);
    for (const { day: beginning } of this.#generations) {
      if (beginning >= day && beginning * DAY_MS <= receivedAtMs) return beginning;
    }
    return day;
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
    this.#divide();
  }

  /** Begins another generation in the day of the newest one, once that has many ids. */
  #divide(): void {
    const [newest] = this.#generations;
    if (newest === undefined || (newest.filter?.size ?? 0) < PART_OF_IDS * this.#idsMax) return;
    const beginning = (Math.floor((this.#latestMs / DAY_MS) * PARTS_OF_DAY) + 1) / PARTS_OF_DAY;
    if (Math.floor(beginning) === Math.floor(newest.day)) this.#generation(beginning);
  }

  /** Loads the filter of a generation's merged runs after a restart. */
  restoreDay(day: number): void {
    this.#generation(day).filter = PrefixFilter.of(() => this.#readRuns(day));
  }

  /** Forgets ids that were received before the horizon. */
  expire(nowMs: number): void {
    const oldest = oldestRememberedDay(nowMs);
    this.#generations = this.#generations.filter((generation) => generation.day >= oldest);
  }

  /** From this receipt on every id is remembered that the horizon asks for. */
  get horizonMs(): number {
    return this.#horizonMs;
  }

  restoreHorizon(horizonMs: number): void {
    this.#horizonMs = horizonMs;
  }

  /** Forgets ids whose time is over, then the oldest receipts, while the ids are as many as they may be. */
  makeRoom(nowMs: number): void {
    if (this.size < this.#idsMax) return;
    this.expire(nowMs);
    while (this.#generations.length > 1 && this.size >= this.#idsMax) {
      this.#generations.pop();
      this.#horizonMs = Math.max(this.#horizonMs, this.#generations.at(-1)!.day * DAY_MS);
    }
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
