/** Kept answers: the answers of a page by question, so that going back shows it at once. */

/** The time in which a kept answer is as good as a new one, where its version tells of changes. */
const FRESH_MS = 5_000;

interface Kept {
  readonly data: unknown;
  readonly version: number | undefined;
  readonly atMs: number;
}

export class KeptAnswers {
  readonly #countMax: number;
  /** The latest last. */
  readonly #answers = new Map<string, Kept>();

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  /** `version`: that of the data when the question was asked; undefined where nothing tells of changes. */
  keep(id: string, data: unknown, version: number | undefined, nowMs: number): void {
    this.#answers.delete(id);
    this.#answers.set(id, { data, version, atMs: nowMs });
    if (this.#answers.size > this.#countMax) this.#answers.delete(this.#answers.keys().next().value!);
  }

  /** The answer, of whatever age. */
  find<T>(id: string): T | undefined {
    return this.#answers.get(id)?.data as T | undefined;
  }

  /** The answer where it is of the last seconds and nothing has changed since; undefined where the question has to be asked. */
  fresh<T>(id: string, version: number | undefined, nowMs: number): T | undefined {
    const kept = this.#answers.get(id);
    if (kept === undefined || version === undefined || kept.version !== version) return undefined;
    const ageMs = nowMs - kept.atMs;
    return ageMs >= 0 && ageMs < FRESH_MS ? (kept.data as T) : undefined;
  }

  clear(): void {
    this.#answers.clear();
  }
}
