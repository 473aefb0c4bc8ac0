/**
 * Dedupe: the ids a shard has accepted, remembered for the dedupe horizon after their receipt, in bounded memory.
 *
 * By day of receipt, so that forgetting is dropping a day. Of each day the recent ids are held whole, in a set; once they
 * are many they become a sorted run in storage, and only a filter of 3 bytes an id stays in memory (prefix-filter.ts).
 * An id is new when no set holds it and no filter may; a filter's maybe is settled by the day's runs.
 *
 * Ids are known by their keyed 64-bit hash: among 10 million ids of a horizon the chance that any two collide is 2.7e-6
 * (n²/2^65). See docs/decisions/0001 and 0010.
 */
import { HashSet64 } from './hash-set.ts';
import { runHas, sortRun } from './id-run.ts';
import { DAY_MS, LIMITS } from './limits.ts';
import { PrefixFilter } from './prefix-filter.ts';

const HORIZON_DAYS = Math.ceil(LIMITS.dedupeHorizonMs / DAY_MS) + 1;

/** Reads the merged runs of a day of receipt: sorted, disjoint. */
export type ReadRuns = (day: number) => Uint32Array[];

/** Recent ids of a day, sorted, to be written as one merged run in place of the flushes' own. */
export interface RunMerge {
  readonly day: number;
  readonly ids: Uint32Array;
}

interface Generation {
  readonly day: number;
  recent: HashSet64;
  /** Null: the day has no merged run. */
  filter: PrefixFilter | null;
}

export class Dedupe {
  readonly #readRuns: ReadRuns;
  /** Newest day first: a retry is mostly of today. */
  #generations: Generation[] = [];
  /** The runs of the day that a filter's maybe last led to: resends come in numbers. */
  #runsRead: { day: number; runs: Uint32Array[] } | null = null;

  constructor(readRuns: ReadRuns) {
    this.#readRuns = readRuns;
  }

  has(high: number, low: number): boolean {
    for (const { day, recent, filter } of this.#generations) {
      if (recent.has(high, low)) return true;
      if (filter?.mayHave(high, low) && this.#runsHave(day, high, low)) return true;
    }
    return false;
  }

  add(high: number, low: number, receivedAtMs: number): void {
    this.#generation(Math.floor(receivedAtMs / DAY_MS)).recent.add(high, low);
  }

  /** What to merge now; empty while the recent ids are few. To be asked when every recent id is in a durable run. */
  planMerge(recentMax: number = LIMITS.dedupeRecentIdsMax): RunMerge[] {
    if (this.recentSize < recentMax) return [];
    return this.#generations
      .filter(({ recent }) => recent.size > 0)
      .map(({ day, recent }) => ({ day, ids: sortRun(recent.pairs()) }));
  }

  /** The merges are written: their ids leave the sets. */
  applyMerge(merges: readonly RunMerge[]): void {
    this.releaseRuns();
    for (const { day, ids } of merges) {
      const generation = this.#generation(day);
      generation.recent = new HashSet64();
      generation.filter = (generation.filter ?? PrefixFilter.empty()).plus([ids]);
    }
  }

  /** Takes up the merged runs of a day again after a restart. */
  restoreDay(day: number): void {
    this.#generation(day).filter = PrefixFilter.of(this.#readRuns(day));
  }

  /** Forgets what was received before the horizon. */
  expire(nowMs: number): void {
    const oldest = Math.floor(nowMs / DAY_MS) - HORIZON_DAYS;
    this.#generations = this.#generations.filter((generation) => generation.day >= oldest);
  }

  /** Lets go of runs that a look-up has read. */
  releaseRuns(): void {
    this.#runsRead = null;
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

  #runsHave(day: number, high: number, low: number): boolean {
    if (this.#runsRead?.day !== day) this.#runsRead = { day, runs: this.#readRuns(day) };
    return this.#runsRead.runs.some((run) => runHas(run, high, low));
  }

  #generation(day: number): Generation {
    for (const generation of this.#generations) if (generation.day === day) return generation;
    const fresh: Generation = { day, recent: new HashSet64(), filter: null };
    this.#generations.push(fresh);
    this.#generations.sort((a, b) => b.day - a.day);
    return fresh;
  }
}
