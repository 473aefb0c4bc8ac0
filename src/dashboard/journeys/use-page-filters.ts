/** UsePageFilters: the filters of the page as parts of a cohort's definition. */
import type { WireCohort } from '../../wire/cohorts.ts';
import { useAsk } from '../data/ask.ts';
import { filters } from '../data/filters.ts';
import type { PageFilters, Who } from './cohort-draft.ts';

export interface CohortList {
  readonly cohorts: readonly WireCohort[];
}

/** Null while the definitions of cohorts among the filters are not known: a draft without them would hold others. */
export function usePageFilters(): PageFilters | null {
  const needsCohorts = filters.value.some(({ op }) => op === 'cohort');
  const { data } = useAsk<CohortList>(needsCohorts ? { path: '/v1/cohorts' } : null);
  if (needsCohorts && data === undefined) return null;
  const whoOf = (id: string) => data?.cohorts.find((cohort) => cohort.id === id)?.who as Who | undefined;
  return { filters: filters.value, whoOf };
}
