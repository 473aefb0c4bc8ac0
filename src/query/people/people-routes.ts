/**
 * People routes: `GET /v1/people/:id`, a person by any of their ids, and `GET /v1/people/:id/events`, what they did.
 */
import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { LIMITS } from '../../core/limits.ts';
import { describe } from '../../http/describe.ts';
import { Problem, parseParameters } from '../../http/problem.ts';
import { personSet } from '../../lake/segment/people-bounds.ts';
import { metaSchema } from '../../wire/meta.ts';
import {
  type EventsServices,
  eventListSchema,
  eventParametersSchema,
  listRequestOf,
  wireListOf,
} from '../events/events-routes.ts';
import { listEvents } from '../events/list-events.ts';
import { beginAsking } from '../view/asking.ts';
import { coverageOf, ignoreOpenWindows, joinCoverage } from '../view/coverage.ts';
import { readIdentity } from '../view/identity.ts';
import { readLinkEvents } from '../view/link-events.ts';
import { viewMeta } from '../view/meta.ts';
import { problemOf } from '../view/refusal.ts';
import { idsOf, type Profile, readProfile } from './profile.ts';

const textsSchema = z.array(z.string());
const touchSchema = z
  .record(z.string(), z.string())
  .nullable()
  .describe('referrer_domain, utm_source, utm_medium, utm_campaign, utm_term, utm_content, path');
const profileSchema = z.object({
  id: z.string(),
  person: z.string().describe('The pseudonym: 16 hex digits, the same for all ids of the person.'),
  userIds: textsSchema,
  anonymousIds: textsSchema,
  previousIds: textsSchema.describe('Given up for another by an alias.'),
  traits: z.record(z.string(), z.unknown()).describe('Of identify events, the latest value of each.'),
  firstSeen: z.iso.datetime(),
  lastSeen: z.iso.datetime(),
  firstTouch: touchSchema.describe('Of the first event with a page, a referrer or a campaign.'),
  lastTouch: touchSchema.describe('Of the last event with a referrer or a campaign; else as the first.'),
  events: z.object({
    total: z.int(),
    byName: z.array(z.object({ event: z.string(), count: z.int() })).describe('The most frequent first.'),
  }),
  groups: textsSchema,
  meta: metaSchema,
});

export function peopleRoutes(services: EventsServices): Hono {
  const app = new Hono();

  app.get(
    '/v1/people/:id',
    describe({
      summary: 'A person: traits, first and last touch, what they did how often',
      description: '`id` is any user id or anonymous id of the person.',
      tag: 'query',
      key: 'read',
      answer: profileSchema,
    }),
    async (c: Context) => {
      const { tenant } = await services.auth.authenticate(c.req.raw.headers, 'read');
      const id = mustId(c);
      const nowMs = services.now();
      const read = await readProfile(await beginAsking(services, tenant, nowMs), id);
      if (!read.ok) throw problemOf(read.error);
      const { profile, view, scannedEvents } = read.value;
      if (profile === null) throw new Problem(404, 'person-not-found', 'No event of such a person is stored.');
      const meta = viewMeta(view, scannedEvents);
      return c.json({ ...wireProfileOf(id, profile), meta: { ...meta, elapsedMs: services.now() - nowMs } });
    },
  );

  app.get(
    '/v1/people/:id/events',
    describe({
      summary: 'What a person did, the newest first, page by page',
      description: `By any id of the person. Unless \`from\` is given: of the last ${LIMITS.queryRangeDaysMax} days.`,
      tag: 'query',
      key: 'read',
      query: eventParametersSchema,
      answer: eventListSchema,
    }),
    async (c: Context) => {
      const { tenant } = await services.auth.authenticate(c.req.raw.headers, 'read');
      const id = mustId(c);
      const parameters = parseParameters(c.req.raw, eventParametersSchema);
      const nowMs = services.now();
      const request = listRequestOf(parameters, tenant.timezone, nowMs, LIMITS.queryRangeDaysMax);
      const asking = await beginAsking(services, tenant, nowMs);
      const { links, states } = await readLinkEvents(asking);
      const linked = await readIdentity(services.db, tenant.uid, links);
      if (!linked.ok) throw problemOf(linked.error);
      const linkCoverage = ignoreOpenWindows(coverageOf(states, request, nowMs));
      const { hashes } = idsOf(tenant.hashKey, id, linked.value);
      const listed = await listEvents(asking, { ...request, people: personSet(hashes) });
      if (!listed.ok) throw problemOf(listed.error);
      const coverage = joinCoverage(listed.value.coverage, linkCoverage);
      return c.json(wireListOf({ ...listed.value, coverage }, services.now() - nowMs, nowMs));
    },
  );

  return app;
}

function mustId(c: Context): string {
  const id = c.req.param('id') ?? '';
  if (id.length <= LIMITS.idLengthMax) return id;
  throw new Problem(404, 'person-not-found', `An id has at most ${LIMITS.idLengthMax} characters.`);
}

function wireProfileOf(id: string, { state, eventCount, events, ...profile }: Profile) {
  return {
    id,
    ...profile,
    firstSeen: state.first_seen,
    lastSeen: state.last_seen,
    firstTouch: state.first_touch ?? null,
    lastTouch: state.last_touch ?? null,
    events: { total: eventCount, byName: events },
  };
}
