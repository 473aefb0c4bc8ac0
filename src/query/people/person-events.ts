/** Person events: the newest events of one person, under all of their ids. */
import { ok, type Result } from '../../core/std/result.ts';
import { type PersonSet, personSet } from '../../lake/segment/people-bounds.ts';
import { type EventList, type ListRequest, listEvents } from '../events/list-events.ts';
import type { Asking } from '../view/asking.ts';
import { coverageOf, ignoreOpenWindows, joinCoverage } from '../view/coverage.ts';
import { readIdentity } from '../view/identity.ts';
import { readLinkEvents } from '../view/link-events.ts';
import type { LakeRefusal } from '../view/refusal.ts';
import { type Named, peopleNamed } from './person-ids.ts';

export async function listPersonEvents(
  asking: Asking,
  id: string,
  request: ListRequest,
): Promise<Result<EventList, LakeRefusal>> {
  await asking.turn?.take();
  const { ports, tenant, nowMs } = asking;
  const { links, states } = await readLinkEvents(asking);
  const linked = await readIdentity(ports.db, tenant, links);
  if (!linked.ok) return linked;
  const people = await meantPeople(asking, peopleNamed(tenant.hashKey, id, linked.value), request);
  if (!people.ok) return people;
  const listed = await listEvents(asking, { ...request, people: people.value });
  if (!listed.ok) return listed;
  const linkCoverage = ignoreOpenWindows(coverageOf(states, request, nowMs));
  return ok({ ...listed.value, coverage: joinCoverage(listed.value.coverage, linkCoverage) });
}

/** The user of the name, or the device where no event of the user is in the range. Every page of a list finds the same one. */
async function meantPeople(
  asking: Asking,
  { user, device }: Named,
  { startMs, endMs }: ListRequest,
): Promise<Result<PersonSet, LakeRefusal>> {
  const people = personSet(user.hashes);
  // A user with a link has events.
  if (device === null || user.hashes.length > 1) return ok(people);
  const newest = await listEvents(asking, { startMs, endMs, people, limit: 1 });
  if (!newest.ok) return newest;
  return ok(newest.value.events.length > 0 ? people : personSet(device.hashes));
}
