/**
 * OpenView: the events of a range as one question reads them, opened, checked and with its people looked up.
 *
 * steps: open the view of the lake → refuse names that no event has → note such names in old cohorts → look up links, traits
 *   and cohorts
 */
import type { PeopleAsks } from '../../core/query/rows/asks.ts';
import { ok, type Result } from '../../core/std/result.ts';
import type { Asking } from '../view/asking.ts';
import { type LakeView, openLakeView, type ViewRequest } from '../view/lake-view.ts';
import { asksPeople, withPeople } from '../view/people-lookup.ts';
import type { LakeRefusal } from '../view/refusal.ts';
import { unknownCohortNames } from './cohort-names.ts';
import { type AskedNames, atHandIn, checkNames } from './known-names.ts';

/** The data that a question reads: a range, the text columns of its scans, and more. */
export interface ViewQuestion extends Pick<ViewRequest, 'startMs' | 'endMs' | 'columns' | 'leavesOutFooters'> {
  /** The facts about people that the question needs beyond their events. */
  readonly asks: PeopleAsks;
  /** The names that the question gives; each must be known. Default: none. */
  readonly names?: AskedNames;
}

export async function openView(asking: Asking, question: ViewQuestion): Promise<Result<LakeView, LakeRefusal>> {
  const { asks, names, ...request } = question;
  const view = await openLakeView(asking, { ...request, readsLinks: asksPeople(asks) });
  const checked = names === undefined ? ok(null) : await checkNames(asking, names, atHandIn(view));
  if (!checked.ok) return checked;
  const unknownNames = await unknownCohortNames(asking, asks.cohorts);
  return withPeople(asking, unknownNames.length === 0 ? view : { ...view, unknownNames }, asks);
}
