/**
 * Live routes: tickets, and the stream of what arrives, as a WebSocket or as server-sent events.
 */
import { Hono } from 'hono';
import { LIMITS } from '../core/limits.ts';
import { LIVE_FIELDS, type LiveFilter, WATCH_HEADER, type WatchSpec } from '../core/live/watch.ts';
import { isoTime } from '../core/std/instant.ts';
import { KEY_ID_LENGTH, type Tenant } from '../core/tenant/tenant.ts';
import { type Authenticated, keyRevoked, lookUp } from '../http/authenticate.ts';
import { Problem, unavailable } from '../http/problem.ts';
import { route } from '../http/route.ts';
import type { Services } from '../services.ts';
import { liveParametersSchema, liveTicketSchema } from '../wire/live.ts';
import { makeTicket, verifyTicket } from './ticket.ts';

export type StreamServices = Pick<Services, 'auth' | 'tenants' | 'keys' | 'random' | 'liveOf' | 'throttles' | 'now'>;

const LAST_EVENT_ID = 'last-event-id';
/** A filter is attached to its connection, where 2 KB have room. */
const FILTER_LENGTH_MAX = 1_500;

/** @example app.route('/v1/live', liveRoutes(services)) */
export function liveRoutes(services: StreamServices): Hono {
  const { auth, keys, random, now } = services;
  const app = new Hono();
  const own = { tag: 'query' } as const;
  route(
    app,
    auth,
    {
      ...own,
      method: 'post',
      path: '/ticket',
      summary: 'Makes a ticket for the live stream',
      description:
        'It lets one connection in, within 30 seconds. A page opens its WebSocket with it, because a key has no place in a URL.',
      key: 'read',
      answer: liveTicketSchema,
    },
    async ({ tenant, keyHash }) => {
      const expiresAtMs = now() + LIMITS.liveTicketMs;
      const claims = { uid: tenant.uid, keyId: keyHash.slice(0, KEY_ID_LENGTH), expiresAtMs };
      return { ticket: await makeTicket(keys, random, claims), expiresAt: isoTime(expiresAtMs) };
    },
  );

  route(
    app,
    auth,
    {
      ...own,
      method: 'get',
      path: '/',
      summary: 'Streams what arrives: counts by second, top lists, events, and what was refused and why',
      description:
        'A WebSocket when the request asks for an upgrade, else server-sent events. A WebSocket needs a ticket; a stream takes ' +
        'a read key in its header as well. Filters may repeat: values of one name are alternatives.',
      key: 'read or ticket',
      query: liveParametersSchema,
      answer: 'text/event-stream',
      errors: ['ticket-invalid', 'live-full', 'live-unavailable'],
    },
    ({ caller, query, request }) => watch(services, caller, query.ticket, request),
  );
  return app;
}

async function watch(
  services: StreamServices,
  caller: Authenticated | null,
  ticket: string | undefined,
  request: Request,
): Promise<Response> {
  const claims = caller === null ? await claimsOfTicket(services, ticket ?? '') : claimsOfKey(caller);
  const spec: WatchSpec = { ...claims, filter: filterOf(request), after: afterOf(request) };
  const { regions } = await currentTenant(services, claims);
  const headers = new Headers(request.headers);
  headers.set(WATCH_HEADER, encodeURIComponent(JSON.stringify(spec)));
  const hub = services.liveOf(spec.uid, regions[0]);
  let answer: Response;
  try {
    answer = await hub.fetch(new Request(request, { headers }));
  } catch (cause) {
    throw unavailable('live-unavailable', 'The live stream could not be opened. Try again.', cause);
  }
  if (answer.status === 429) services.throttles?.count(spec.uid, 'live-full');
  if (answer.status >= 400) throw problemOf(answer.status);
  // The headers of an answer that came from elsewhere cannot be changed, and every answer gets the security headers.
  return answer.webSocket ? answer : new Response(answer.body, { headers: new Headers(answer.headers) });
}

type Claims = Pick<WatchSpec, 'uid' | 'keyId' | 'ticket'>;

function claimsOfKey({ tenant, keyHash }: Authenticated): Claims {
  return { uid: tenant.uid, keyId: keyHash.slice(0, KEY_ID_LENGTH), ticket: null };
}

async function claimsOfTicket({ keys, now }: StreamServices, text: string): Promise<Claims> {
  const ticket = await verifyTicket(keys, text, now());
  if (ticket === null) throw ticketInvalid();
  const { uid, keyId, name, expiresAtMs } = ticket;
  return { uid, keyId, ticket: { name, expiresAtMs } };
}

/**
 * The tenant whose key opens the stream, read anew: a client whose connection was ended with its key comes back at once, maybe
 * to an isolate that still takes the key for active, and a connection lives longer than what an isolate remembers.
 */
async function currentTenant({ tenants }: StreamServices, { uid, keyId, ticket }: Claims): Promise<Tenant> {
  const known = await lookUp(tenants.reload(uid));
  const isActive = known !== null && [...known.activeKeyHashes].some((hash) => hash.startsWith(keyId));
  if (isActive) return known.tenant;
  throw ticket === null ? keyRevoked() : ticketInvalid();
}

/** The refusal of a hub, by its status. */
function problemOf(status: number): Problem {
  if (status === 401) return ticketInvalid();
  if (status === 410) return new Problem(401, 'tenant-deleted', 'The tenant does not exist any more.');
  if (status === 429) {
    const detail = `${LIMITS.liveWatchersMax} connections watch this tenant, which is the most.`;
    return new Problem(429, 'live-full', detail, { headers: { 'retry-after': '10' } });
  }
  return unavailable(
    'live-unavailable',
    'The live stream could not be opened. Try again.',
    new Error(`status ${status}`),
  );
}

function ticketInvalid(): Problem {
  return new Problem(
    401,
    'ticket-invalid',
    'The ticket is not valid: it was used before, it has ended, its key was revoked, or it is no ticket.',
  );
}

function filterOf(request: Request): LiveFilter {
  const { searchParams } = new URL(request.url);
  const filter = Object.fromEntries(
    LIVE_FIELDS.flatMap((field) => {
      const values = searchParams.getAll(field);
      return values.length === 0 ? [] : [[field, values]];
    }),
  );
  const count = Object.values(filter).flat().length;
  if (count <= LIMITS.liveFilterValuesMax && JSON.stringify(filter).length <= FILTER_LENGTH_MAX) return filter;
  const detail = `The filters may have ${LIMITS.liveFilterValuesMax} values and ${FILTER_LENGTH_MAX} characters together.`;
  throw new Problem(400, 'request-invalid', detail, { extra: { path: '', errors: [] } });
}

/** The last message that the watcher has, by the parameter, or by the header with which a browser resumes a stream. */
function afterOf(request: Request): number | null {
  const text = new URL(request.url).searchParams.get('after') ?? request.headers.get(LAST_EVENT_ID) ?? '';
  return /^\d{1,16}$/.test(text) ? Number(text) : null;
}
