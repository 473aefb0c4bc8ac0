/**
 * Key check routes: whether a key is valid, and what it is for. A developer asks before events are sent with it.
 *
 * The call tells nothing of the tenant beyond its id, so any key of a tenant may make it.
 */
import { Hono } from 'hono';
import { type KeyScope, SHARE_SCOPE, senderOf } from '../../core/tenant/tenant.ts';
import { keyOf } from '../../http/authenticate.ts';
import { hintOf, parseKey } from '../../http/keys.ts';
import { Problem } from '../../http/problem.ts';
import { type RouteAuth, route } from '../../http/route.ts';
import { type KeyCheck, keyCheckSchema, UNUSABLE_KEY_CODES } from '../../wire/keys.ts';
import type { ControlServices } from '../services.ts';

/** The scope that a key of each scope is let in with. */
const NEEDED: Readonly<Record<KeyScope, KeyScope>> = {
  server: 'write',
  browser: 'write',
  write: 'write',
  read: 'read',
  admin: 'read',
};

/** @example app.route('/v1/keys', keyCheckRoutes(services)) */
export function keyCheckRoutes({ auth }: Pick<ControlServices, 'auth'>): Hono {
  const app = new Hono();
  route(
    app,
    auth,
    {
      method: 'get',
      path: '/check',
      summary: 'Tells whether a key is valid, and what it is for',
      description:
        'Send the key as with any other call. It is looked at and not used: no event is sent, nothing is read.',
      tag: 'collect',
      key: 'none',
      answer: keyCheckSchema,
      errors: ['control-unavailable'],
      example: {
        answer: { valid: true, scope: 'browser', keyClass: 'browser', sends: true, tenant: 'shop', hint: 'x7qa' },
      },
    },
    ({ request }) => check(auth, request.headers),
  );
  return app;
}

async function check(auth: RouteAuth, headers: Headers): Promise<KeyCheck> {
  try {
    const key = keyOf(headers) ?? '';
    const shown = parseKey(key)?.scope ?? 'write';
    // The key of a share link opens no call of a tenant: it is refused as everywhere.
    const needed = shown === SHARE_SCOPE ? 'read' : NEEDED[shown];
    const { tenant, scope } = await auth.authenticate(headers, needed);
    const sends = needed === 'write';
    const keyClass = sends ? senderOf(scope) : null;
    return { valid: true, scope, keyClass, sends, tenant: tenant.id, hint: hintOf(key) };
  } catch (thrown) {
    const code = thrown instanceof Problem && UNUSABLE_KEY_CODES.find((known) => known === thrown.code);
    if (!code) throw thrown;
    return { valid: false, code, detail: thrown.detail };
  }
}
