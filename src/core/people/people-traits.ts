/** PeopleTraits: the traits of the people in a range, when they were seen, and where they came from. */
import type { JsonObject, JsonValue } from '../event/event.ts';
import { valueAt } from '../event/property.ts';
import { HashIndex, NOT_FOUND } from '../std/hash-index.ts';
import type { HighRange } from './high-range.ts';
import { LatestColumn } from './latest-column.ts';
import { type GivenTraits, TraitColumns } from './trait-columns.ts';

export type BuiltInTrait = 'first_seen' | 'last_seen' | 'first_touch' | 'last_touch';

/** What an event says of where its person came from. */
export interface Touch {
  readonly value: JsonObject;
  /** Whether the person came from somewhere, rather than from another page. */
  readonly isArrival: boolean;
}

type Times = Pick<GivenTraits, 'atMs' | 'receivedAtMs'>;

/** A person in the index, with the seen times when there are any. */
const PERSON_BYTES = 24;

export class PeopleTraits {
  readonly #from: number;
  #to: number;
  #index = new HashIndex();
  readonly #traits = new TraitColumns();
  /** Times of the first and the last event of each person, in pairs; empty unless people are seen. */
  #seen: number[] = [];
  readonly #firstTouch = new LatestColumn('earliest');
  readonly #lastTouch = new LatestColumn();
  #lastHigh = 0;
  #lastLow = 0;
  #lastPerson = NOT_FOUND;

  constructor({ from, to }: HighRange) {
    this.#from = from;
    this.#to = to;
  }

  get sizeBytes(): number {
    const touches = this.#firstTouch.sizeBytes + this.#lastTouch.sizeBytes;
    return this.#index.size * PERSON_BYTES + this.#seen.length * 8 + this.#traits.sizeBytes + touches;
  }

  /** Returns the number of a person, new or known; NOT_FOUND for one out of the range, and for no person. */
  numberOf(high: number, low: number): number {
    // Rows of one person most often stand together.
    if (low === this.#lastLow && high === this.#lastHigh) return this.#lastPerson;
    const isOut = (high | low) === 0 || (high | 0) < this.#from || (high | 0) > this.#to;
    this.#lastHigh = high;
    this.#lastLow = low;
    this.#lastPerson = isOut ? NOT_FOUND : this.#index.add(high, low);
    return this.#lastPerson;
  }

  add(person: number, given: GivenTraits): void {
    this.#traits.add(person, given);
  }

  /** Notes an event of the person. `touch` is read only where it may matter; null when the event tells nothing. */
  see(person: number, atMs: number, times: Times, touch: () => Touch | null): void {
    while (this.#seen.length <= 2 * person) this.#seen.push(Infinity, -Infinity);
    if (atMs < this.#seen[2 * person]!) this.#seen[2 * person] = atMs;
    if (atMs > this.#seen[2 * person + 1]!) this.#seen[2 * person + 1] = atMs;
    if (!this.#firstTouch.mayTake(person, times.atMs) && !this.#lastTouch.mayTake(person, times.atMs)) return;
    const found = touch();
    if (found === null) return;
    this.#firstTouch.offer(person, { ...times, value: found.value });
    if (found.isArrival) this.#lastTouch.offer(person, { ...times, value: found.value });
  }

  trait(high: number, low: number, key: string, steps: readonly string[]): JsonValue | undefined {
    const person = this.#find(high, low);
    return person === NOT_FOUND ? undefined : this.#traits.trait(person, key, steps);
  }

  builtInTrait(high: number, low: number, key: string, steps: readonly string[]): JsonValue | undefined {
    const person = this.#find(high, low);
    if (person === NOT_FOUND) return undefined;
    const name = steps[0] as BuiltInTrait;
    const value = this.#builtIn(person, name);
    return value === undefined ? undefined : valueAt({ [name]: value }, key, steps);
  }

  /** Returns the traits that are set, by name, and the built-in ones. */
  profile(high: number, low: number): { readonly traits: JsonObject; readonly state: JsonObject } {
    const person = this.#find(high, low);
    if (person === NOT_FOUND) return { traits: {}, state: {} };
    const names = ['first_seen', 'last_seen', 'first_touch', 'last_touch'] as const;
    const state = names.map((name) => [name, this.#builtIn(person, name)] as const);
    return {
      traits: this.#traits.all(person),
      state: Object.fromEntries(state.filter(([, value]) => value !== undefined)) as JsonObject,
    };
  }

  /** Keeps only the people up to this one, by the signed high word of their hash. */
  narrow(to: number): void {
    this.#to = to;
    const index = new HashIndex();
    const numbers = Int32Array.from({ length: this.#index.size }, (_, person) => {
      const high = this.#index.high(person);
      return (high | 0) > to ? NOT_FOUND : index.add(high, this.#index.low(person));
    });
    this.#seen = this.#seen.filter((_, place) => numbers[place >> 1]! !== NOT_FOUND);
    for (const kept of [this.#traits, this.#firstTouch, this.#lastTouch]) kept.renumber(numbers);
    this.#index = index;
    this.#lastHigh = 0;
    this.#lastLow = 0;
    this.#lastPerson = NOT_FOUND;
  }

  #find(high: number, low: number): number {
    return (high | low) === 0 ? NOT_FOUND : this.#index.find(high, low);
  }

  #builtIn(person: number, name: BuiltInTrait): JsonValue | undefined {
    const firstSeenMs = this.#seen[2 * person];
    if (firstSeenMs === undefined) return undefined;
    if (name === 'first_seen') return new Date(firstSeenMs).toISOString();
    if (name === 'last_seen') return new Date(this.#seen[2 * person + 1]!).toISOString();
    const first = this.#firstTouch.value(person);
    return name === 'first_touch' ? first : (this.#lastTouch.value(person) ?? first);
  }
}
