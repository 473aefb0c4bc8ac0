/** FunnelPeople: lists the people of a funnel's step, page by page. */
import { type FunnelPeopleQuestion, funnelPeople, type PeoplePage } from '../../core/journeys/funnel/funnel-people.ts';
import type { Result } from '../../core/std/result.ts';
import type { Asking } from '../view/asking.ts';
import type { LakeRefusal } from '../view/refusal.ts';
import type { JourneyReading } from './journey-source.ts';
import { listPeople } from './people-page.ts';

export async function listFunnelPeople(
  asking: Asking,
  question: FunnelPeopleQuestion,
  options: { readonly after: bigint | null; readonly heldMax?: number },
): Promise<Result<JourneyReading<PeoplePage>, LakeRefusal>> {
  // Scanners read the events of the funnel; the people are found here.
  const spec = { kind: 'funnel', question: { ...question, groupBy: null } };
  return listPeople(asking, { ...funnelPeople.make(question, options.after), spec, limit: question.limit }, options);
}
