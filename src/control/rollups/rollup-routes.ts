/**
 * Rollup routes: list the tenant's rollups, add one of its own, remove it.
 */
import { Hono } from 'hono';
import { LIMITS } from '../../core/limits.ts';
import { namesOfRollup } from '../../core/names/given-names.ts';
import { type Rollup, tellingBots } from '../../core/rollup/rollup.ts';
import { Problem } from '../../http/problem.ts';
import { route } from '../../http/route.ts';
import { deletedSchema } from '../../wire/deleted.ts';
import { newRollupSchema, rollupListSchema, rollupSchema, type WireRollup } from '../../wire/rollups.ts';
import type { CheckNames, ControlServices } from '../services.ts';
import { createRollup, deleteRollup, isBuiltIn, listRollups } from './rollup-store.ts';

/** @example app.route('/v1/rollups', rollupRoutes(services, givenNamesCheck(services))) */
export function rollupRoutes({ db, tenants, auth, now }: ControlServices, checkNames: CheckNames): Hono {
  const app = new Hono();

  route(
    app,
    auth,
    {
      method: 'get',
      path: '/',
      summary: 'Lists the rollups, built-in ones first',
      tag: 'control',
      key: 'read',
      answer: rollupListSchema,
    },
    async ({ tenant }) => ({ rollups: (await listRollups(db, tenant.uid)).map(wireRollup) }),
  );

  route(
    app,
    auth,
    {
      method: 'post',
      path: '/',
      summary: 'Adds a rollup; one with the same definition is renamed',
      description:
        'The edge uses it within 30 seconds. Days that were sealed before are answered from the lake. It tells bots apart if the ' +
        'tenant has chosen whether questions count them.',
      tag: 'control',
      key: 'admin',
      body: { schema: newRollupSchema, sizeBytesMax: LIMITS.controlBodySizeBytesMax },
      answer: rollupSchema,
      status: 201,
      errors: ['rollup-built-in', 'rollups-full', 'event-unknown', 'property-unknown'],
      example: { body: { name: 'Revenue by plan', dimensions: ['plan'], measures: [{ sum: 'amount' }] } },
    },
    async ({ tenant, body: { rollup: asked, allowUnknown } }) => {
      const rollup = tenant.bots === undefined ? asked : tellingBots(asked);
      if (isBuiltIn(rollup.id)) throw new Problem(409, 'rollup-built-in', 'A built-in rollup has this definition.');
      if (!allowUnknown) await checkNames(tenant, namesOfRollup(rollup));
      const created = await createRollup(db, tenant.uid, rollup, now());
      if (!created.ok) throw rollupsFull();
      tenants.invalidate(tenant.uid);
      return wireRollup(rollup);
    },
  );

  route(
    app,
    auth,
    {
      method: 'delete',
      path: '/:id',
      summary: 'Removes a rollup of the tenant',
      tag: 'control',
      key: 'admin',
      answer: deletedSchema,
      errors: ['rollup-built-in', 'rollup-not-found'],
    },
    async ({ tenant, params: { id } }) => {
      if (isBuiltIn(id)) throw new Problem(409, 'rollup-built-in', 'A built-in rollup cannot be removed.');
      if (!(await deleteRollup(db, tenant.uid, id, now()))) throw rollupNotFound();
      tenants.invalidate(tenant.uid);
      return { deleted: { id } };
    },
  );

  return app;
}

function rollupNotFound(): Problem {
  return new Problem(404, 'rollup-not-found', 'The tenant has no rollup with this id.');
}

function rollupsFull(): Problem {
  const detail = `A tenant may have ${LIMITS.rollupsMax} rollups, the built-in ones included.`;
  return new Problem(409, 'rollups-full', detail, { extra: { limit: LIMITS.rollupsMax } });
}

function wireRollup(rollup: Rollup): WireRollup {
  const { id, name, where, dimensions, numbers, tellsBots = false } = rollup;
  const shown = { id, name, dimensions: [...dimensions], numbers: [...numbers], builtIn: isBuiltIn(id), tellsBots };
  return where ? { ...shown, where } : shown;
}
