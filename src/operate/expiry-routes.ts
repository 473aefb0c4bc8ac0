/**
 * Expiry routes: a tenant's policy for the age of its data, and the dropped days. The API calls the policy retention.
 */
import { Hono } from 'hono';
import { LIMITS } from '../core/limits.ts';
import { dayText } from '../core/std/day.ts';
import type { ExpiryPolicy } from '../core/tenant/expiry.ts';
import { route } from '../http/route.ts';
import type { Dropped, DroppedDays } from '../lake/manifest/dropped.ts';
import { readDropped, readPolicy, storePolicy } from '../lake/upkeep/expiry.ts';
import type { Services } from '../services.ts';
import { expirySchema, retentionSchema, type WireDropped, type WireRetention } from '../wire/operate.ts';

export type ExpiryServices = Pick<Services, 'db' | 'auth' | 'now'>;

/** @example app.route('/v1/retention', expiryRoutes(services)) */
export function expiryRoutes({ db, auth, now }: ExpiryServices): Hono {
  const app = new Hono();
  const wire = async (uid: string, policy: ExpiryPolicy | null): Promise<WireRetention> => ({
    policy,
    dropped: wireDropped(await readDropped(db, uid)),
  });

  route(
    app,
    auth,
    {
      method: 'get',
      path: '/',
      summary: 'Shows the expiry policy, and the days that were dropped',
      tag: 'control',
      key: 'read',
      answer: retentionSchema,
    },
    async ({ tenant }) => wire(tenant.uid, await readPolicy(db, tenant.uid)),
  );

  route(
    app,
    auth,
    {
      method: 'put',
      path: '/',
      summary: 'Sets how long data is kept',
      description:
        'Ages go by event time. The policy is enforced every six hours, and only for days that are sealed. Without a policy ' +
        'nothing is dropped. Fields that are left out have their defaults; null keeps for ever. What was dropped stays dropped.',
      tag: 'control',
      key: 'admin',
      body: { schema: expirySchema, sizeBytesMax: LIMITS.controlBodySizeBytesMax },
      answer: retentionSchema,
    },
    async ({ tenant, body: policy }) => {
      await storePolicy(db, tenant.uid, policy, now());
      return wire(tenant.uid, policy);
    },
  );

  return app;
}

export function wireDropped({ hour, day, lake, events }: Dropped): WireDropped {
  const shown = ({ dayFrom, dayBefore }: DroppedDays) => ({ from: dayText(dayFrom), before: dayText(dayBefore) });
  const tiers = Object.entries({ hour, day, lake })
    .filter(([, { dayBefore, dayFrom }]) => dayFrom < dayBefore)
    .map(([tier, days]) => ({ tier: tier as 'hour' | 'day' | 'lake', ...shown(days) }));
  return [...tiers, ...[...events].map(([event, days]) => ({ tier: 'event' as const, event, ...shown(days) }))];
}
