/**
 * Cohorts on the wire: listing, showing, adding and removing a tenant's saved cohorts.
 */
import { z } from 'zod';
import { cohortPartSchema } from '../core/cohorts/cohort.ts';

export { cohortSchema as newCohortSchema } from '../core/cohorts/cohort.ts';

export const cohortSchema = z.object({
  id: z.string(),
  name: z.string(),
  who: cohortPartSchema.describe('The definition, as it was sent.'),
  timezone: z.string().describe('The zone of the definition’s dates: the tenant’s zone when the cohort was made.'),
  createdAt: z.iso.datetime(),
});
export type WireCohort = z.output<typeof cohortSchema>;
export const cohortListSchema = z.object({ cohorts: z.array(cohortSchema) });
