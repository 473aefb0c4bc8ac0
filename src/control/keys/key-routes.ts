/**
 * Key routes: make, list and revoke the keys of a tenant, with its admin key, or with the root key and the tenant's id.
 */
import { Hono } from 'hono';
import { z } from 'zod';
import { LIMITS } from '../../core/limits.ts';
import { isoTime } from '../../core/std/instant.ts';
import { KEY_SCOPES } from '../../core/tenant/tenant.ts';
import type { Authenticated } from '../../http/authenticate.ts';
import { describe } from '../../http/describe.ts';
import { Problem, parseJson, parseParameters } from '../../http/problem.ts';
import { tenantNotFound } from '../refusals.ts';
import type { ControlServices } from '../services.ts';
import { keyIdSchema, keySchema, ofTenantSchema } from '../tenants/schemas.ts';
import { createKey, findTenant, KEY_ID_LENGTH, type KeyRecord, listKeys, revokeKey } from '../tenants/tenants.ts';

const wireKeySchema = z.object({
  id: z.string(),
  scope: z.enum(KEY_SCOPES),
  hint: z.string().describe('The last four characters of the key.'),
  createdAt: z.iso.datetime(),
  revokedAt: z.iso.datetime().nullable(),
});

export function keyRoutes({ db, tenants, auth, keys, now }: ControlServices): Hono {
  const app = new Hono();

  app.post(
    '/v1/keys',
    describe({
      summary: 'Makes a key; it is shown this once',
      tag: 'control',
      key: 'admin or root',
      body: keySchema,
      answer: wireKeySchema.extend({ key: z.string() }),
      status: 201,
    }),
    async (c) => {
      const caller = await auth.authenticateAdminOrRoot(c.req.raw.headers);
      const { scope, tenant } = await parseJson(c.req.raw, keySchema, LIMITS.controlBodySizeBytesMax);
      const uid = await uidFor(db, caller, tenant);
      const made = await keys.make(scope, uid);
      const created = await createKey(db, uid, made, now());
      if (!created.ok) throw keysFull();
      tenants.invalidate(uid);
      return c.json({ key: made.key, ...wireKey(created.value) }, 201);
    },
  );

  app.get(
    '/v1/keys',
    describe({
      summary: 'Lists the keys, revoked ones too',
      tag: 'control',
      key: 'admin or root',
      query: ofTenantSchema,
      answer: z.object({ keys: z.array(wireKeySchema) }),
    }),
    async (c) => {
      const caller = await auth.authenticateAdminOrRoot(c.req.raw.headers);
      const { tenant } = parseParameters(c.req.raw, ofTenantSchema);
      const listed = await listKeys(db, await uidFor(db, caller, tenant));
      return c.json({ keys: listed.map(wireKey) });
    },
  );

  app.delete(
    '/v1/keys/:id',
    describe({
      summary: 'Revokes a key: at once here, within 30 seconds everywhere',
      tag: 'control',
      key: 'admin or root',
      query: ofTenantSchema,
      answer: z.object({ revoked: z.object({ id: z.string() }) }),
    }),
    async (c) => {
      const caller = await auth.authenticateAdminOrRoot(c.req.raw.headers);
      const { tenant } = parseParameters(c.req.raw, ofTenantSchema);
      const uid = await uidFor(db, caller, tenant);
      const id = keyIdSchema.safeParse(c.req.param('id'));
      if (!id.success || !(await revokeKey(db, uid, id.data, now()))) throw keyNotFound();
      tenants.invalidate(uid);
      return c.json({ revoked: { id: id.data.slice(0, KEY_ID_LENGTH) } });
    },
  );

  return app;
}

/** The tenant that is meant: that of the admin key; for the root key, which has none, the one named. */
async function uidFor(db: D1Database, caller: Authenticated | 'root', tenantId: string | undefined): Promise<string> {
  if (caller !== 'root') {
    if (tenantId === undefined || tenantId === caller.tenant.id) return caller.tenant.uid;
    throw new Problem(403, 'tenant-other', 'The key sent is of another tenant.');
  }
  if (tenantId === undefined) throw new Problem(400, 'tenant-missing', 'With the root key, name the tenant: "tenant".');
  const found = await findTenant(db, tenantId);
  if (!found) throw tenantNotFound(tenantId);
  return found.uid;
}

function keyNotFound(): Problem {
  return new Problem(404, 'key-not-found', 'The tenant has no key of this id.');
}

function keysFull(): Problem {
  const detail = `A tenant may have ${LIMITS.keysMax} keys that are not revoked.`;
  return new Problem(409, 'keys-full', detail, { extra: { limit: LIMITS.keysMax } });
}

function wireKey({ id, scope, hint, createdAtMs, revokedAtMs }: KeyRecord): z.output<typeof wireKeySchema> {
  const revokedAt = revokedAtMs === null ? null : isoTime(revokedAtMs);
  return { id, scope, hint, createdAt: isoTime(createdAtMs), revokedAt };
}
