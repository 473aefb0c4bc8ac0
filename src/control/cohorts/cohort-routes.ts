/**
 * Cohort routes: list, show, add and remove a tenant's saved cohorts. A question names one as `{cohort: "<id>"}` in its
 * `where`.
 */
import { Hono } from 'hono';
import { z } from 'zod';
import { LIMITS } from '../../core/limits.ts';
import { namesOfCohort } from '../../core/names/given-names.ts';
import { toHex } from '../../core/std/hex.ts';
import { isoTime } from '../../core/std/instant.ts';
import { Problem } from '../../http/problem.ts';
import { route } from '../../http/route.ts';
import { cohortListSchema, cohortSchema, newCohortSchema, type WireCohort } from '../../wire/cohorts.ts';
import { deletedSchema } from '../../wire/deleted.ts';
import type { CheckNames, ControlServices } from '../services.ts';
import { type CohortDefinition, createCohort, deleteCohort, getCohort, listCohorts } from './cohort-store.ts';

const ID_BYTES = 8;

/** Checks the definition and keeps it as it was sent; each reader parses it again. */
const definitionAsSent = z.unknown().transform((input, context) => {
  const parsed = newCohortSchema.safeParse(input);
  if (parsed.success) {
    const { name, who: parts, allowUnknown } = parsed.data;
    return { definition: { name, who: (input as { who: unknown }).who }, parts, allowUnknown };
  }
  for (const { path, message } of parsed.error.issues) context.addIssue({ code: 'custom', path: [...path], message });
  return z.NEVER;
});

/** @example app.route('/v1/cohorts', cohortRoutes(services, givenNamesCheck(services))) */
export function cohortRoutes({ db, auth, now, random }: ControlServices, checkNames: CheckNames): Hono {
  const app = new Hono();
  const own = { tag: 'control' } as const;

  route(
    app,
    auth,
    {
      ...own,
      method: 'get',
      path: '/',
      summary: 'Lists the cohorts, the oldest first',
      key: 'read',
      answer: cohortListSchema,
    },
    async ({ tenant }) => ({ cohorts: (await listCohorts(db, tenant.uid)).map(wireCohort) }),
  );

  route(
    app,
    auth,
    {
      ...own,
      method: 'get',
      path: '/:id',
      summary: 'Shows a cohort',
      key: 'read',
      answer: cohortSchema,
      errors: ['cohort-unknown'],
    },
    async ({ tenant, params: { id } }) => {
      const cohort = await getCohort(db, tenant.uid, id);
      if (cohort === null) throw cohortUnknown();
      return wireCohort(cohort);
    },
  );

  route(
    app,
    auth,
    {
      ...own,
      method: 'post',
      path: '/',
      summary: 'Adds a cohort: people chosen by what they did and which traits they have',
      description:
        'Each question that names the cohort looks its people up anew: in `where`, `{cohort: "<id>"}` holds for the ' +
        'events of those people.',
      key: 'admin',
      body: { schema: definitionAsSent, described: newCohortSchema, sizeBytesMax: LIMITS.controlBodySizeBytesMax },
      answer: cohortSchema,
      status: 201,
      errors: ['cohorts-full', 'event-unknown', 'property-unknown'],
    },
    async ({ tenant, body: { definition, parts, allowUnknown } }) => {
      if (!allowUnknown) await checkNames(tenant, namesOfCohort(parts));
      const drawn = { id: toHex(random(ID_BYTES)), timezone: tenant.timezone, createdAtMs: now() };
      const cohort: CohortDefinition = { ...definition, ...drawn };
      const created = await createCohort(db, tenant.uid, cohort);
      if (!created.ok) throw cohortsFull();
      return wireCohort(cohort);
    },
  );

  route(
    app,
    auth,
    {
      ...own,
      method: 'delete',
      path: '/:id',
      summary: 'Removes a cohort; questions that name it are refused from then on',
      key: 'admin',
      answer: deletedSchema,
      errors: ['cohort-unknown'],
    },
    async ({ tenant, params: { id } }) => {
      if (!(await deleteCohort(db, tenant.uid, id, now()))) throw cohortUnknown();
      return { deleted: { id } };
    },
  );

  return app;
}

function cohortUnknown(): Problem {
  return new Problem(404, 'cohort-unknown', 'The tenant has no cohort with this id.');
}

function cohortsFull(): Problem {
  const detail = `A tenant may have ${LIMITS.cohortsMax} cohorts.`;
  return new Problem(409, 'cohorts-full', detail, { extra: { limit: LIMITS.cohortsMax } });
}

function wireCohort({ createdAtMs, ...cohort }: CohortDefinition): WireCohort {
  return { ...cohort, createdAt: isoTime(createdAtMs) };
}
