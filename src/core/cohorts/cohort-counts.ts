/**
 * CohortCounts: counts, for each person, of the events that the parts of cohorts ask for; membership follows from them.
 *
 * Events come in any order, each once. Counts are kept for people with such events; all other people have a count of 0.
 */

import { withoutBots } from '../bots/bots.ts';
import type { EventColumns } from '../event/columns.ts';
import type { Condition } from '../event/condition.ts';
import { conditionProperties } from '../event/condition.ts';
import type { StringColumn } from '../event/event.ts';
import type { Lookup } from '../event/lookup.ts';
import { columnName, propertyColumns, propertyPlace } from '../event/property.ts';
import { ALL_PEOPLE, type HighRange } from '../people/high-range.ts';
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
  counts: Uint32Array;
}

/** A cohort with the zone of its dates. */
export interface SavedCohort extends Cohort {
  readonly timezone: string;
}

const UNKNOWN = 0;
const OUT = 1;
const IN = 2;

/** A counted person: the hash in the index, and a verdict for each cohort. */
const PERSON_BYTES = 24;

export class CohortCounts {
  readonly #cohorts: ReadonlyMap<string, Cohort>;
  readonly #conditionOf: (did: DidPart) => Condition | null;
  readonly #parts: readonly Counted[];
  readonly #source = new RowSource();
  readonly #from: number;
  #to: number;
  #people = new HashIndex();
  /** Membership by cohort, by number of the person. */
  readonly #verdicts: ReadonlyMap<string, { seen: Uint8Array }>;
  /** The last answer for a person without counts, who most often is asked for again. */
  #last = { cohort: '', high: 0, low: 0, isMember: false };
  readonly #traits: Pick<Lookup, 'personTrait'>;

  /** `range`: only these people are counted, and may be asked for. `excludesBots`: whether events of bots do not count. */
  constructor(
    cohorts: readonly SavedCohort[],
    traits: Pick<Lookup, 'personTrait'>,
    {
      nowMs,
      range = ALL_PEOPLE,
      excludesBots = false,
    }: { readonly nowMs: number; readonly range?: HighRange; readonly excludesBots?: boolean },
  ) {
    this.#conditionOf = excludesBots ? (did) => withoutBots(conditionOf(did)) : conditionOf;
    this.#cohorts = new Map(cohorts.map((cohort) => [cohort.id, cohort]));
    this.#traits = traits;
    this.#from = range.from;
    this.#to = range.to;
    this.#verdicts = new Map(cohorts.map(({ id }) => [id, { seen: new Uint8Array(0) }]));
    this.#parts = cohorts.flatMap(({ who, timezone }) =>
      didParts(who).map((did) => {
        const where = this.#conditionOf(did);
        return {
          did,
          ...didRange(did, nowMs, timezone),
          test: where && this.#source.test(where),
          counts: new Uint32Array(64),
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
      const where = this.#conditionOf(did);
      return where === null ? [] : conditionProperties(where).flatMap(propertyColumns);
    });
  }

  /** An estimate of the memory of the counts. */
  get sizeBytes(): number {
    return this.#people.size * (PERSON_BYTES + 4 * this.#parts.length + this.#cohorts.size);
  }

  /** Keeps only the people up to this one, by the signed high word of their hash. */
  narrow(to: number): void {
    this.#to = to;
    const all = this.#people;
    this.#people = new HashIndex();
    for (let person = 0; person < all.size; person++) {
      if ((all.high(person) | 0) > to) continue;
      const number = this.#people.add(all.high(person), all.low(person));
      for (const { counts } of this.#parts) counts[number] = counts[person] ?? 0;
    }
    for (const { counts } of this.#parts) counts.fill(0, this.#people.size);
  }

  add(columns: EventColumns, rows: Uint32Array): void {
    this.#source.use(columns);
    const { at, person } = columns;
    const words = wordsOf(person);
    for (const row of rows) {
      const low = words[2 * row]!;
      const high = words[2 * row + 1]!;
      if ((low | high) === 0 || (high | 0) < this.#from || (high | 0) > this.#to) continue;
      for (const part of this.#parts) {
        if (at[row]! < part.startMs || at[row]! >= part.endMs || (part.test !== null && !part.test(row))) continue;
        const index = this.#people.add(high, low);
        if (index >= part.counts.length) part.counts = grown(part.counts, index);
        part.counts[index]!++;
      }
    }
  }

  /** Asked for once all events are added. */
  isMember(cohort: string, high: number, low: number): boolean {
    if ((low | high) === 0) return false;
    const person = this.#people.find(high, low);
    if (person === NOT_FOUND) return this.#isMemberWithoutCounts(cohort, high, low);
    const verdicts = this.#verdicts.get(cohort);
    assert(verdicts !== undefined, `cohort ${cohort} was not looked up`);
    if (verdicts.seen.length === 0) verdicts.seen = new Uint8Array(this.#people.size);
    if (verdicts.seen[person] === UNKNOWN) verdicts.seen[person] = this.#judge(cohort, high, low, person) ? IN : OUT;
    return verdicts.seen[person] === IN;
  }

  #isMemberWithoutCounts(cohort: string, high: number, low: number): boolean {
    const last = this.#last;
    if (last.cohort === cohort && last.high === high && last.low === low) return last.isMember;
    const isMember = this.#judge(cohort, high, low, NOT_FOUND);
    this.#last = { cohort, high, low, isMember };
    return isMember;
  }

  #judge(cohort: string, high: number, low: number, person: number): boolean {
    const { who } = this.#cohorts.get(cohort) ?? {};
    assert(who !== undefined, `cohort ${cohort} was not looked up`);
    const countOf = (did: DidPart) => this.#parts.find((each) => each.did === did)!.counts[person] ?? 0;
    const trait = (name: string) => {
      const place = propertyPlace(name);
      return place.in === 'person' ? this.#traits.personTrait(high, low, place.key, place.steps) : undefined;
    };
    return isInCohort(who, countOf, trait);
  }
}

function conditionOf({ events, where }: DidPart): Condition | null {
  const eventCondition: Condition | null =
    events === null ? null : { property: columnName('event'), op: 'in', value: [...events] };
  if (eventCondition === null || where === null) return eventCondition ?? where;
  return { and: [eventCondition, where] };
}

function grown(counts: Uint32Array, index: number): Uint32Array {
  const more = new Uint32Array(Math.max(2 * counts.length, index + 1));
  more.set(counts);
  return more;
}
