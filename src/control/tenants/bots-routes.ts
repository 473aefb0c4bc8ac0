/**
 * Bots routes: whether questions that do not say it count events of bots; the tenant changes it with its admin key.
 */
import { Hono } from 'hono';
import { LIMITS } from '../../core/limits.ts';
import { route } from '../../http/route.ts';
import { botsSchema } from '../../wire/tenants.ts';
import type { ControlServices } from '../services.ts';
import { readBots, storeBots } from './bots-store.ts';

/** @example app.route('/v1/bots', botsRoutes(services)) */
export function botsRoutes({ db, auth, tenants }: ControlServices): Hono {
  const app = new Hono();
  route(
    app,
    auth,
    {
      method: 'get',
      path: '/',
      summary: 'Shows whether questions count events of bots',
      tag: 'control',
      key: 'read',
      answer: botsSchema,
    },
    async ({ tenant }) => ({ bots: await readBots(db, tenant.uid) }),
  );
  route(
    app,
    auth,
    {
      method: 'put',
      path: '/',
      summary: 'Sets whether questions count events of bots',
      description:
        'Holds for questions that do not say `bots` themselves, within half a minute. All events are stored either way. A tenant ' +
        'from before the choice counts them until it chooses: rollups tell bots apart from then on, and questions without bots ' +
        'about earlier days read events until those are sealed again.',
      tag: 'control',
      key: 'admin',
      body: { schema: botsSchema, sizeBytesMax: LIMITS.controlBodySizeBytesMax },
      answer: botsSchema,
      example: { body: { bots: 'exclude' }, answer: { bots: 'exclude' } },
    },
    async ({ tenant, body }) => {
      await storeBots(db, tenant.uid, body.bots);
      tenants.invalidate(tenant.uid);
      return body;
    },
  );
  return app;
}
