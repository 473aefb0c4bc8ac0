/** Person events: the newest events of one person, under all of their ids. */
import { ok, type Result } from '../../core/std/result.ts';
import { personSet } from '../../lake/segment/people-bounds.ts';
import { type EventList, type ListRequest, listEvents } from '../events/list-events.ts';
import type { Asking } from '../view/asking.ts';
import { coverageOf, ignoreOpenWindows, joinCoverage } from '../view/coverage.ts';
import { readIdentity } from '../view/identity.ts';
import { readLinkEvents } from '../view/link-events.ts';
import type { LakeRefusal } from '../view/refusal.ts';
import { personIds } from './person-ids.ts';

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
  const { hashes } = personIds(tenant.hashKey, id, linked.value);
  const listed = await listEvents(asking, { ...request, people: personSet(hashes) });
  if (!listed.ok) return listed;
  const linkCoverage = ignoreOpenWindows(coverageOf(states, request, nowMs));
  return ok({ ...listed.value, coverage: joinCoverage(listed.value.coverage, linkCoverage) });
}
