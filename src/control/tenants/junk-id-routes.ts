/**
 * Junk id routes: the ids that name nobody for a tenant; the tenant changes them with its admin key.
 */
import { Hono } from 'hono';
import { JUNK_IDS, LIMITS } from '../../core/limits.ts';
import { route } from '../../http/route.ts';
import { junkIdsSchema, tenantJunkIdsSchema } from '../../wire/tenants.ts';
import type { ControlServices } from '../services.ts';
import { readJunkIds, storeJunkIds } from './junk-id-store.ts';

const DEFAULTS = [...JUNK_IDS];

/** @example app.route('/v1/junk-ids', junkIdRoutes(services)) */
export function junkIdRoutes({ db, auth, tenants }: ControlServices): Hono {
  const app = new Hono();
  route(
    app,
    auth,
    {
      method: 'get',
      path: '/',
      summary: 'Shows which ids name nobody',
      tag: 'control',
      key: 'read',
      answer: tenantJunkIdsSchema,
    },
    async ({ tenant }) => ({ ...(await readJunkIds(db, tenant.uid)), defaults: DEFAULTS }),
  );
  route(
    app,
    auth,
    {
      method: 'put',
      path: '/',
      summary: 'Sets which ids name nobody',
      description:
        'Replaces the changes made before. Ids are compared trimmed and without case. The change holds for events that ' +
        'arrive half a minute later or more, live and imported; events that were taken before stay as they are.',
      tag: 'control',
      key: 'admin',
      body: { schema: junkIdsSchema, sizeBytesMax: LIMITS.controlBodySizeBytesMax },
      answer: tenantJunkIdsSchema,
      example: {
        body: { add: ['test-user'], except: ['guest'] },
        answer: { add: ['test-user'], except: ['guest'], defaults: DEFAULTS },
      },
    },
    async ({ tenant, body }) => {
      await storeJunkIds(db, tenant.uid, body);
      tenants.invalidate(tenant.uid);
      return { ...body, defaults: DEFAULTS };
    },
  );
  return app;
}
