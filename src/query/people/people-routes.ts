/**
 * People routes: a person by any of their ids, and what they did. Each call is there twice: by GET with the id in the URL, and by
 * POST with the id in the body, because proxies, browsers and platforms log URLs, and an id is often an e-mail address.
 */
import { Hono } from 'hono';
import { LIMITS } from '../../core/limits.ts';
import { hashesOf } from '../../core/people/id-hashes.ts';
import { hashText } from '../../core/people/links.ts';
import { Hasher } from '../../core/std/hash.ts';
import type { Tenant } from '../../core/tenant/tenant.ts';
import { Problem } from '../../http/problem.ts';
import { route } from '../../http/route.ts';
import { undoLinks } from '../../lake/manifest/link-store.ts';
import type { Services } from '../../services.ts';
import { type EventsPage, eventListSchema, eventsPageSchema } from '../../wire/events.ts';
import { personEventsSchema, personSchema, profileSchema, unlinkedSchema, unlinkSchema } from '../../wire/people.ts';
import { answerCall } from '../call/call.ts';
import { LIST_CODES, mustListRequest } from '../events/page-request.ts';
import { wireList } from '../events/wire-list.ts';
import type { QueryPorts } from '../view/asking.ts';
import { viewMeta } from '../view/meta.ts';
import { problemOf, READING_CODES } from '../view/refusal.ts';
import { listPersonEvents } from './person-events.ts';
import { type Profile, readProfile } from './profile.ts';

export type PeopleServices = Pick<Services, 'auth'> & QueryPorts;

/** @example app.route('/v1/people', peopleRoutes(services)) */
export function peopleRoutes(services: PeopleServices): Hono {
  const app = new Hono();
  const own = { tag: 'query', key: 'read' } as const;
  const profile = { ...own, answer: profileSchema, errors: [...READING_CODES, 'person-not-found'] as const };
  const events = { ...own, answer: eventListSchema, errors: [...LIST_CODES, 'person-not-found'] as const };
  const inBody = 'The id is in the body, so that no log of URLs has it.';

  const showProfile = async (tenant: Tenant, id: string) => {
    mustBeId(id);
    const nowMs = services.now();
    const read = await answerCall(services, { tenant, nowMs }, (asking) => readProfile(asking, id));
    if (!read.ok) throw problemOf(read.error);
    const { profile, view, scannedEvents } = read.value;
    if (profile === null) throw notFound('No event of a person with this id is stored.');
    const meta = { ...viewMeta(view, scannedEvents), elapsedMs: services.now() - nowMs };
    return { id, ...wireProfile(profile), meta };
  };
  const listEvents = async (tenant: Tenant, id: string, page: EventsPage) => {
    mustBeId(id);
    const nowMs = services.now();
    const { timezone } = tenant;
    const request = mustListRequest(page, { timezone, nowMs, daysDefault: LIMITS.queryRangeDaysMax });
    const listed = await answerCall(services, { tenant, nowMs }, (asking) => listPersonEvents(asking, id, request));
    if (!listed.ok) throw problemOf(listed.error);
    return wireList(listed.value, services.now() - nowMs, nowMs);
  };

  route(
    app,
    services.auth,
    {
      ...profile,
      method: 'get',
      path: '/:id',
      summary: 'Shows a person: traits, first and last touch, and the number of events by name',
      description:
        '`id` is any user id or anonymous id of the person. Where it is both, of two people, the user is shown.',
    },
    ({ tenant, params: { id } }) => showProfile(tenant, id),
  );

  route(
    app,
    services.auth,
    {
      ...profile,
      method: 'post',
      path: '/profile',
      summary: 'Shows a person, as the GET does',
      description: inBody,
      body: { schema: personSchema, sizeBytesMax: LIMITS.controlBodySizeBytesMax },
    },
    ({ tenant, body: { id } }) => showProfile(tenant, id),
  );

  route(
    app,
    services.auth,
    {
      ...events,
      method: 'get',
      path: '/:id/events',
      summary: 'Lists what a person did, the newest event first, page by page',
      description: `\`id\` is any id of the person. Without \`from\`, the last ${LIMITS.queryRangeDaysMax} days are listed.`,
      query: eventsPageSchema,
    },
    ({ tenant, params: { id }, query }) => listEvents(tenant, id, query),
  );

  route(
    app,
    services.auth,
    {
      ...events,
      method: 'post',
      path: '/events',
      summary: 'Lists what a person did, as the GET does',
      description: inBody,
      body: { schema: personEventsSchema, sizeBytesMax: LIMITS.controlBodySizeBytesMax },
    },
    ({ tenant, body: { id, ...page } }) => listEvents(tenant, id, page),
  );

  route(
    app,
    services.auth,
    {
      tag: 'query',
      key: 'admin',
      method: 'post',
      path: '/unlink',
      summary: 'Undoes links between ids: by pair, or all that a source told',
      description:
        'The events stay, and count for the ids they were sent under. A link of an event that is stored after the call holds ' +
        'again: a person who identifies anew is linked anew.',
      body: { schema: unlinkSchema, sizeBytesMax: LIMITS.controlBodySizeBytesMax },
      answer: unlinkedSchema,
      example: { body: { pairs: [['bob', 'alice']] }, answer: { undone: 1 } },
    },
    async ({ tenant, body: { pairs, sources } }) => {
      const hasher = new Hasher(tenant.hashKey);
      const hashed = pairs.flatMap(([left, right]) => hashedPairs(hasher, left, right));
      return { undone: await undoLinks(services.db, tenant.uid, { pairs: hashed, sources }) };
    },
  );

  return app;
}

/** A text may be a user's id or a device's. */
function hashedPairs(hasher: Hasher, left: string, right: string): { readonly from: string; readonly to: string }[] {
  const targets = hashesOf(hasher, right).map(({ high, low }) => hashText(high, low));
  return hashesOf(hasher, left).flatMap(({ high, low }) => targets.map((to) => ({ from: hashText(high, low), to })));
}

/** Throws for a text that no event can have as an id. */
function mustBeId(id: string): void {
  if (id.length > LIMITS.idLengthMax) throw notFound(`An id has at most ${LIMITS.idLengthMax} characters.`);
}

function notFound(detail: string): Problem {
  return new Problem(404, 'person-not-found', detail);
}

function wireProfile({ eventCount, events, ...profile }: Profile) {
  return { ...profile, events: { total: eventCount, byName: events } };
}
