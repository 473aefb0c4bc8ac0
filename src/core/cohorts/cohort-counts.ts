/**
 * CohortCounts: counts, for each person, of the events that the parts of cohorts ask for; membership follows from them.
 *
 * Events come in any order, each once. Counts are kept for people with such events; all other people have a count of 0.
 */

import type { EventColumns } from '../event/columns.ts';
import type { Condition } from '../event/condition.ts';
import { conditionProperties } from '../event/condition.ts';
import type { StringColumn } from '../event/event.ts';
import type { Lookup } from '../event/lookup.ts';
import { columnName, propertyColumns, propertyPlace } from '../event/property.ts';
import { RowSource, type RowTest } from '../query/rows/row-source.ts';
import { HashIndex, NOT_FOUND } from '../std/hash-index.ts';
import { assert } from '../std/result.ts';
import { wordsOf } from '../std/words.ts';
import { type Cohort, type DidPart, didParts, didRange, isInCohort } from './cohort.ts';

interface Counted {
  readonly did: DidPart;
  readonly startMs: number;
  readonly endMs: number;
  readonly test: RowTest | null;
  /** Counts by number of the person. */
  counts: Float64Array;
}

/** A cohort with the zone of its dates. */
export interface SavedCohort extends Cohort {
  readonly timezone: string;
}

const UNKNOWN = 0;
const OUT = 1;
const IN = 2;

export class CohortCounts {
  readonly #cohorts: ReadonlyMap<string, Cohort>;
  readonly #parts: readonly Counted[];
  readonly #source = new RowSource();
  readonly #people = new HashIndex();
  /** Membership by cohort, by number of a person in `#asked`. */
  readonly #asked = new HashIndex();
  readonly #verdicts: ReadonlyMap<string, { seen: Uint8Array }>;
  readonly #traits: Pick<Lookup, 'personTrait'>;

  constructor(cohorts: readonly SavedCohort[], traits: Pick<Lookup, 'personTrait'>, nowMs: number) {
    this.#cohorts = new Map(cohorts.map((cohort) => [cohort.id, cohort]));
    this.#traits = traits;
    this.#verdicts = new Map(cohorts.map(({ id }) => [id, { seen: new Uint8Array(1_024) }]));
    this.#parts = cohorts.flatMap(({ who, timezone }) =>
      didParts(who).map((did) => {
        const where = conditionOf(did);
        return {
          did,
          ...didRange(did, nowMs, timezone),
          test: where && this.#source.test(where),
          counts: new Float64Array(1_024),
        };
      }),
    );
  }

  /** Range of event times that must be read; null when no events are needed. */
  get range(): { readonly startMs: number; readonly endMs: number } | null {
    if (this.#parts.length === 0) return null;
    return {
      startMs: Math.min(...this.#parts.map(({ startMs }) => startMs)),
      endMs: Math.max(...this.#parts.map(({ endMs }) => endMs)),
    };
  }

  /** Text columns that the batches must have, beside `at` and `person`. */
  get columns(): StringColumn[] {
    return this.#parts.flatMap(({ did }) => {
      const where = conditionOf(did);
      return where === null ? [] : conditionProperties(where).flatMap(propertyColumns);
    });
  }

  get size(): number {
    return this.#people.size;
  }

  add(columns: EventColumns, rows: Uint32Array): void {
    this.#source.use(columns);
    const { at, person } = columns;
    const words = wordsOf(person);
    for (const row of rows) {
      const low = words[2 * row]!;
      const high = words[2 * row + 1]!;
      if ((low | high) === 0) continue;
      for (const part of this.#parts) {
        if (at[row]! < part.startMs || at[row]! >= part.endMs || (part.test !== null && !part.test(row))) continue;
        const index = this.#people.add(high, low);
        if (index >= part.counts.length) part.counts = grown(part.counts, index);
        part.counts[index]!++;
      }
    }
  }

  isMember(cohort: string, high: number, low: number): boolean {
    if ((low | high) === 0) return false;
    const verdicts = this.#verdicts.get(cohort);
    const { who } = this.#cohorts.get(cohort) ?? {};
    assert(verdicts !== undefined && who !== undefined, `cohort ${cohort} was not looked up`);
    const number = this.#asked.add(high, low);
    if (number >= verdicts.seen.length) {
      const seen = new Uint8Array(2 * number);
      seen.set(verdicts.seen);
      verdicts.seen = seen;
    }
    if (verdicts.seen[number] === UNKNOWN) {
      const index = this.#people.find(high, low);
      const countOf = (did: DidPart) => {
        const part = this.#parts.find((each) => each.did === did)!;
        return index === NOT_FOUND ? 0 : (part.counts[index] ?? 0);
      };
      const trait = (name: string) => {
        const place = propertyPlace(name);
        return place.in === 'person' ? this.#traits.personTrait(high, low, place.key, place.steps) : undefined;
      };
      verdicts.seen[number] = isInCohort(who, countOf, trait) ? IN : OUT;
    }
    return verdicts.seen[number] === IN;
  }
}

function conditionOf({ events, where }: DidPart): Condition | null {
  const eventCondition: Condition | null =
    events === null ? null : { property: columnName('event'), op: 'in', value: [...events] };
  if (eventCondition === null || where === null) return eventCondition ?? where;
  return { and: [eventCondition, where] };
}

function grown(counts: Float64Array, index: number): Float64Array {
  const more = new Float64Array(Math.max(2 * counts.length, index + 1));
  more.set(counts);
  return more;
}
