/**
 * Tenant routes: create, list, delete; for the root key alone.
 */
import { Hono } from 'hono';
import { z } from 'zod';
import { LIMITS } from '../../core/limits.ts';
import { isoTime } from '../../core/std/instant.ts';
import { KEY_SCOPES, type Tenant } from '../../core/tenant/tenant.ts';
import { describe } from '../../http/describe.ts';
import type { RandomBytes } from '../../http/keys.ts';
import { Problem, parseJson, parseParameters } from '../../http/problem.ts';
import { type Deletion, listDeletions } from '../deletion/deletion-store.ts';
import { tenantNotFound } from '../refusals.ts';
import type { ControlServices } from '../services.ts';
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
const deletionSchema = z.object({
  uid: z.string(),
  requestedAt: z.iso.datetime(),
  shards: z.int().describe('Found and wiped.'),
  objects: z.int().describe('Deleted from R2 so far.'),
  rows: z.int().describe('Deleted from D1 so far.'),
  error: z.string().nullable().describe('Of the latest attempt; it goes on by itself.'),
  emptiedAt: z.iso.datetime().nullable().describe('Nothing was left; what was still under way is waited for.'),
  finishedAt: z.iso.datetime().nullable().describe('Nothing is left, and nothing can come any more.'),
});
const DELETIONS_MAX = 100;
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
      summary: 'Deletes a tenant with all its data and ends its keys; its id is free again',
      description:
        'Its keys end at once, within half a minute everywhere; its data goes within minutes, see `/v1/deletions`.',
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

  app.get(
    '/v1/deletions',
    describe({
      summary: 'How the deleting of tenants stands, the latest first',
      tag: 'control',
      key: 'root',
      answer: z.object({ deletions: z.array(deletionSchema) }),
    }),
    async (c) => {
      await auth.authenticateRoot(c.req.raw.headers);
      const deletions = await listDeletions(db, DELETIONS_MAX);
      return c.json({ deletions: deletions.map(wireDeletion) });
    },
  );

  return app;
}

function wireTenant({ regions, shardCount, createdAtMs, ...tenant }: TenantRecord): z.output<typeof wireTenantSchema> {
  const { uid, id, name, timezone, origins } = tenant;
  const createdAt = isoTime(createdAtMs);
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

function wireDeletion(deletion: Deletion): z.output<typeof deletionSchema> {
  const { uid, shards, objects, rowCount, error } = deletion;
  return {
    uid,
    requestedAt: isoTime(deletion.requestedAtMs),
    shards: shards.length,
    objects,
    rows: rowCount,
    error,
    emptiedAt: isoOf(deletion.emptiedAtMs),
    finishedAt: isoOf(deletion.finishedAtMs),
  };
}

function isoOf(atMs: number | null): string | null {
  return atMs === null ? null : isoTime(atMs);
}

function drawHashKey(random: RandomBytes): Tenant['hashKey'] {
  const bytes = random(16);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return [view.getUint32(0), view.getUint32(4), view.getUint32(8), view.getUint32(12)];
}
