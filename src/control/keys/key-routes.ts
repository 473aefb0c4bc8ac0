/**
 * Key routes: make, list and revoke the keys of a tenant, with its admin key, or with the root key and the tenant's id.
 */
import { Hono } from 'hono';
import { LIMITS } from '../../core/limits.ts';
import type { LiveOf } from '../../core/live/rpc.ts';
import { isoTime } from '../../core/std/instant.ts';
import { KEY_ID_LENGTH } from '../../core/tenant/tenant.ts';
import { keyRevoked } from '../../http/authenticate.ts';
import { Problem } from '../../http/problem.ts';
import { route } from '../../http/route.ts';
import { logWarn } from '../../observe/log.ts';
import {
  createdKeySchema,
  keyIdSchema,
  keyListSchema,
  keysPageSchema,
  newKeySchema,
  revocationSchema,
  revokedKeySchema,
  type WireKey,
} from '../../wire/keys.ts';
import type { ControlServices } from '../services.ts';
import { createKey, type KeyRecord, listKeys, type RevocationRefusal, revokeKey } from '../tenants/key-store.ts';
import { makerOf, TENANT_CODES, uidFor } from './callers.ts';

/** @example app.route('/v1/keys', keyRoutes(services)) */
export function keyRoutes({ db, tenants, auth, keys, liveOf, now }: ControlServices): Hono {
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
        'An admin key makes keys of every scope, `server` and `admin` too: who has it can send history, import, and read ' +
        'everything. After a leak, revoke it together with those that it made: `descendants=revoke`.',
      body: { schema: newKeySchema, sizeBytesMax: LIMITS.controlBodySizeBytesMax },
      answer: createdKeySchema,
      status: 201,
      errors: [...TENANT_CODES, 'keys-full', 'key-revoked'],
      example: { body: { scope: 'read', tenant: 'shop' } },
    },
    async ({ caller, body: { scope, tenant } }) => {
      const uid = await uidFor(db, caller, tenant);
      const made = await keys.make(scope, uid);
      const created = await createKey(db, uid, made, { maker: makerOf(caller), nowMs: now() });
      if (!created.ok) throw created.error === 'keys-full' ? keysFull() : keyRevoked();
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
      summary: 'Lists the keys in the order of their making, revoked ones too',
      query: keysPageSchema,
      answer: keyListSchema,
      errors: TENANT_CODES,
    },
    async ({ caller, query: { tenant, after = null, limit, state } }) => {
      const uid = await uidFor(db, caller, tenant);
      const listed = await listKeys(db, uid, { afterId: after, countMax: limit, isActiveOnly: state === 'active' });
      return { keys: listed.map(wireKey), next: listed.length === limit ? (listed.at(-1)?.id ?? null) : null };
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
      description:
        'An admin key does not revoke the last admin key of the tenant; the root key does. A key that made others is revoked ' +
        'once `descendants` says what becomes of them; the key that calls, and what that one made, are not among them.',
      query: revocationSchema,
      answer: revokedKeySchema,
      errors: [...TENANT_CODES, 'key-not-found', 'key-last-admin', 'key-has-descendants', 'key-revoked'],
    },
    async ({ caller, params, query: { tenant, descendants = null } }) => {
      const uid = await uidFor(db, caller, tenant);
      const id = keyIdSchema.safeParse(params.id);
      if (!id.success) throw keyNotFound();
      const revoked = await revokeKey(db, uid, { id: id.data, by: makerOf(caller), descendants, nowMs: now() });
      if (!revoked.ok) throw notRevoked(revoked.error);
      tenants.invalidate(uid);
      const ended = { id: id.data.slice(0, KEY_ID_LENGTH), descendants: revoked.value };
      await endConnections(liveOf, uid, [ended.id, ...ended.descendants]);
      return { revoked: ended };
    },
  );

  return app;
}

/** Ends the live connections of revoked keys. Where the hub cannot be reached, they end by themselves within 15 minutes. */
async function endConnections(liveOf: LiveOf, uid: string, keyIds: readonly string[]): Promise<void> {
  try {
    await liveOf(uid).endKeys(keyIds);
  } catch (cause) {
    logWarn('control.keys.connections', cause, { uid });
  }
}

function notRevoked(refusal: RevocationRefusal): Problem {
  switch (refusal.reason) {
    case 'not-found':
      return keyNotFound();
    case 'last-admin':
      return lastAdminKey();
    case 'caller-revoked':
      return keyRevoked();
    case 'has-descendants': {
      const detail = `The key made ${refusal.ids.length} keys or share links that are active: say what becomes of them.`;
      return new Problem(409, 'key-has-descendants', detail, { extra: { descendants: refusal.ids } });
    }
  }
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

function wireKey({ id, scope, hint, createdAtMs, revokedAtMs, madeBy }: KeyRecord): WireKey {
  const revokedAt = revokedAtMs === null ? null : isoTime(revokedAtMs);
  return { id, scope, hint, createdAt: isoTime(createdAtMs), revokedAt, madeBy };
}
