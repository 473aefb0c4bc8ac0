/**
 * Quota routes: how many events a minute a tenant may send; for the root key alone.
 */
import { Hono } from 'hono';
import { z } from 'zod';
import { LIMITS } from '../../core/limits.ts';
import { describe } from '../../http/describe.ts';
import { parseJson } from '../../http/problem.ts';
import { tenantNotFound } from '../refusals.ts';
import type { ControlServices } from '../services.ts';
import { setQuota } from './quota-store.ts';

/** More than any tenant sends: 16 million a second. */
const EVENTS_PER_MINUTE_MAX = 1_000_000_000;

const quotaSchema = z.strictObject({
  eventsPerMinute: z
    .int()
    .min(1)
    .max(EVENTS_PER_MINUTE_MAX)
    .nullable()
    .describe('To each isolate of the edge that serves the tenant; null: no quota.'),
});

export function quotaRoutes({ db, auth, tenants }: ControlServices): Hono {
  const app = new Hono();
  app.put(
    '/v1/tenants/:id/quota',
    describe({
      summary: 'Bounds the events a minute that a tenant may send',
      description: 'Known everywhere within half a minute. Beyond it requests are refused: 429 `quota-exceeded`.',
      tag: 'control',
      key: 'root',
      body: quotaSchema,
      answer: quotaSchema.extend({ tenant: z.string() }),
    }),
    async (c) => {
      await auth.authenticateRoot(c.req.raw.headers);
      const { eventsPerMinute } = await parseJson(c.req.raw, quotaSchema, LIMITS.controlBodySizeBytesMax);
      const id = c.req.param('id');
      const uid = await setQuota(db, id, eventsPerMinute);
      if (uid === null) throw tenantNotFound(id);
      tenants.invalidate(uid);
      return c.json({ tenant: id, eventsPerMinute });
    },
  );
  return app;
}
