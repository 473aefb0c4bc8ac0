/**
 * PeopleLookup: puts on a view of the lake the facts about people that a question needs beyond their events: links of
 * ids, traits, cohorts.
 *
 * steps: links → the cohorts' definitions → traits and cohorts, of as many people at a time as can be held
 * Each is exact as of now: it is read from the same segments and tails as any answer, and whatever a reading lacks (a shard
 * that did not reply, days that retention dropped) the answer lacks. A question that asks for none of it pays nothing.
 */
import { readCohorts } from '../../control/cohorts/cohort-store.ts';
import type { EventColumns } from '../../core/event/columns.ts';
import { LIMITS } from '../../core/limits.ts';
import { ALL_PEOPLE } from '../../core/people/high-range.ts';
import type { LinkedPeople } from '../../core/people/linked-people.ts';
import type { PeopleAsks } from '../../core/query/rows/asks.ts';
import { ok, type Result } from '../../core/std/result.ts';
import type { Asking } from './asking.ts';
import { joinCoverage } from './coverage.ts';
import { readIdentity } from './identity.ts';
import type { KnownPeople } from './known-people.ts';
import type { LakeView } from './lake-view.ts';
import { PeopleFacts } from './people-facts.ts';
import { cohortUnknown, type LakeRefusal, tooLarge } from './refusal.ts';

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
  const linked = await readIdentity(ports.db, tenant, links);
  if (!linked.ok) return linked;
  const people = identityAlone(linked.value, nowMs);
  if (asks.traits.size === 0 && asks.cohorts.size === 0) return ok(people);

  const cohorts = await readCohorts(ports.db, tenant.uid, [...asks.cohorts]);
  const missing = [...asks.cohorts].find((id) => !cohorts.some((cohort) => cohort.id === id));
  if (missing !== undefined) return cohortUnknown(missing);
  const { traits, excludesBots = false } = asks;
  return new PeopleFacts(asking, people, { traits, cohorts, excludesBots }).read();
}

function identityAlone(linked: LinkedPeople, nowMs: number): KnownPeople {
  return {
    linked,
    lookup: null,
    range: ALL_PEOPLE,
    next: null,
    identityAsOfMs: nowMs,
    scannedEvents: 0,
    coverages: [],
  };
}

/**
 * Returns the view with the facts about the people after those of `view`; null when there are none. Each row of the
 * lake is shown by one of these views: a question that adds up what they show has all of it.
 */
export async function withNextPeople(view: LakeView): Promise<Result<LakeView, LakeRefusal> | null> {
  const next = view.people?.next ?? null;
  if (next === null) return null;
  const people = await next();
  return people.ok ? ok({ ...view, people: people.value }) : people;
}
