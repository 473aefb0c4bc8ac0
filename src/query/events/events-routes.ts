/**
 * Events routes: `GET /v1/events`, the explorer: the newest events of a range, page by page.
 */
import { Hono } from 'hono';
import { route } from '../../http/route.ts';
import type { Services } from '../../services.ts';
import { eventListSchema, eventsPageSchema } from '../../wire/events.ts';
import { answerCall } from '../call/call.ts';
import type { QueryPorts } from '../view/asking.ts';
import { problemOf } from '../view/refusal.ts';
import { listEvents } from './list-events.ts';
import { LIST_CODES, mustListRequest } from './page-request.ts';
import { wireList } from './wire-list.ts';

export type EventsServices = Pick<Services, 'auth'> & QueryPorts;

/** @example app.route('/v1/events', eventsRoutes(services)) */
export function eventsRoutes(services: EventsServices): Hono {
  const app = new Hono();
  route(
    app,
    services.auth,
    {
      method: 'get',
      path: '/',
      summary: 'Lists the newest events, page by page',
      tag: 'query',
      key: 'read',
      query: eventsPageSchema,
      answer: eventListSchema,
      errors: LIST_CODES,
    },
    async ({ tenant, query: page }) => {
      const nowMs = services.now();
      const request = mustListRequest(page, { timezone: tenant.timezone, nowMs, daysDefault: 1 });
      const listed = await answerCall(services, { tenant, nowMs }, (asking) => listEvents(asking, request));
      if (!listed.ok) throw problemOf(listed.error);
      return wireList(listed.value, services.now() - nowMs);
    },
  );
  return app;
}
