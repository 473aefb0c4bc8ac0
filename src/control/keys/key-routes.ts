/**
 * Key routes: make, list and revoke the keys of a tenant, with its admin key, or with the root key and the tenant's id.
 */
import { Hono } from 'hono';
import { LIMITS } from '../../core/limits.ts';
import { isoTime } from '../../core/std/instant.ts';
import type { Authenticated } from '../../http/authenticate.ts';
import { Problem } from '../../http/problem.ts';
import { route } from '../../http/route.ts';
import {
  createdKeySchema,
  keyIdSchema,
  keyListSchema,
  newKeySchema,
  revokedKeySchema,
  tenantNameSchema,
  type WireKey,
} from '../../wire/keys.ts';
import type { ProblemCode } from '../../wire/problem-codes.ts';
import { tenantNotFound } from '../refusals.ts';
import type { ControlServices } from '../services.ts';
import {
  createKey,
  findTenant,
  isLastAdminKey,
  KEY_ID_LENGTH,
  type KeyRecord,
  listKeys,
  revokeKey,
} from '../tenants/tenants.ts';

const TENANT_CODES: readonly ProblemCode[] = ['tenant-missing', 'tenant-not-found', 'tenant-other'];

/** @example app.route('/v1/keys', keyRoutes(services)) */
export function keyRoutes({ db, tenants, auth, keys, now }: ControlServices): Hono {
  const app = new Hono();
  const own = { tag: 'control', key: 'admin or root' } as const;

  route(
    app,
    auth,
    {
      ...own,
      method: 'post',
      path: '/',
      summary: 'Makes a key; it is shown this once',
      description:
        'An admin key makes keys of every scope, `write` and `admin` too. Keys that it made outlive it: after a leak, look ' +
        'through `GET /v1/keys` and revoke those too.',
      body: { schema: newKeySchema, sizeBytesMax: LIMITS.controlBodySizeBytesMax },
      answer: createdKeySchema,
      status: 201,
      errors: [...TENANT_CODES, 'keys-full'],
      example: { body: { scope: 'read', tenant: 'shop' } },
    },
    async ({ caller, body: { scope, tenant } }) => {
      const uid = await uidFor(db, caller, tenant);
      const made = await keys.make(scope, uid);
      const created = await createKey(db, uid, made, now());
      if (!created.ok) throw keysFull();
      tenants.invalidate(uid);
      return { key: made.key, ...wireKey(created.value) };
    },
  );

  route(
    app,
    auth,
    {
      ...own,
      method: 'get',
      path: '/',
      summary: 'Lists the keys, revoked ones too',
      query: tenantNameSchema,
      answer: keyListSchema,
      errors: TENANT_CODES,
    },
    async ({ caller, query: { tenant } }) => {
      const listed = await listKeys(db, await uidFor(db, caller, tenant));
      return { keys: listed.map(wireKey) };
    },
  );

  route(
    app,
    auth,
    {
      ...own,
      method: 'delete',
      path: '/:id',
      summary: 'Revokes a key: at once here, within 30 seconds everywhere',
      description: 'An admin key does not revoke the last admin key of the tenant; the root key does.',
      query: tenantNameSchema,
      answer: revokedKeySchema,
      errors: [...TENANT_CODES, 'key-not-found', 'key-last-admin'],
    },
    async ({ caller, params, query: { tenant } }) => {
      const uid = await uidFor(db, caller, tenant);
      const id = keyIdSchema.safeParse(params.id);
      if (id.success && caller !== 'root' && (await isLastAdminKey(db, uid, id.data))) throw lastAdminKey();
      if (!id.success || !(await revokeKey(db, uid, id.data, now()))) throw keyNotFound();
      tenants.invalidate(uid);
      return { revoked: { id: id.data.slice(0, KEY_ID_LENGTH) } };
    },
  );

  return app;
}

/** The tenant that the call concerns: that of the admin key, or the one that the caller with the root key names. */
async function uidFor(db: D1Database, caller: Authenticated | 'root', tenantId: string | undefined): Promise<string> {
  if (caller !== 'root') {
    if (tenantId === undefined || tenantId === caller.tenant.id) return caller.tenant.uid;
    throw new Problem(403, 'tenant-other', 'The key sent belongs to another tenant.');
  }
  if (tenantId === undefined) throw new Problem(400, 'tenant-missing', 'With the root key, name the tenant: "tenant".');
  const found = await findTenant(db, tenantId);
  if (!found) throw tenantNotFound(tenantId);
  return found.uid;
}

function keyNotFound(): Problem {
  return new Problem(404, 'key-not-found', 'The tenant has no key with this id.');
}

function lastAdminKey(): Problem {
  const detail = 'This is the last admin key of the tenant. Make another one first, or revoke it with the root key.';
  return new Problem(409, 'key-last-admin', detail);
}

function keysFull(): Problem {
  const detail = `A tenant may have ${LIMITS.keysMax} keys that are not revoked.`;
  return new Problem(409, 'keys-full', detail, { extra: { limit: LIMITS.keysMax } });
}

function wireKey({ id, scope, hint, createdAtMs, revokedAtMs }: KeyRecord): WireKey {
  const revokedAt = revokedAtMs === null ? null : isoTime(revokedAtMs);
  return { id, scope, hint, createdAt: isoTime(createdAtMs), revokedAt };
}
