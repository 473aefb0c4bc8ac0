/**
 * Quota routes: how many events a minute a tenant may send; for the root key alone.
 */
import { Hono } from 'hono';
import { LIMITS } from '../../core/limits.ts';
import { route } from '../../http/route.ts';
import { quotaSchema, tenantQuotaSchema } from '../../wire/tenants.ts';
import { tenantNotFound } from '../refusals.ts';
import type { ControlServices } from '../services.ts';
import { setQuota } from './quota-store.ts';

/** @example app.route('/v1/tenants', quotaRoutes(services)) */
export function quotaRoutes({ db, auth, tenants }: ControlServices): Hono {
  const app = new Hono();
  route(
    app,
    auth,
    {
      method: 'put',
      path: '/:id/quota',
      summary: 'Bounds the events a minute that a tenant may send',
      description:
        'The quota applies everywhere within half a minute. Requests beyond it are refused: 429 `quota-exceeded`.',
      tag: 'control',
      key: 'root',
      body: { schema: quotaSchema, sizeBytesMax: LIMITS.controlBodySizeBytesMax },
      answer: tenantQuotaSchema,
      errors: ['tenant-not-found'],
      example: { body: { eventsPerMinute: 60_000 }, answer: { tenant: 'shop', eventsPerMinute: 60_000 } },
    },
    async ({ params: { id }, body: { eventsPerMinute } }) => {
      const uid = await setQuota(db, id, eventsPerMinute);
      if (uid === null) throw tenantNotFound(id);
      tenants.invalidate(uid);
      return { tenant: id, eventsPerMinute };
    },
  );
  return app;
}
