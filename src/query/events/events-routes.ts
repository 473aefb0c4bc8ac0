/**
 * Events routes: `GET /v1/events`, the explorer: the newest events of a range, page by page.
 */
import { type Context, Hono } from 'hono';
import { z } from 'zod';
import type { JsonObject } from '../../core/event/event.ts';
import { DAY_MS, LIMITS, MINUTE_MS } from '../../core/limits.ts';
import { parseInstant } from '../../core/query/question/request.ts';
import { describe } from '../../http/describe.ts';
import { Problem, parseParameters } from '../../http/problem.ts';
import { fromBase64, toBase64 } from '../../lake/std/base64.ts';
import type { Services } from '../../services.ts';
import { beginAsking, type QueryPorts } from '../view/asking.ts';
import { isComplete } from '../view/coverage.ts';
import { liveSource } from '../view/meta.ts';
import { problemOf } from '../view/refusal.ts';
import { type EventList, type ListedEvent, type ListRequest, listEvents } from './list-events.ts';
import type { EventPlace } from './newest.ts';

export type EventsServices = Pick<Services, 'auth'> & QueryPorts;

const PAGE_DEFAULT = 20;
const CURSOR_LENGTH_MAX = 2_000;
/** Nothing is later: events from the future are clamped, by an edge whose clock may run ahead. */
const FUTURE_MS = LIMITS.futureClampMs + MINUTE_MS;

const instantText = z.string().max(40).describe('ISO time with its zone, or a date in the zone of the tenant.');
export const eventParametersSchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(LIMITS.eventsPageMax).default(PAGE_DEFAULT),
  event: z.string().min(1).max(LIMITS.nameLengthMax).optional().describe('Only events of this name.'),
  from: instantText.optional().describe('The first event time; of all events, 24 hours before `to` unless said.'),
  to: instantText.optional().describe('Event times before it; unless said, everything up to now.'),
  cursor: z.string().max(CURSOR_LENGTH_MAX).optional().describe('As the page before gave it: older events.'),
});

const eventSchema = z.object({
  id: z.string(),
  type: z.string(),
  event: z.string(),
  userId: z.string().optional(),
  anonymousId: z.string().optional(),
  timestamp: z.iso.datetime(),
  receivedAt: z.iso.datetime(),
  properties: z.record(z.string(), z.unknown()),
  context: z.record(z.string(), z.unknown()),
  columns: z.record(z.string(), z.string()).describe('What was derived from the event: country, browser, path …'),
});
export const eventListSchema = z.object({
  events: z.array(eventSchema).describe('Newest first.'),
  cursor: z.string().nullable().describe('For the next, older page; null: there is none.'),
  meta: z.object({
    asOf: z.iso.datetime().describe('What happened before it is in.'),
    complete: z
      .boolean()
      .describe('Every shard answered, nothing of the range is still open, and retention took nothing from it.'),
    pending: z.literal(0),
    sources: z.object({
      live: z.object({ shards: z.int(), answered: z.int(), events: z.int() }),
      lake: z.object({ segments: z.int() }),
    }),
    scannedEvents: z.int(),
    elapsedMs: z.int(),
    identityAsOf: z.iso.datetime().optional().describe('Links between ids that were made by then are followed.'),
  }),
});

export function eventsRoutes(services: EventsServices): Hono {
  const app = new Hono();
  app.get(
    '/v1/events',
    describe({
      summary: 'The newest events, page by page',
      tag: 'query',
      key: 'read',
      query: eventParametersSchema,
      answer: eventListSchema,
    }),
    async (c: Context) => {
      const { tenant } = await services.auth.authenticate(c.req.raw.headers, 'read');
      const parameters = parseParameters(c.req.raw, eventParametersSchema);
      const nowMs = services.now();
      const request = listRequestOf(parameters, tenant.timezone, nowMs, 1);
      const listed = await listEvents(await beginAsking(services, tenant, nowMs), request);
      if (!listed.ok) throw problemOf(listed.error);
      return c.json(wireListOf(listed.value, services.now() - nowMs));
    },
  );
  return app;
}

/** `days` that are shown when no start is given. */
export function listRequestOf(
  { limit, event, from, to, cursor }: z.output<typeof eventParametersSchema>,
  timezone: string,
  nowMs: number,
  days: number,
): ListRequest {
  const after = cursor === undefined ? undefined : parseCursor(cursor);
  return { ...parseRange(from, to, timezone, nowMs, days), event, after, limit };
}

/** `identityAsOfMs`: where the list goes by a person's ids. */
export function wireListOf(
  { events, next, coverage, segments, scannedEvents }: EventList,
  elapsedMs: number,
  identityAsOfMs?: number,
): z.input<typeof eventListSchema> {
  return {
    events: events.map(wireEventOf),
    cursor: next && cursorOf(next),
    meta: {
      asOf: new Date(coverage.asOfMs).toISOString(),
      complete: isComplete(coverage),
      pending: 0,
      sources: {
        live: liveSource(coverage),
        lake: { segments },
      },
      scannedEvents,
      elapsedMs,
      ...(identityAsOfMs !== undefined && { identityAsOf: new Date(identityAsOfMs).toISOString() }),
    },
  };
}

function parseRange(from: string | undefined, to: string | undefined, timezone: string, nowMs: number, days: number) {
  const endMs = to === undefined ? nowMs + FUTURE_MS : mustInstant('to', to, timezone);
  const startMs = from === undefined ? Math.min(endMs, nowMs) - days * DAY_MS : mustInstant('from', from, timezone);
  if (startMs >= endMs) throw new Problem(400, 'range-inverted', 'The range ends before it begins.');
  if ((endMs - startMs) / DAY_MS > LIMITS.queryRangeDaysMax + 1) {
    throw new Problem(400, 'range-too-wide', `A range has at most ${LIMITS.queryRangeDaysMax} days.`);
  }
  return { startMs, endMs };
}

function mustInstant(name: string, text: string, timezone: string): number {
  const atMs = parseInstant(text, timezone);
  if (atMs !== null) return atMs;
  const detail = `${name}: "${text}" is neither a date (2024-03-31) nor a time with its zone (2024-03-31T12:00:00Z).`;
  throw new Problem(400, 'range-invalid', detail);
}

function wireEventOf({ atMs, receivedAtMs, strings }: ListedEvent): z.input<typeof eventSchema> {
  const { id = '', type, event, user_id, anonymous_id, pii: _, properties, context, ...columns } = strings;
  return {
    id: id ?? '',
    type: type ?? '',
    event: event ?? '',
    ...(user_id && { userId: user_id }),
    ...(anonymous_id && { anonymousId: anonymous_id }),
    timestamp: new Date(atMs).toISOString(),
    receivedAt: new Date(receivedAtMs).toISOString(),
    properties: objectOf(properties),
    context: objectOf(context),
    columns: columns as Record<string, string>,
  };
}

function objectOf(text: string | null | undefined): JsonObject {
  return text ? (JSON.parse(text) as JsonObject) : {};
}

const cursorSchema = z.tuple([z.number(), z.string(), z.string().regex(/^-?\d{1,20}$/)]);

function cursorOf({ atMs, id, keyHash }: EventPlace): string {
  const bytes = new TextEncoder().encode(JSON.stringify([atMs, id, String(keyHash)]));
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function parseCursor(text: string): EventPlace {
  try {
    const bytes = fromBase64(text.replaceAll('-', '+').replaceAll('_', '/'));
    const [atMs, id, keyHash] = cursorSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
    return { atMs, id, keyHash: BigInt(keyHash) };
  } catch (cause) {
    throw new Problem(400, 'cursor-invalid', 'cursor: not one that a page gave.', { cause });
  }
}
