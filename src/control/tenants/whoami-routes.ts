/**
 * Whoami routes: the tenant that a key belongs to. A client asks before it works, to say and to check whose data it
 * reads.
 */
import { Hono } from 'hono';
import { route } from '../../http/route.ts';
import { whoamiSchema } from '../../wire/tenants.ts';
import type { ControlServices } from '../services.ts';

/** @example app.route('/v1/whoami', whoamiRoutes(services)) */
export function whoamiRoutes({ auth }: Pick<ControlServices, 'auth'>): Hono {
  const app = new Hono();
  route(
    app,
    auth,
    {
      method: 'get',
      path: '/',
      summary: 'Shows the tenant of the key',
      tag: 'control',
      key: 'read or write',
      answer: whoamiSchema,
    },
    ({ tenant: { id, uid, name, timezone, bots = null } }) => ({ tenant: id, uid, name, timezone, bots }),
  );
  return app;
}
