/**
 * Tenant routes: create, list and delete tenants; for the root key alone.
 */
import { Hono } from 'hono';
import { LIMITS } from '../../core/limits.ts';
import { isoTime } from '../../core/std/instant.ts';
import { DEFAULT_REGION } from '../../core/tenant/region.ts';
import type { KeyScope, Tenant } from '../../core/tenant/tenant.ts';
import type { RandomBytes } from '../../http/keys.ts';
import { Problem } from '../../http/problem.ts';
import { route } from '../../http/route.ts';
import {
  createdTenantSchema,
  deletedTenantSchema,
  type NewTenant,
  newTenantSchema,
  tenantListSchema,
  tenantsPageSchema,
  type WireTenant,
} from '../../wire/tenants.ts';
import { tenantNotFound } from '../refusals.ts';
import type { ControlServices } from '../services.ts';
import { createTenant, deleteTenant, listTenants, type TenantRecord } from './tenants.ts';

/** The keys of a new tenant. */
const FIRST_SCOPES: readonly KeyScope[] = ['server', 'browser', 'read', 'admin'];

/** @example app.route('/v1/tenants', tenantRoutes(services)) */
export function tenantRoutes({ db, tenants, auth, keys, random, now }: ControlServices): Hono {
  const app = new Hono();
  const own = { tag: 'control', key: 'root' } as const;

  route(
    app,
    auth,
    {
      ...own,
      method: 'post',
      path: '/',
      summary: 'Creates a tenant; its keys are shown this once',
      body: { schema: newTenantSchema, sizeBytesMax: LIMITS.controlBodySizeBytesMax },
      answer: createdTenantSchema,
      status: 201,
      errors: ['tenant-exists'],
      example: { body: { id: 'shop', name: 'The shop', timezone: 'Europe/Berlin' } },
    },
    async ({ body }) => {
      const uid = keys.newUid();
      const made = await Promise.all(FIRST_SCOPES.map((scope) => keys.make(scope, uid)));
      const tenant = newRecord(body, { uid, hashKey: drawHashKey(random), createdAtMs: now() });
      const created = await createTenant(db, tenant, made);
      if (!created.ok) throw new Problem(409, 'tenant-exists', `A tenant with the id "${body.id}" exists.`);
      const [server, browser, read, admin] = made.map(({ key }) => key) as [string, string, string, string];
      return { tenant: wireTenant(tenant), keys: { server, browser, read, admin, write: server } };
    },
  );

  route(
    app,
    auth,
    {
      ...own,
      method: 'get',
      path: '/',
      summary: 'Lists tenants by id',
      query: tenantsPageSchema,
      answer: tenantListSchema,
    },
    async ({ query: { after = '', limit } }) => {
      const page = await listTenants(db, after, limit);
      const next = page.length === limit ? (page.at(-1)?.id ?? null) : null;
      return { tenants: page.map(wireTenant), next };
    },
  );

  route(
    app,
    auth,
    {
      ...own,
      method: 'delete',
      path: '/:id',
      summary: 'Deletes a tenant with all its data and revokes its keys; its id is free again',
      description:
        'The keys stop working here at once and everywhere within half a minute. The data is deleted within minutes; ' +
        '`/v1/deletions` shows how far that is.',
      answer: deletedTenantSchema,
      errors: ['tenant-not-found'],
    },
    async ({ params: { id } }) => {
      const uid = await deleteTenant(db, id, now());
      if (!uid) throw tenantNotFound(id);
      tenants.invalidate(uid);
      return { deleted: { id, uid } };
    },
  );

  return app;
}

function newRecord(
  { id, name, timezone, shards, origins, bots, ...regions }: NewTenant,
  drawn: Pick<TenantRecord, 'uid' | 'hashKey' | 'createdAtMs'>,
): TenantRecord {
  return { ...drawn, id, name, regions: regionsOf(regions), timezone, shardCount: shards, origins, bots };
}

/** The regions with the home region first. */
function regionsOf({ region, regions }: Pick<NewTenant, 'region' | 'regions'>): readonly [string, ...string[]] {
  const home = region ?? regions?.[0] ?? DEFAULT_REGION;
  return [home, ...(regions ?? []).filter((other) => other !== home)];
}

function wireTenant({ regions, shardCount, createdAtMs, ...tenant }: TenantRecord): WireTenant {
  const { uid, id, name, timezone, origins } = tenant;
  return {
    id,
    uid,
    name,
    region: regions[0],
    regions: [...regions],
    timezone,
    shards: shardCount,
    origins: [...origins],
    createdAt: isoTime(createdAtMs),
  };
}

function drawHashKey(random: RandomBytes): Tenant['hashKey'] {
  const bytes = random(16);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return [view.getUint32(0), view.getUint32(4), view.getUint32(8), view.getUint32(12)];
}
