/**
 * Cohort names: the names in the cohorts of a question that no event has. A cohort is checked when it is saved; one that was
 * saved before that is checked by each question that names it, and the answer says what is unknown. The question is not
 * refused, because it was answered before.
 */
import { readUncheckedCohorts } from '../../control/cohorts/cohort-store.ts';
import { namesOfCohort } from '../../core/names/given-names.ts';
import type { UnknownCohortName } from '../../wire/meta.ts';
import type { Asking } from '../view/asking.ts';
import { atHandFrom, checkNames } from './known-names.ts';

/** The first unknown name of each cohort. Whatever misses a shard or a file tells of none. */
export async function unknownCohortNames(
  asking: Asking,
  cohortIds: ReadonlySet<string>,
): Promise<readonly UnknownCohortName[]> {
  if (cohortIds.size === 0) return [];
  const unknown: UnknownCohortName[] = [];
  for (const { id, who } of await readUncheckedCohorts(asking.ports.db, asking.tenant.uid, [...cohortIds])) {
    const checked = await checkNames(asking, namesOfCohort(who), atHandFrom(asking));
    if (checked.ok) continue;
    const { error } = checked;
    if (error.code === 'event-unknown') unknown.push({ cohort: id, event: error.event, detail: error.message });
    if (error.code === 'property-unknown')
      unknown.push({ cohort: id, property: error.property, detail: error.message });
  }
  return unknown;
}
