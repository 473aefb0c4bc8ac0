/**
 * PeopleFacts: the traits and cohorts of people that one question needs, of as many people at a time as can be held.
 *
 * steps: traits, from all events there are (of sealed days, from those with traits) → cohorts, from the events of their
 *   ranges
 *
 * Most often all people fit. Where they do not, the reading goes on with the lower half of its people, by the hash that
 * stands for each, and the next reading takes the people after them. All readings see the same events.
 */
import { cohortTraits } from '../../core/cohorts/cohort.ts';
import { CohortCounts, type SavedCohort } from '../../core/cohorts/cohort-counts.ts';
import type { StringColumn } from '../../core/event/event.ts';
import type { Lookup } from '../../core/event/lookup.ts';
import { propertyPlace } from '../../core/event/property.ts';
import { LIMITS } from '../../core/limits.ts';
import { ALL_PEOPLE, type HighRange, lowerHalf } from '../../core/people/high-range.ts';
import { Traits, type TraitsWanted } from '../../core/people/traits.ts';
import { ok, type Result } from '../../core/std/result.ts';
import type { CopiesByDay, OnBatch } from '../../lake/scan/scan.ts';
import { personsOf } from '../../lake/segment/people-bounds.ts';
import type { LakeColumn } from '../../lake/segment/segment-schema.ts';
import type { Asking } from './asking.ts';
import { type Coverage, ignoreOpenWindows } from './coverage.ts';
import type { KnownPeople } from './known-people.ts';
import { type LakeView, openLakeView, type ViewRequest } from './lake-view.ts';
import { type LakeRefusal, tooLarge } from './refusal.ts';
import { scanLakeView } from './scan-view.ts';

/** The facts of a question: names of traits with their prefix, and cohorts. */
export interface FactsWanted {
  readonly traits: ReadonlySet<string>;
  readonly cohorts: readonly SavedCohort[];
  /** Whether events of bots do not count for cohorts. */
  readonly excludesBots: boolean;
}

/** A view that is scanned once for each range of people. */
interface Source {
  readonly view: LakeView;
  readonly wanted: ReadonlySet<LakeColumn>;
  readonly copies: CopiesByDay;
  /** Whether only rows of the people in question matter. */
  readonly isOfPeople: boolean;
}

export class PeopleFacts {
  readonly #asking: Asking;
  /** The people by their links alone. */
  readonly #people: KnownPeople;
  readonly #cohorts: readonly SavedCohort[];
  readonly #traits: TraitsWanted;
  readonly #excludesBots: boolean;
  #traitSource: Source | null = null;
  #cohortSource: Source | null = null;
  #passCount = 0;
  #scannedEvents = 0;

  constructor(asking: Asking, people: KnownPeople, { traits, cohorts, excludesBots }: FactsWanted) {
    this.#asking = asking;
    this.#people = people;
    this.#cohorts = cohorts;
    this.#excludesBots = excludesBots;
    this.#traits = traitsWanted([...traits, ...cohorts.flatMap(({ who }) => cohortTraits(who))]);
  }

  /** Returns the facts about the people in the range, or in its lower part. */
  async read(range: HighRange = ALL_PEOPLE): Promise<Result<KnownPeople, LakeRefusal>> {
    if (++this.#passCount > LIMITS.journeyPassesMax) {
      return tooLarge('The people whose traits or cohorts the question needs are too many. Ask for fewer of these.');
    }
    const traits = new Traits(this.#traits, range);
    const options = { nowMs: this.#asking.nowMs, range, excludesBots: this.#excludesBots };
    const counts = new CohortCounts(this.#cohorts, traits, options);
    const held = new Held(range, traits, counts);
    const lookup: Lookup = {
      personTrait: (...at) => traits.personTrait(...at),
      groupTrait: (...at) => traits.groupTrait(...at),
      isMember: (...member) => counts.isMember(...member),
    };
    const scanned = await this.#scan(traits, counts, lookup, held);
    if (!scanned.ok) return scanned;
    this.#scannedEvents = Math.max(this.#scannedEvents, scanned.value);
    return ok(this.#known(lookup, held));
  }

  #known(lookup: Lookup, held: Held): KnownPeople {
    const { range } = held;
    const sources = [this.#traitSource, this.#cohortSource].filter((source) => source !== null);
    const coverages = sources.map(({ view }) => view.coverage);
    const next = range.to === ALL_PEOPLE.to ? null : () => this.read(held.nextRange);
    return { ...this.#people, lookup, range, next, scannedEvents: this.#scannedEvents, coverages };
  }

  /** Returns the number of events that were read. */
  async #scan(traits: Traits, counts: CohortCounts, lookup: Lookup, held: Held): Promise<Result<number, LakeRefusal>> {
    let scannedRowCount = 0;
    if (traits.isWanted) {
      this.#traitSource ??= await this.#openTraits(traits);
      const read = await this.#add(this.#traitSource, held, (batch, rows) => traits.add(batch, rows));
      if (!read.ok) return read;
      scannedRowCount += read.value;
    }
    if (counts.range === null) return ok(scannedRowCount);
    this.#cohortSource ??= await this.#openCohorts(counts, counts.range);
    const { view } = this.#cohortSource;
    // The cohorts' conditions may name traits.
    const source = { ...this.#cohortSource, view: { ...view, people: { ...this.#people, lookup } } };
    const read = await this.#add(source, held, (batch, rows) => counts.add(batch, rows));
    return read.ok ? ok(scannedRowCount + read.value) : read;
  }

  /** Traits are the latest there are, from events of any time. */
  async #openTraits({ columns, readsEvents }: Traits): Promise<Source> {
    const only = readsEvents ? undefined : ('traits' as const);
    const request = { startMs: 0, endMs: this.#asking.nowMs + 2 * LIMITS.futureClampMs, columns, only };
    const opened = await openLakeView(this.#asking, request);
    const coverage: Coverage = ignoreOpenWindows(opened.coverage);
    const view = { ...opened, coverage, people: this.#people };
    const isOfPeople = this.#traits.group !== 'all' && this.#traits.group.size === 0;
    const wanted = new Set<LakeColumn>([...columns, 'person', 'received_at']);
    return { view, wanted, copies: new Map(), isOfPeople };
  }

  /** Cohorts are complete when their own range is. */
  async #openCohorts(counts: CohortCounts, range: Pick<ViewRequest, 'startMs' | 'endMs'>): Promise<Source> {
    const columns: readonly StringColumn[] = counts.columns;
    const view = await openLakeView(this.#asking, { startMs: range.startMs, endMs: range.endMs, columns });
    const wanted = new Set<LakeColumn>([...columns, 'person']);
    return { view, wanted, copies: new Map(), isOfPeople: true };
  }

  async #add(source: Source, held: Held, add: OnBatch): Promise<Result<number, LakeRefusal>> {
    const { view, wanted, copies, isOfPeople } = source;
    const isOfSome = isOfPeople && (held.range.from !== ALL_PEOPLE.from || held.range.to !== ALL_PEOPLE.to);
    const rows = {
      wanted,
      copies,
      excess: () => held.excess,
      ...(isOfSome && { people: personsOf(held.range) }),
      ...(isOfPeople && { narrowed: () => personsOf(held.range) }),
    };
    const scanned = await scanLakeView(this.#asking, view, rows, async (...batch) => {
      await add(...batch);
      held.fit();
    });
    return scanned.ok ? ok(scanned.value.scannedRowCount) : scanned;
  }
}

/** What is held of a range of people, which becomes narrower when it is too much. */
class Held {
  range: HighRange;
  readonly #traits: Traits;
  readonly #counts: CohortCounts;

  constructor(range: HighRange, traits: Traits, counts: CohortCounts) {
    this.range = range;
    this.#traits = traits;
    this.#counts = counts;
  }

  /** Names the bound that was exceeded although the people cannot be divided any further; null while within bounds. */
  get excess(): string | null {
    return this.#sizeBytes > LIMITS.factsHeldBytesMax
      ? 'The traits of groups that the question needs are too many'
      : null;
  }

  /** Gives up the upper half of the people, again until the rest is within the bound. */
  fit(): void {
    if (this.#traits.groupsSizeBytes > LIMITS.factsHeldBytesMax) return;
    while (this.#sizeBytes > LIMITS.factsHeldBytesMax && this.range.to > this.range.from) {
      this.range = lowerHalf(this.range);
      this.#traits.narrow(this.range.to);
      this.#counts.narrow(this.range.to);
    }
  }

  /** The range after this one: as wide, because as many people will probably fit, and wider where few did. */
  get nextRange(): HighRange {
    const { from, to } = this.range;
    const width = (to - from + 1) * (2 * this.#sizeBytes <= LIMITS.factsHeldBytesMax ? 2 : 1);
    return { from: to + 1, to: Math.min(ALL_PEOPLE.to, to + width) };
  }

  get #sizeBytes(): number {
    return this.#traits.peopleSizeBytes + this.#traits.groupsSizeBytes + this.#counts.sizeBytes;
  }
}

function traitsWanted(names: readonly string[]): TraitsWanted {
  const person = new Set<string>();
  const group = new Set<string>();
  for (const name of names) {
    const place = propertyPlace(name);
    if (place.in === 'person') person.add(place.steps[0]!);
    if (place.in === 'group') group.add(place.steps[0]!);
  }
  return { person, group };
}
