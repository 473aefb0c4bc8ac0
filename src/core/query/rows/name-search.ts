/**
 * NameSearch: looks through events for properties by name: which of the names no event has, and what names there are.
 *
 * An event has a property when the place is there, whatever lies in it: also null, which questions count as absent, for
 * somebody who asks for it has not misspelt it. A text is parsed only when it holds the name as JSON writes a key; that the
 * key is at the place asked for is then told by the parsed object.
 */
import type { EventColumns } from '../../event/columns.ts';
import { foundAt, propertyPlace } from '../../event/property.ts';
import { LIMITS } from '../../limits.ts';
import { compareCodePoints } from '../../std/text.ts';
import { JsonColumn } from './json-column.ts';
import { spellingDistance } from './spelling.ts';

/** Events parsed for the names they have, and the names kept of them. */
const SAMPLED_MAX = 200;
const MET_MAX = 1_000;

interface Sought {
  readonly key: string;
  readonly steps: readonly string[];
  /** A text without one of these cannot have the property. */
  readonly marks: readonly string[];
}

export class NameSearch {
  readonly #missing: Map<string, Sought>;
  readonly #met = new Set<string>();
  readonly #json = new JsonColumn('properties');
  #sampledCount = 0;
  #eventCount = 0;

  /** `names`: of properties of events, as questions give them. */
  constructor(names: Iterable<string>) {
    this.#missing = new Map(Array.from(names, (name) => [name, soughtOf(name)]));
  }

  /** The names that nothing looked at has. */
  get missing(): readonly string[] {
    return [...this.#missing.keys()];
  }

  get isDone(): boolean {
    return this.#missing.size === 0;
  }

  get eventCount(): number {
    return this.#eventCount;
  }

  /** Looks at events, which must have their properties. */
  look(columns: EventColumns): void {
    this.#json.use(columns);
    this.#eventCount += columns.rowCount;
    this.#sample(columns.rowCount);
    for (const [name, sought] of this.#missing) if (this.#isIn(sought, columns)) this.#missing.delete(name);
  }

  /** Some event is known to have this key at the top level. */
  meet(key: string): void {
    this.#note(key);
    for (const [name, sought] of this.#missing) {
      if (sought.key === key || (sought.steps.length === 1 && sought.steps[0] === key)) this.#missing.delete(name);
    }
  }

  /** Names that were met, those spelt most alike first. */
  metNear(name: string, max: number): string[] {
    const { key } = soughtOf(name);
    const distances = new Map(Array.from(this.#met, (met) => [met, spellingDistance(key, met)]));
    const near = [...this.#met].sort((a, b) => distances.get(a)! - distances.get(b)! || compareCodePoints(a, b));
    return near.slice(0, max);
  }

  /** The last rows of the first batches. */
  #sample(rowCount: number): void {
    for (let row = rowCount - 1; row >= 0 && this.#sampledCount < SAMPLED_MAX; row--) {
      this.#sampledCount++;
      for (const key of Object.keys(this.#json.object(row))) this.#note(key);
    }
  }

  /** What is longer than a question may name is no help to it. */
  #note(key: string): void {
    if (this.#met.size < MET_MAX && key.length <= LIMITS.nameLengthMax) this.#met.add(key);
  }

  #isIn({ key, steps, marks }: Sought, { rowCount }: EventColumns): boolean {
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

function soughtOf(name: string): Sought {
  const place = propertyPlace(name);
  const { key, steps } = place.in === 'properties' ? place : { key: name, steps: [name] };
  return { key, steps, marks: [...new Set([key, steps[0]!])].map((each) => `${JSON.stringify(each)}:`) };
}
