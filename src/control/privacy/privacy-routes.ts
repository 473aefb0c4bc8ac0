/**
 * Privacy routes: what of an event is not stored for a tenant; the tenant changes it with its admin key.
 */
import { Hono } from 'hono';
import { LIMITS, URL_PARAMETERS } from '../../core/limits.ts';
import { route } from '../../http/route.ts';
import { privacySchema, tenantPrivacySchema } from '../../wire/tenants.ts';
import type { ControlServices } from '../services.ts';
import { readPrivacy, storePrivacy } from './privacy-store.ts';

const DEFAULTS = [...URL_PARAMETERS];

/** @example app.route('/v1/privacy', privacyRoutes(services)) */
export function privacyRoutes({ db, auth, tenants }: ControlServices): Hono {
  const app = new Hono();
  route(
    app,
    auth,
    {
      method: 'get',
      path: '/',
      summary: 'Shows what of an event is not stored',
      tag: 'control',
      key: 'read',
      answer: tenantPrivacySchema,
    },
    async ({ tenant }) => ({ ...(await readPrivacy(db, tenant.uid)), defaults: DEFAULTS }),
  );
  route(
    app,
    auth,
    {
      method: 'put',
      path: '/',
      summary: 'Sets what of an event is not stored',
      description:
        'Replaces the changes made before. IP addresses, and parameters of URLs that are on no list, are removed from ' +
        'events before they are stored, and the verdict notes it. Credentials in URLs are always removed. The change ' +
        'holds for events that arrive half a minute later or more, live and imported; stored events stay as they are.',
      tag: 'control',
      key: 'admin',
      body: { schema: privacySchema, sizeBytesMax: LIMITS.controlBodySizeBytesMax },
      answer: tenantPrivacySchema,
      example: {
        body: { urlParameters: ['q', 'variant_*'] },
        answer: { addresses: 'remove', urlParameters: ['q', 'variant_*'], defaults: DEFAULTS },
      },
    },
    async ({ tenant, body }) => {
      await storePrivacy(db, tenant.uid, body);
      tenants.invalidate(tenant.uid);
      return { ...body, defaults: DEFAULTS };
    },
  );
  return app;
}
