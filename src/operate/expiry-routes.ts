/**
 * Expiry routes: how long a tenant wants its data to be kept, and what was dropped.
 *
 *   GET  /v1/retention   the policy (null when none was set, and nothing is ever dropped) and what was dropped so far
 *   PUT  /v1/retention   sets the policy; enforced within six hours. A longer policy does not bring back what was dropped
 */
import { Hono } from 'hono';
import { z } from 'zod';
import { LIMITS } from '../core/limits.ts';
import { type ExpiryPolicy, expirySchema } from '../core/tenant/expiry.ts';
import { describe } from '../http/describe.ts';
import { parseJson } from '../http/problem.ts';
import { type Dropped, type DroppedDays, TIERS } from '../lake/manifest/dropped.ts';
import { dayText } from '../lake/manifest/paths.ts';
import { readDropped, readPolicy, storePolicy } from '../lake/upkeep/expiry.ts';
import type { Services } from '../services.ts';

export type ExpiryServices = Pick<Services, 'db' | 'auth' | 'now'>;

export const droppedSchema = z.array(
  z.object({
    tier: z.enum(TIERS),
    event: z.string().optional().describe('The name of the events, for the tier `event`.'),
    from: z.string().describe('The first day of which something was dropped.'),
    before: z.string().describe('Nothing before this day counts.'),
  }),
);
const wireSchema = z.object({
  policy: expirySchema.nullable().describe('null when none was set: then nothing is dropped.'),
  dropped: droppedSchema,
});

export function expiryRoutes({ db, auth, now }: ExpiryServices): Hono {
  const app = new Hono();
  const wire = async (uid: string, policy: ExpiryPolicy | null): Promise<z.output<typeof wireSchema>> => ({
    policy,
    dropped: wireDropped(await readDropped(db, uid)),
  });

  app.get(
    '/v1/retention',
    describe({ summary: 'Tells the policy, and what was dropped', tag: 'control', key: 'read', answer: wireSchema }),
    async (c) => {
      const { tenant } = await auth.authenticate(c.req.raw.headers, 'read');
      return c.json(await wire(tenant.uid, await readPolicy(db, tenant.uid)));
    },
  );

  app.put(
    '/v1/retention',
    describe({
      summary: 'Sets how long data is kept',
      description:
        'Ages go by event time. The policy is enforced every six hours, and only for days that are sealed. Without a policy ' +
        'nothing is dropped. Fields that are left out have their defaults; null keeps for ever. What was dropped stays dropped.',
      tag: 'control',
      key: 'admin',
      body: expirySchema,
      answer: wireSchema,
    }),
    async (c) => {
      const { tenant } = await auth.authenticate(c.req.raw.headers, 'admin');
      const policy = await parseJson(c.req.raw, expirySchema, LIMITS.controlBodySizeBytesMax);
      await storePolicy(db, tenant.uid, policy, now());
      return c.json(await wire(tenant.uid, policy));
    },
  );

  return app;
}

export function wireDropped({ hour, day, lake, events }: Dropped): z.output<typeof droppedSchema> {
  const shown = ({ dayFrom, dayBefore }: DroppedDays) => ({ from: dayText(dayFrom), before: dayText(dayBefore) });
  const tiers = Object.entries({ hour, day, lake })
    .filter(([, { dayBefore, dayFrom }]) => dayFrom < dayBefore)
    .map(([tier, days]) => ({ tier: tier as 'hour' | 'day' | 'lake', ...shown(days) }));
  return [...tiers, ...[...events].map(([event, days]) => ({ tier: 'event' as const, event, ...shown(days) }))];
}
