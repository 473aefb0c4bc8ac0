/**
 * PeopleLookup: puts on a view of the lake the facts about people that a question needs beyond their events: links of
 * ids, traits, cohorts.
 *
 * steps: links → the cohorts' definitions → traits, from all events there are (of sealed days, from those with traits)
 *   → cohorts, from the events of their ranges
 * Each is exact as of now: it is read from the same segments and tails as any answer, and whatever a reading lacks (a shard
 * that did not reply, days that retention dropped) the answer lacks. A question that asks for none of it pays nothing.
 */
import { readCohorts } from '../../control/cohorts/cohort-store.ts';
import { cohortTraits } from '../../core/cohorts/cohort.ts';
import { CohortCounts, type SavedCohort } from '../../core/cohorts/cohort-counts.ts';
import type { EventColumns } from '../../core/event/columns.ts';
import type { StringColumn } from '../../core/event/event.ts';
import type { Lookup } from '../../core/event/lookup.ts';
import { propertyPlace } from '../../core/event/property.ts';
import { LIMITS } from '../../core/limits.ts';
import type { LinkedPeople } from '../../core/people/linked-people.ts';
import { Traits, type TraitsWanted } from '../../core/people/traits.ts';
import type { PeopleAsks } from '../../core/query/rows/asks.ts';
import { ok, type Result } from '../../core/std/result.ts';
import type { OnBatch } from '../../lake/scan/scan.ts';
import type { LakeColumn } from '../../lake/segment/segment-schema.ts';
import type { Asking } from './asking.ts';
import { type Coverage, ignoreOpenWindows, joinCoverage } from './coverage.ts';
import { readIdentity } from './identity.ts';
import type { KnownPeople } from './known-people.ts';
import { type LakeView, openLakeView, type ViewRequest } from './lake-view.ts';
import { cohortUnknown, type LakeRefusal, tooLarge } from './refusal.ts';
import { scanLakeView } from './scan-view.ts';

/** Whether links are needed; the view of such a question is opened with them. */
export function asksPeople({ identity, traits, cohorts }: PeopleAsks): boolean {
  return identity || traits.size > 0 || cohorts.size > 0;
}

export async function withPeople(
  asking: Asking,
  view: LakeView,
  asks: PeopleAsks,
): Promise<Result<LakeView, LakeRefusal>> {
  if (!asksPeople(asks)) return ok(view);
  const people = await knowPeople(asking, view.links, asks);
  if (!people.ok) return people;
  return ok({ ...view, people: people.value, coverage: joinCoverage(view.coverage, ...people.value.coverages) });
}

/** The same for a reader without a view. `links`: the events of the tails that link ids. */
export async function knowPeople(
  asking: Asking,
  links: readonly EventColumns[],
  asks: PeopleAsks,
): Promise<Result<KnownPeople, LakeRefusal>> {
  const { ports, tenant, nowMs } = asking;
  if (asks.cohorts.size > LIMITS.queryCohortsMax) {
    return tooLarge(`A question names at most ${LIMITS.queryCohortsMax} cohorts.`);
  }
  const linked = await readIdentity(ports.db, tenant.uid, links);
  if (!linked.ok) return linked;
  const people = identityAlone(linked.value, nowMs);
  if (asks.traits.size === 0 && asks.cohorts.size === 0) return ok(people);

  const cohorts = await readCohorts(ports.db, tenant.uid, [...asks.cohorts]);
  const missing = [...asks.cohorts].find((id) => !cohorts.some((cohort) => cohort.id === id));
  if (missing !== undefined) return cohortUnknown(missing);
  return lookUp(asking, people, asks.traits, cohorts);
}

function identityAlone(linked: LinkedPeople, nowMs: number): KnownPeople {
  return { linked, lookup: null, identityAsOfMs: nowMs, scannedEvents: 0, coverages: [] };
}

/** Adds traits and cohorts to `people`, of whom only the identities are known. */
async function lookUp(
  asking: Asking,
  people: KnownPeople,
  traitNames: ReadonlySet<string>,
  cohorts: readonly SavedCohort[],
): Promise<Result<KnownPeople, LakeRefusal>> {
  const traits = new Traits(traitsWanted([...traitNames, ...cohorts.flatMap(({ who }) => cohortTraits(who))]));
  const counts = new CohortCounts(cohorts, traits, asking.nowMs);
  const isTooMany = () => traits.size + counts.size > LIMITS.traitsHeldMax;
  const readings = new Readings(asking, people, isTooMany);
  if (traits.isWanted) {
    const read = await readings.traits(traits);
    if (!read.ok) return read;
  }
  const lookup: Lookup = {
    personTrait: (...at) => traits.personTrait(...at),
    groupTrait: (...at) => traits.groupTrait(...at),
    isMember: (...member) => counts.isMember(...member),
  };
  if (counts.range !== null) {
    const read = await readings.cohorts(counts, counts.range, lookup);
    if (!read.ok) return read;
  }
  if (isTooMany()) {
    return tooLarge(`Traits and cohorts of at most ${LIMITS.traitsHeldMax} people can be looked up for one question.`);
  }
  return ok({ ...people, lookup, scannedEvents: readings.scannedEvents, coverages: readings.coverages });
}

/** The readings of events that a lookup takes, each with a view of its own. */
class Readings {
  scannedEvents = 0;
  readonly coverages: Coverage[] = [];
  readonly #asking: Asking;
  readonly #people: KnownPeople;
  readonly #isTooMany: () => boolean;

  /** Once `isTooMany`, further rows are not taken in. */
  constructor(asking: Asking, people: KnownPeople, isTooMany: () => boolean) {
    this.#asking = asking;
    this.#people = people;
    this.#isTooMany = isTooMany;
  }

  /** Traits are the latest there are, from events of any time. */
  async traits(traits: Traits): Promise<Result<null, LakeRefusal>> {
    const { columns } = traits;
    const only = traits.readsEvents ? undefined : ('traits' as const);
    const request = { startMs: 0, endMs: this.#asking.nowMs + 2 * LIMITS.futureClampMs, columns, only };
    const view = await openLakeView(this.#asking, request);
    this.coverages.push(ignoreOpenWindows(view.coverage));
    const wanted = new Set<LakeColumn>([...columns, 'person', 'received_at']);
    return this.#scan({ ...view, people: this.#people }, wanted, (batch, rows) => traits.add(batch, rows));
  }

  /** Cohorts are complete when their own range is. Their conditions may name traits, by `lookup`. */
  async cohorts(
    counts: CohortCounts,
    { startMs, endMs }: Pick<ViewRequest, 'startMs' | 'endMs'>,
    lookup: Lookup,
  ): Promise<Result<null, LakeRefusal>> {
    const columns: readonly StringColumn[] = counts.columns;
    const view = await openLakeView(this.#asking, { startMs, endMs, columns });
    this.coverages.push(view.coverage);
    const people = { ...this.#people, lookup };
    const wanted = new Set<LakeColumn>([...columns, 'person']);
    return this.#scan({ ...view, people }, wanted, (batch, rows) => counts.add(batch, rows));
  }

  async #scan(view: LakeView, wanted: ReadonlySet<LakeColumn>, add: OnBatch): Promise<Result<null, LakeRefusal>> {
    const scanned = await scanLakeView(this.#asking, view, { wanted }, (batch, rows, day) => {
      if (!this.#isTooMany()) return add(batch, rows, day);
    });
    if (!scanned.ok) return scanned;
    this.scannedEvents += scanned.value.scannedRowCount;
    return ok(null);
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
