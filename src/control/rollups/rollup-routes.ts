/**
 * Rollup routes: list the tenant's rollups, add one of its own, remove it.
 */
import { Hono } from 'hono';
import { z } from 'zod';
import { LIMITS } from '../../core/limits.ts';
import { type Rollup, rollupSchema } from '../../core/rollup/rollup.ts';
import { describe } from '../../http/describe.ts';
import { Problem, parseJson } from '../../http/problem.ts';
import type { ControlServices } from '../services.ts';
import { createRollup, deleteRollup, isBuiltIn, listRollups } from './rollup-store.ts';

const wireRollupSchema = z.object({
  id: z.string(),
  name: z.string(),
  where: z.unknown().optional(),
  dimensions: z.array(z.string()),
  numbers: z.array(z.string()),
  builtIn: z.boolean(),
});

export function rollupRoutes({ db, tenants, auth, now }: ControlServices): Hono {
  const app = new Hono();

  app.get(
    '/v1/rollups',
    describe({
      summary: 'Lists the rollups, built-in ones first',
      tag: 'control',
      key: 'read',
      answer: z.object({ rollups: z.array(wireRollupSchema) }),
    }),
    async (c) => {
      const { tenant } = await auth.authenticate(c.req.raw.headers, 'read');
      const rollups = await listRollups(db, tenant.uid);
      return c.json({ rollups: rollups.map(wireRollup) });
    },
  );

  app.post(
    '/v1/rollups',
    describe({
      summary: 'Adds a rollup; one of equal definition is renamed',
      description: 'Used by the edge within 30 seconds. What was sealed before is answered from the lake.',
      tag: 'control',
      key: 'admin',
      body: rollupSchema,
      answer: wireRollupSchema,
      status: 201,
    }),
    async (c) => {
      const { tenant } = await auth.authenticate(c.req.raw.headers, 'admin');
      const rollup = await parseJson(c.req.raw, rollupSchema, LIMITS.controlBodySizeBytesMax);
      if (isBuiltIn(rollup.id)) throw new Problem(409, 'rollup-built-in', 'A built-in rollup has this definition.');
      const created = await createRollup(db, tenant.uid, rollup, now());
      if (!created.ok) throw rollupsFull();
      tenants.invalidate(tenant.uid);
      return c.json(wireRollup(rollup), 201);
    },
  );

  app.delete(
    '/v1/rollups/:id',
    describe({
      summary: 'Removes a rollup of the tenant',
      tag: 'control',
      key: 'admin',
      answer: z.object({ deleted: z.object({ id: z.string() }) }),
    }),
    async (c) => {
      const { tenant } = await auth.authenticate(c.req.raw.headers, 'admin');
      const id = c.req.param('id');
      if (isBuiltIn(id)) throw new Problem(409, 'rollup-built-in', 'A built-in rollup cannot be removed.');
      if (!(await deleteRollup(db, tenant.uid, id, now())))
        throw new Problem(404, 'rollup-not-found', 'The tenant has no rollup of this id.');
      tenants.invalidate(tenant.uid);
      return c.json({ deleted: { id } });
    },
  );

  return app;
}

function rollupsFull(): Problem {
  const detail = `A tenant may have ${LIMITS.rollupsMax} rollups, the built-in ones included.`;
  return new Problem(409, 'rollups-full', detail, { extra: { limit: LIMITS.rollupsMax } });
}

function wireRollup(rollup: Rollup): z.output<typeof wireRollupSchema> {
  const { id, name, where, dimensions, numbers } = rollup;
  const shown = { id, name, dimensions: [...dimensions], numbers: [...numbers], builtIn: isBuiltIn(id) };
  return where ? { ...shown, where } : shown;
}
