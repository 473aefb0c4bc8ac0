/** EventSearch: tells which of some names no event has, and which names are most like one of them. */
import type { EventColumns } from '../event/columns.ts';
import { nearestNames } from './spelling.ts';

/** Bound of the names listed as alike: a tenant may have sent any number. */
const FOUND_MAX = 4_000;

export class EventSearch {
  readonly #missing: Set<string>;
  readonly #found = new Set<string>();
  #eventCount = 0;

  constructor(names: Iterable<string>) {
    this.#missing = new Set(names);
  }

  /** Names that no event searched so far has. */
  get missing(): readonly string[] {
    return [...this.#missing];
  }

  get isDone(): boolean {
    return this.#missing.size === 0;
  }

  get eventCount(): number {
    return this.#eventCount;
  }

  /** Searches events. Their names are read only while one is missing. */
  look({ rowCount, strings }: EventColumns): void {
    this.#eventCount += rowCount;
    if (!this.isDone) for (const name of new Set(strings.event)) if (name !== null) this.note(name);
  }

  /** Notes that some event has the name. */
  note(name: string): void {
    if (this.#missing.delete(name) || this.#found.size < FOUND_MAX) this.#found.add(name);
  }

  /** Returns those of the names that some event has. */
  found(names: readonly string[]): string[] {
    return names.filter((name) => this.#found.has(name));
  }

  /** Returns names that exist, those spelt most alike first. */
  nearestNames(name: string, max: number): string[] {
    return nearestNames(name, this.#found, max);
  }
}
