/**
 * Quota routes: how much a tenant may use; for the root key alone.
 */
import { Hono } from 'hono';
import { LIMITS } from '../../core/limits.ts';
import { route } from '../../http/route.ts';
import { quotaSchema, tenantQuotaSchema } from '../../wire/tenants.ts';
import { tenantNotFound } from '../refusals.ts';
import type { ControlServices } from '../services.ts';
import { setQuotas } from './quota-store.ts';

/** @example app.route('/v1/tenants', quotaRoutes(services)) */
export function quotaRoutes({ db, auth, tenants }: ControlServices): Hono {
  const app = new Hono();
  route(
    app,
    auth,
    {
      method: 'put',
      path: '/:id/quota',
      summary: 'Bounds what a tenant may use',
      description:
        'Each quota has a default; null sets it back, and one that is left out stays. Quotas apply everywhere within half a ' +
        'minute. Requests beyond one are refused with 429 and its code: `quota-exceeded` for events, `days-`, `questions-`, ' +
        '`links-` and `storage-quota-exceeded` for the others.',
      tag: 'control',
      key: 'root',
      body: { schema: quotaSchema, sizeBytesMax: LIMITS.controlBodySizeBytesMax },
      answer: tenantQuotaSchema,
      errors: ['tenant-not-found'],
      example: { body: { eventsPerMinute: 60_000 }, answer: { tenant: 'shop', eventsPerMinute: 60_000 } },
    },
    async ({ params: { id }, body }) => {
      const uid = await setQuotas(db, id, body);
      if (uid === null) throw tenantNotFound(id);
      tenants.invalidate(uid);
      return { tenant: id, ...body };
    },
  );
  return app;
}
