/**
 * Tenant routes: create, list, delete; for the root key alone.
 */
import { Hono } from 'hono';
import { z } from 'zod';
import { LIMITS } from '../core/limits.ts';
import { KEY_SCOPES, type Tenant } from '../core/tenant.ts';
import { describe } from '../http/describe.ts';
import type { RandomBytes } from '../http/keys.ts';
import { Problem, parseJson, parseParameters } from '../http/problem.ts';
import type { ControlServices } from './routes.ts';
import { regionsOf, tenantSchema, tenantsPageSchema } from './schemas.ts';
import { createTenant, deleteTenant, listTenants, type TenantRecord } from './tenants.ts';

export const wireTenantSchema = z.object({
  id: z.string(),
  uid: z.string().describe('Internal name, never reused: the folder of its files in the lake.'),
  name: z.string(),
  region: z.string(),
  regions: z.array(z.string()),
  timezone: z.string(),
  shards: z.int().describe('Shards a region, once the latest epoch of the map has begun.'),
  origins: z.array(z.string()),
  createdAt: z.iso.datetime(),
});
const keysSchema = z.object({ write: z.string(), read: z.string(), admin: z.string() });

export function tenantRoutes({ db, tenants, auth, keys, random, now }: ControlServices): Hono {
  const app = new Hono();

  app.post(
    '/v1/tenants',
    describe({
      summary: 'Creates a tenant; its keys are shown this once',
      tag: 'control',
      key: 'root',
      body: tenantSchema,
      answer: z.object({ tenant: wireTenantSchema, keys: keysSchema }),
      status: 201,
    }),
    async (c) => {
      await auth.authenticateRoot(c.req.raw.headers);
      const wanted = await parseJson(c.req.raw, tenantSchema, LIMITS.controlBodySizeBytesMax);
      const uid = keys.newUid();
      const made = await Promise.all(KEY_SCOPES.map((scope) => keys.make(scope, uid)));
      const tenant: TenantRecord = {
        uid,
        id: wanted.id,
        name: wanted.name,
        regions: regionsOf(wanted),
        timezone: wanted.timezone,
        hashKey: drawHashKey(random),
        shardCount: wanted.shards,
        origins: wanted.origins,
        createdAtMs: now(),
      };
      const created = await createTenant(db, tenant, made);
      if (!created.ok) throw new Problem(409, 'tenant-exists', `A tenant with the id "${wanted.id}" exists.`);
      const shown = Object.fromEntries(made.map(({ scope, key }) => [scope, key]));
      return c.json({ tenant: wireTenant(tenant), keys: shown }, 201);
    },
  );

  app.get(
    '/v1/tenants',
    describe({
      summary: 'Lists tenants by id',
      tag: 'control',
      key: 'root',
      query: tenantsPageSchema,
      answer: z.object({ tenants: z.array(wireTenantSchema), next: z.string().nullable() }),
    }),
    async (c) => {
      await auth.authenticateRoot(c.req.raw.headers);
      const { after = '', limit } = parseParameters(c.req.raw, tenantsPageSchema);
      const page = await listTenants(db, after, limit);
      const next = page.length === limit ? (page.at(-1)?.id ?? null) : null;
      return c.json({ tenants: page.map(wireTenant), next });
    },
  );

  app.delete(
    '/v1/tenants/:id',
    describe({
      summary: 'Deletes a tenant and ends its keys; its id is free again',
      tag: 'control',
      key: 'root',
      answer: z.object({ deleted: z.object({ id: z.string(), uid: z.string() }) }),
    }),
    async (c) => {
      await auth.authenticateRoot(c.req.raw.headers);
      const id = c.req.param('id');
      const uid = await deleteTenant(db, id, now());
      if (!uid) throw tenantNotFound(id);
      tenants.invalidate(uid);
      return c.json({ deleted: { id, uid } });
    },
  );

  return app;
}

export function tenantNotFound(id: string): Problem {
  return new Problem(404, 'tenant-not-found', `There is no tenant with the id "${id}".`);
}

function wireTenant({ regions, shardCount, createdAtMs, ...tenant }: TenantRecord): z.output<typeof wireTenantSchema> {
  const { uid, id, name, timezone, origins } = tenant;
  const createdAt = new Date(createdAtMs).toISOString();
  return {
    id,
    uid,
    name,
    region: regions[0],
    regions: [...regions],
    timezone,
    shards: shardCount,
    origins: [...origins],
    createdAt,
  };
}

function drawHashKey(random: RandomBytes): Tenant['hashKey'] {
  const bytes = random(16);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return [view.getUint32(0), view.getUint32(4), view.getUint32(8), view.getUint32(12)];
}
