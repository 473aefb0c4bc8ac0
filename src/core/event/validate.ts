/**
 * Validate: the ordered checks that turn what a client sent as one event into an event that may be stored, or into the
 * one reason why not. Pure: time, chance and the surroundings are arguments.
 *
 * in: a value of JSON.parse, and what its request says of all its events · out: ValidEvent, or an EventRejection
 * steps: object → forbidden keys → type → name → ids → time → properties → context → size
 *
 * Fields: `{id|messageId, type, event|name, userId, anonymousId, groupId, timestamp, sentAt, properties|traits, context}`,
 * Segment's names beside ours. `null` is the same as absent. An empty `userId`, `anonymousId` or `groupId` is absent too:
 * many clients send "" for someone not logged in, who must not become one person. Unknown fields are ignored.
 *
 * Name (`event` column): a track event must have one. The others may; without one they are called like their type, so that
 * `page` counts all page views and a page named "Signed Up" never mixes with the track event of that name. Segment's `name`
 * of a page or screen goes into `properties.name` and serves as title.
 *
 * An id is made (by the caller's `newId`) when the client sent none; `idMade` says so, for then a retry cannot be recognised.
 *
 * Refused: a zod schema here: 2.3-4 µs an event for the shape alone, before bounds and texts, of a budget of 3 µs in all
 * (zod 4.6, jitless as workerd needs it, measured). The schema stands in wire-event.ts for the API's description, and a test
 * holds the two together.
 */

import { LIMITS } from '../limits.ts';
import { parseInstant } from '../std/instant.ts';
import { isObject } from '../std/object.ts';
import { pointerStep } from '../std/pointer.ts';
import { ok } from '../std/result.ts';
import { EVENT_TYPES, type EventType, type JsonObject } from './event.ts';
import { parseId, parseName, type Wire } from './event-fields.ts';
import { checkSize, NO_CONTEXT, parseContext, parseProperties, type ValidContext } from './event-json.ts';
import { type EventTime, eventTime } from './event-time.ts';
import { isForbiddenKey } from './json-bounds.ts';
import { type Checked, forbidden, reject } from './reject.ts';

/** What a request says of all its events. */
export interface Arrival {
  readonly receivedAtMs: number;
  /** The request's own `sentAt`; null when it has none. */
  readonly sentAtMs: number | null;
  /** Where the call fixes the type (`/v1/track`). */
  readonly type?: EventType | undefined;
  /** The request's own context: every event's default, key by key. */
  readonly context?: ValidContext | undefined;
}

export interface ValidEvent extends EventTime {
  readonly id: string;
  /** The client sent no id. */
  readonly idMade: boolean;
  readonly type: EventType;
  readonly event: string;
  /** The name of a page or screen. */
  readonly name: string | null;
  readonly userId: string | null;
  readonly anonymousId: string | null;
  readonly groupId: string | null;
  readonly properties: JsonObject;
  /** JSON text of `properties`; null when they are empty. */
  readonly propertiesText: string | null;
  readonly context: ValidContext;
}

const KNOWN_TYPES: ReadonlySet<unknown> = new Set(EVENT_TYPES);

/**
 * @example validateEvent({ event: 'Order Completed', userId: 'u1' }, { receivedAtMs, sentAtMs: null }, newId)
 */
export function validateEvent(wire: unknown, arrival: Arrival, newId: () => string): Checked<ValidEvent> {
  if (!isObject(wire)) return reject('event-not-object', '', 'An event is a JSON object.');
  for (const key in wire) if (isForbiddenKey(key)) return forbidden(pointerStep(key));

  const type = arrival.type ?? wire.type ?? 'track';
  if (!KNOWN_TYPES.has(type)) return reject('type-unknown', '/type', `The type is one of ${EVENT_TYPES.join(', ')}.`);
  const named = parseName(wire, type as EventType);
  if (!named.ok) return named;

  const id = parseId(wire, wire.id == null ? 'messageId' : 'id', 'id-invalid');
  if (!id.ok) return id;
  if (id.value === '') return reject('id-invalid', '/id', 'An id has at least one character; leave it out to get one.');
  const userId = parseId(wire, 'userId', 'person-id-invalid');
  if (!userId.ok) return userId;
  const anonymousId = parseId(wire, 'anonymousId', 'person-id-invalid');
  if (!anonymousId.ok) return anonymousId;
  const groupId = parseId(wire, 'groupId', 'group-id-invalid');
  if (!groupId.ok) return groupId;

  const time = parseTime(wire, arrival);
  if (!time.ok) return time;
  const properties = parseProperties(wire, type as EventType, named.value.name);
  if (!properties.ok) return properties;
  const context =
    wire.context == null ? ok(arrival.context ?? NO_CONTEXT) : parseContext(wire.context, arrival.context);
  if (!context.ok) return context;

  const tooLarge = checkSize(wire, properties.value.text, context.value);
  if (tooLarge !== null) return tooLarge;
  return ok({
    atMs: time.value.atMs,
    routingAtMs: time.value.routingAtMs,
    clamped: time.value.clamped,
    id: id.value ?? newId(),
    idMade: id.value === null,
    type: type as EventType,
    event: named.value.event,
    name: named.value.name,
    userId: userId.value || null,
    anonymousId: anonymousId.value || null,
    groupId: groupId.value || null,
    properties: properties.value.value,
    propertiesText: properties.value.text,
    context: context.value,
  });
}

function parseTime(wire: Wire, arrival: Arrival): Checked<EventTime> {
  const timestampMs = wire.timestamp == null ? null : parseInstant(wire.timestamp);
  const sentAtMs = wire.sentAt == null ? arrival.sentAtMs : parseInstant(wire.sentAt);
  if (Number.isNaN(timestampMs)) return reject('timestamp-invalid', '/timestamp', INSTANT_HINT);
  if (Number.isNaN(sentAtMs)) return reject('timestamp-invalid', '/sentAt', INSTANT_HINT);
  const time = eventTime(timestampMs, sentAtMs, arrival.receivedAtMs);
  if (time.atMs >= LIMITS.atMsMin && time.routingAtMs >= LIMITS.atMsMin) return ok(time);
  const hint = 'it must not lie before 1990. Epoch times are in milliseconds.';
  return reject(
    'timestamp-out-of-range',
    '/timestamp',
    `The timestamp is ${isoOf(Math.min(time.atMs, time.routingAtMs))}; ${hint}`,
  );
}

const INSTANT_HINT = 'A time is ISO 8601 with a zone, like 2026-07-01T12:00:00.000Z, or epoch milliseconds.';

/** Shifts by absurd clocks may leave what a Date can show. */
function isoOf(atMs: number): string {
  const date = new Date(atMs);
  return Number.isNaN(date.getTime()) ? `${atMs} ms` : date.toISOString();
}
