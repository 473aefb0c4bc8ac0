/**
 * Cohort routes: a tenant's saved cohorts: list, show, add, remove. A question uses one as `{cohort: "<id>"}` in its `where`.
 */
import { Hono } from 'hono';
import { z } from 'zod';
import { cohortSchema } from '../../core/cohorts/cohort.ts';
import { LIMITS } from '../../core/limits.ts';
import { toHex } from '../../core/std/hex.ts';
import { isoTime } from '../../core/std/instant.ts';
import { describe } from '../../http/describe.ts';
import { Problem, parseJson } from '../../http/problem.ts';
import type { ControlServices } from '../services.ts';
import { type CohortDefinition, createCohort, deleteCohort, getCohort, listCohorts } from './cohort-store.ts';

const wireCohortSchema = z.object({
  id: z.string(),
  name: z.string(),
  who: z.unknown().describe('As it was sent.'),
  timezone: z.string().describe('The zone of its dates: the tenant’s when it was made.'),
  createdAt: z.iso.datetime(),
});

const ID_BYTES = 8;

export function cohortRoutes({ db, auth, now, random }: ControlServices): Hono {
  const app = new Hono();

  app.get(
    '/v1/cohorts',
    describe({
      summary: 'Lists the cohorts, the oldest first',
      tag: 'control',
      key: 'read',
      answer: z.object({ cohorts: z.array(wireCohortSchema) }),
    }),
    async (c) => {
      const { tenant } = await auth.authenticate(c.req.raw.headers, 'read');
      const cohorts = await listCohorts(db, tenant.uid);
      return c.json({ cohorts: cohorts.map(wireCohort) });
    },
  );

  app.get(
    '/v1/cohorts/:id',
    describe({ summary: 'Shows a cohort', tag: 'control', key: 'read', answer: wireCohortSchema }),
    async (c) => {
      const { tenant } = await auth.authenticate(c.req.raw.headers, 'read');
      const cohort = await getCohort(db, tenant.uid, c.req.param('id'));
      if (cohort === null) throw cohortUnknown();
      return c.json(wireCohort(cohort));
    },
  );

  app.post(
    '/v1/cohorts',
    describe({
      summary: 'Adds a cohort: people by what they did and who they are',
      description:
        'Looked up anew by each question that names it: in `where`, `{cohort: "<id>"}` holds for the events of its people.',
      tag: 'control',
      key: 'admin',
      body: cohortSchema,
      answer: wireCohortSchema,
      status: 201,
    }),
    async (c) => {
      const { tenant } = await auth.authenticate(c.req.raw.headers, 'admin');
      // Kept as it was sent: what it means is read from it again.
      const body = await parseJson(c.req.raw, checkedAsSent, LIMITS.controlBodySizeBytesMax);
      const cohort: CohortDefinition = {
        ...body,
        id: toHex(random(ID_BYTES)),
        timezone: tenant.timezone,
        createdAtMs: now(),
      };
      const created = await createCohort(db, tenant.uid, cohort);
      if (!created.ok) {
        const detail = `A tenant may have ${LIMITS.cohortsMax} cohorts.`;
        throw new Problem(409, created.error, detail, { extra: { limit: LIMITS.cohortsMax } });
      }
      return c.json(wireCohort(cohort), 201);
    },
  );

  app.delete(
    '/v1/cohorts/:id',
    describe({
      summary: 'Removes a cohort; questions that name it are refused from then on',
      tag: 'control',
      key: 'admin',
      answer: z.object({ deleted: z.object({ id: z.string() }) }),
    }),
    async (c) => {
      const { tenant } = await auth.authenticate(c.req.raw.headers, 'admin');
      const id = c.req.param('id');
      if (!(await deleteCohort(db, tenant.uid, id, now()))) throw cohortUnknown();
      return c.json({ deleted: { id } });
    },
  );

  return app;
}

const checkedAsSent = z.unknown().transform((input, context) => {
  const parsed = cohortSchema.safeParse(input);
  if (parsed.success) return { name: parsed.data.name, who: (input as { who: unknown }).who };
  for (const { path, message } of parsed.error.issues) context.addIssue({ code: 'custom', path: [...path], message });
  return z.NEVER;
});

function cohortUnknown(): Problem {
  return new Problem(404, 'cohort-unknown', 'The tenant has no cohort of this id.');
}

function wireCohort({ createdAtMs, ...cohort }: CohortDefinition): z.input<typeof wireCohortSchema> {
  return { ...cohort, createdAt: isoTime(createdAtMs) };
}
