/**
 * NameSearch: searches events for properties by name: it tells which of the names no event has, and which names exist.
 *
 * An event has a property when the place exists, whatever its value, including null, which questions count as absent: a
 * question that names it has not misspelt it. A text is parsed only when it holds the name as JSON writes a key; the
 * parsed object then tells whether the key is at the place asked for.
 */
import type { EventColumns } from '../event/columns.ts';
import { foundAt, propertyPlace } from '../event/property.ts';
import { LIMITS } from '../limits.ts';
import { JsonColumn } from '../query/rows/json-column.ts';
import { nearestNames } from './spelling.ts';

/** Bounds of the events parsed for their names, and of the names kept. */
const SAMPLED_MAX = 200;
const FOUND_MAX = 4_000;

interface SearchedName {
  readonly key: string;
  readonly steps: readonly string[];
  /** A text without one of these cannot have the property. */
  readonly marks: readonly string[];
}

export class NameSearch {
  readonly #missing: Map<string, SearchedName>;
  readonly #found = new Set<string>();
  readonly #json = new JsonColumn('properties');
  #sampledCount = 0;
  #eventCount = 0;

  /** `names` are properties of events, as questions give them. */
  constructor(names: Iterable<string>) {
    this.#missing = new Map(Array.from(names, (name) => [name, searchedName(name)]));
  }

  /** Names that no event searched so far has. */
  get missing(): readonly string[] {
    return [...this.#missing.keys()];
  }

  get isDone(): boolean {
    return this.#missing.size === 0;
  }

  get eventCount(): number {
    return this.#eventCount;
  }

  /** Searches events, which must have their properties. */
  look(columns: EventColumns): void {
    this.#json.use(columns);
    this.#eventCount += columns.rowCount;
    this.#sample(columns.rowCount);
    for (const [name, searched] of this.#missing) if (this.#isIn(searched, columns)) this.#missing.delete(name);
  }

  /** Notes that some event has this key at the top level. */
  noteKey(key: string): void {
    this.#keep(key);
    for (const [name, searched] of this.#missing) {
      if (searched.key === key || (searched.steps.length === 1 && searched.steps[0] === key))
        this.#missing.delete(name);
    }
  }

  /** Returns names that exist, those spelt most alike first. */
  nearestNames(name: string, max: number): string[] {
    return nearestNames(searchedName(name).key, this.#found, max);
  }

  /** Parses the last rows of the first batches. */
  #sample(rowCount: number): void {
    for (let row = rowCount - 1; row >= 0 && this.#sampledCount < SAMPLED_MAX; row--) {
      this.#sampledCount++;
      for (const key of Object.keys(this.#json.object(row))) this.#keep(key);
    }
  }

  /** Keeps a name, unless it is longer than a question may give. */
  #keep(key: string): void {
    if (this.#found.size < FOUND_MAX && key.length <= LIMITS.nameLengthMax) this.#found.add(key);
  }

  #isIn({ key, steps, marks }: SearchedName, { rowCount }: EventColumns): boolean {
    const isMarked = (text: string) => marks.some((mark) => text.includes(mark));
    const { packed } = this.#json;
    if (packed !== undefined && !isMarked(packed.text)) return false;
    for (let row = 0; row < rowCount; row++) {
      const text = this.#json.text(row);
      if (text === null || !isMarked(text)) continue;
      if (foundAt(this.#json.object(row), key, steps) !== undefined) return true;
    }
    return false;
  }
}

function searchedName(name: string): SearchedName {
  const place = propertyPlace(name);
  const { key, steps } = place.in === 'properties' ? place : { key: name, steps: [name] };
  return { key, steps, marks: [...new Set([key, steps[0]!])].map((each) => `${JSON.stringify(each)}:`) };
}
