/**
 * PeopleLookup: puts on a view of the lake what a question asks of people beyond their events: the links of their ids, traits,
 * cohorts.
 *
 * steps: links → the cohorts' definitions → traits, from all events there are (of sealed days, from those
 * with traits) → cohorts, from the events of their ranges
 * Each is as of now and exact: it is read from the same segments and tails as any answer, and what a reading lacks (a shard
 * that did not answer, days that retention dropped) the answer lacks. A question that asks nothing of the kind pays nothing.
 */
import { readCohorts } from '../../control/cohorts/cohort-store.ts';
import { cohortTraits } from '../../core/cohorts/cohort.ts';
import { CohortCounts, type SavedCohort } from '../../core/cohorts/cohort-counts.ts';
import type { EventColumns } from '../../core/event/columns.ts';
import type { StringColumn } from '../../core/event/event.ts';
import type { Lookup } from '../../core/event/lookup.ts';
import { propertyPlace } from '../../core/event/property.ts';
import { LIMITS } from '../../core/limits.ts';
import type { LinkedPeople } from '../../core/people/links.ts';
import { Traits, type TraitsWanted } from '../../core/people/traits.ts';
import type { PeopleAsks } from '../../core/query/rows/asks.ts';
import type { ShardAddress } from '../../core/shard/shard-map.ts';
import { ok, type Result } from '../../core/std/result.ts';
import type { LakeColumn } from '../../lake/segment/segment-schema.ts';
import { asItStands, type Coverage, joinCoverage } from './coverage.ts';
import { readIdentity } from './identity.ts';
import type { KnownPeople } from './known-people.ts';
import { type LakePorts, type LakeView, openLakeView, scanLakeView } from './lake-view.ts';
import { cohortUnknown, type LakeRefusal, tooLarge } from './refusal.ts';

/** Whether links are needed: a view of such a question is opened with them. */
export function asksPeople({ identity, traits, cohorts }: PeopleAsks): boolean {
  return identity || traits.size > 0 || cohorts.size > 0;
}

export async function withPeople(
  ports: LakePorts,
  uid: string,
  addresses: readonly ShardAddress[],
  view: LakeView,
  asks: PeopleAsks,
  nowMs: number,
): Promise<Result<LakeView, LakeRefusal>> {
  if (!asksPeople(asks)) return ok(view);
  const people = await knowPeople(ports, uid, addresses, view.links, asks, nowMs);
  if (!people.ok) return people;
  return ok({ ...view, people: people.value, coverage: joinCoverage(view.coverage, ...people.value.coverages) });
}

/** The same for one that reads events in its own way. `links`: the events of the tails that say who is who. */
export async function knowPeople(
  ports: LakePorts,
  uid: string,
  addresses: readonly ShardAddress[],
  links: readonly EventColumns[],
  asks: PeopleAsks,
  nowMs: number,
): Promise<Result<KnownPeople, LakeRefusal>> {
  if (asks.cohorts.size > LIMITS.queryCohortsMax) {
    return tooLarge(`A question names at most ${LIMITS.queryCohortsMax} cohorts.`);
  }
  const linked = await readIdentity(ports.db, uid, links);
  if (!linked.ok) return linked;
  const people = { linked: linked.value, lookup: null, identityAsOfMs: nowMs, scannedEvents: 0, coverages: [] };
  if (asks.traits.size === 0 && asks.cohorts.size === 0) return ok(people);

  const cohorts = await readCohorts(ports.db, uid, [...asks.cohorts]);
  const missing = [...asks.cohorts].find((id) => !cohorts.some((cohort) => cohort.id === id));
  if (missing !== undefined) return cohortUnknown(missing);
  const looked = await lookUp(ports, uid, addresses, linked.value, asks, cohorts, nowMs);
  return looked.ok ? ok({ ...people, ...looked.value }) : looked;
}

async function lookUp(
  ports: LakePorts,
  uid: string,
  addresses: readonly ShardAddress[],
  linked: LinkedPeople,
  asks: PeopleAsks,
  cohorts: readonly SavedCohort[],
  nowMs: number,
): Promise<Result<Pick<KnownPeople, 'lookup' | 'scannedEvents' | 'coverages'>, LakeRefusal>> {
  const traits = new Traits(traitsWanted([...asks.traits, ...cohorts.flatMap(({ who }) => cohortTraits(who))]));
  const people = { linked, lookup: null, identityAsOfMs: nowMs, scannedEvents: 0, coverages: [] };
  const coverages: Coverage[] = [];
  const read = async (
    range: { readonly startMs: number; readonly endMs: number; readonly only?: 'traits' | undefined },
    columns: readonly StringColumn[],
    further: readonly LakeColumn[],
    lookup: Lookup | null,
    add: Parameters<typeof scanLakeView>[3],
  ) => {
    const view = await openLakeView(ports, uid, addresses, range, columns, nowMs);
    // Traits are the latest there are; a cohort is complete when its own range is.
    coverages.push(lookup === null ? asItStands(view.coverage) : view.coverage);
    const wanted = new Set<LakeColumn>([...columns, 'person', ...further]);
    return scanLakeView(ports, { ...view, people: { ...people, lookup } }, { wanted }, (batch, rows, day) => {
      if (traits.size + counts.size <= LIMITS.traitsHeldMax) return add(batch, rows, day);
    });
  };
  const counts = new CohortCounts(cohorts, traits, nowMs);
  let scannedEvents = 0;
  if (traits.isWanted) {
    const only = traits.readsEvents ? undefined : ('traits' as const);
    const ever = { startMs: 0, endMs: nowMs + LIMITS.futureClampMs * 2, only };
    const scanned = await read(ever, traits.columns, ['received_at'], null, (batch, rows) => traits.add(batch, rows));
    if (!scanned.ok) return scanned;
    scannedEvents += scanned.value.scannedRowCount;
  }
  const lookup: Lookup = {
    personTrait: (...at) => traits.personTrait(...at),
    groupTrait: (...at) => traits.groupTrait(...at),
    isMember: (...who) => counts.isMember(...who),
  };
  if (counts.range !== null) {
    const scanned = await read(counts.range, counts.columns, [], lookup, (batch, rows) => counts.add(batch, rows));
    if (!scanned.ok) return scanned;
    scannedEvents += scanned.value.scannedRowCount;
  }
  if (traits.size + counts.size > LIMITS.traitsHeldMax) {
    return tooLarge(`Traits and cohorts of at most ${LIMITS.traitsHeldMax} people are looked up for one question.`);
  }
  return ok({ lookup, scannedEvents, coverages });
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
