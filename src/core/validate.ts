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
 * An IP address in the context is dropped before anything is written out: it is never stored.
 *
 * Refused: a zod schema here: 2.3-4 µs an event for the shape alone, before bounds and texts, of a budget of 3 µs in all
 * (zod 4.6, jitless as workerd needs it, measured). The schema stands in wire-event.ts for the API's description, and a test
 * holds the two together.
 */
import { EVENT_TYPES, type EventType, type JsonObject } from './event.ts';
import { type EventTime, eventTime } from './event-time.ts';
import { parseInstant } from './instant.ts';
import {
  findBadText,
  findFault,
  isForbiddenKey,
  isGoodText,
  type JsonFault,
  mayHoldBadText,
  pointerStep,
} from './json-bounds.ts';
import { LIMITS } from './limits.ts';
import type { EventRejection, EventRejectionCode } from './rejection.ts';
import { err, ok, type Result } from './result.ts';

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

/** A context with its JSON. Events without a context of their own share the request's: compare by identity. */
export interface ValidContext {
  readonly value: JsonObject;
  /** JSON text of `value`; null when it is empty. */
  readonly text: string | null;
  /** It named an IP address: the request comes from a server that speaks for a device elsewhere. */
  readonly hadAddress: boolean;
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

type Wire = { readonly [field: string]: unknown };
type Checked<T> = Result<T, EventRejection>;

const EMPTY: JsonObject = Object.freeze({});
const NO_CONTEXT: ValidContext = { value: EMPTY, text: null, hadAddress: false };
const KNOWN_TYPES: ReadonlySet<unknown> = new Set(EVENT_TYPES);
/** A value takes at least two bytes of JSON: more of them cannot fit into an event. */
const BOUNDS = {
  depthMax: LIMITS.propertyDepthMax,
  keysMax: LIMITS.propertyKeysMax,
  nodesMax: LIMITS.eventSizeBytesMax / 2,
};

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

  const id = parseId(wire, 'id' in wire ? 'id' : 'messageId', 'id-invalid');
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
  const context = wire.context == null ? ok(arrival.context ?? NO_CONTEXT) : parseContext(wire.context, arrival.context);
  if (!context.ok) return context;

  const tooLarge = checkSize(wire, properties.value.text, context.value.text);
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

/** The context of a request or of an event, laid over its request's. */
export function parseContext(given: unknown, base?: ValidContext): Checked<ValidContext> {
  if (!isObject(given)) return reject('context-invalid', '/context', 'The context is a JSON object.');
  const hadAddress = 'ip' in given || base?.hadAddress === true;
  const merged = base === undefined || base.text === null ? given : { ...base.value, ...given };
  const value = 'ip' in merged ? withoutAddress(merged) : merged;
  const json = parseJsonObject(value as JsonObject, '/context');
  return json.ok ? ok({ value: json.value.value, text: json.value.text, hadAddress }) : json;
}

function withoutAddress(context: Wire): Wire {
  const { ip: _dropped, ...rest } = context;
  return rest;
}

function parseName(wire: Wire, type: EventType): Checked<{ event: string; name: string | null }> {
  const event = parseText(wire, 'event');
  if (!event.ok) return event;
  const name = wire.name == null ? NO_TEXT : parseText(wire, 'name');
  if (!name.ok) return name;
  if (event.value !== null) return ok({ event: event.value, name: name.value });
  if (type === 'track') return reject('name-missing', '/event', 'A track event needs a name in `event`.');
  return ok({ event: type, name: name.value });
}

const NO_TEXT = ok(null);

/** A name; null when absent or blank. */
function parseText(wire: Wire, field: 'event' | 'name'): Checked<string | null> {
  const text = wire[field];
  if (text == null || text === '') return NO_TEXT;
  if (typeof text !== 'string') return reject('name-invalid', `/${field}`, `A name is a text, got ${kindOf(text)}.`);
  if (text.length > LIMITS.nameLengthMax) {
    return reject('name-too-long', `/${field}`, tooLong('A name', LIMITS.nameLengthMax, text.length));
  }
  if (!isGoodText(text)) return badText(`/${field}`);
  return text.trim() === '' ? NO_TEXT : ok(text);
}

function parseId(
  wire: Wire,
  field: 'id' | 'messageId' | 'userId' | 'anonymousId' | 'groupId',
  code: EventRejectionCode,
): Checked<string | null> {
  const id = wire[field];
  if (id == null) return NO_TEXT;
  if (typeof id !== 'string') return reject(code, `/${field}`, `An id is a text, got ${kindOf(id)}.`);
  if (id.length > LIMITS.idLengthMax) return reject(code, `/${field}`, tooLong('An id', LIMITS.idLengthMax, id.length));
  return isGoodText(id) ? ok(id) : badText(`/${field}`);
}

function parseTime(wire: Wire, arrival: Arrival): Checked<EventTime> {
  const timestampMs = wire.timestamp == null ? null : parseInstant(wire.timestamp);
  const sentAtMs = wire.sentAt == null ? arrival.sentAtMs : parseInstant(wire.sentAt);
  if (Number.isNaN(timestampMs)) return reject('timestamp-invalid', '/timestamp', INSTANT_HINT);
  if (Number.isNaN(sentAtMs)) return reject('timestamp-invalid', '/sentAt', INSTANT_HINT);
  const time = eventTime(timestampMs, sentAtMs, arrival.receivedAtMs);
  if (time.atMs >= LIMITS.atMsMin && time.routingAtMs >= LIMITS.atMsMin) return ok(time);
  const hint = 'it must not lie before 1990. Epoch times are in milliseconds.';
  return reject('timestamp-out-of-range', '/timestamp', `The timestamp is ${isoOf(Math.min(time.atMs, time.routingAtMs))}; ${hint}`);
}

const INSTANT_HINT = 'A time is ISO 8601 with a zone, like 2026-07-01T12:00:00.000Z, or epoch milliseconds.';

/** Shifts by absurd clocks may leave what a Date can show. */
function isoOf(atMs: number): string {
  const date = new Date(atMs);
  return Number.isNaN(date.getTime()) ? `${atMs} ms` : date.toISOString();
}

interface JsonText {
  readonly value: JsonObject;
  readonly text: string | null;
}

function parseProperties(wire: Wire, type: EventType, name: string | null): Checked<JsonText> {
  const field = wire.properties == null && wire.traits != null ? 'traits' : 'properties';
  const given = wire[field] ?? EMPTY;
  if (!isObject(given)) return reject('properties-invalid', `/${field}`, 'Properties are a JSON object.');
  return parseJsonObject(withCallFields(given, wire, type, name) as JsonObject, `/${field}`);
}

/** Fields that Segment's calls carry beside the properties and that would be lost: a page's name, an alias's old id. */
function withCallFields(properties: Wire, wire: Wire, type: EventType, name: string | null): Wire {
  if (name !== null && !('name' in properties)) return { ...properties, name };
  if (type === 'alias' && wire.previousId != null && !('previousId' in properties)) {
    return { ...properties, previousId: wire.previousId };
  }
  return properties;
}

function parseJsonObject(value: JsonObject, path: '/properties' | '/traits' | '/context'): Checked<JsonText> {
  const fault = findFault(value, BOUNDS);
  if (fault !== null) return reportFault(fault, path);
  const text = JSON.stringify(value);
  if (text.length === 2) return ok({ value: EMPTY, text: null });
  const badTextFault = mayHoldBadText(text) ? findBadText(value) : null;
  return badTextFault === null ? ok({ value, text }) : reportFault(badTextFault, path);
}

function reportFault(fault: JsonFault, base: string): Checked<never> {
  const path = base + fault.path;
  switch (fault.kind) {
    case 'depth':
      return reject('properties-too-deep', path, `At most ${BOUNDS.depthMax} levels of nesting.`);
    case 'keys':
      return reject('properties-too-many-keys', base, `At most ${BOUNDS.keysMax} keys, nested ones counted.`);
    case 'nodes':
      return reject('event-too-large', base, `An event may have ${LIMITS.eventSizeBytesMax} bytes of JSON.`);
    case 'key-forbidden':
      return forbidden(path);
    case 'number-unsafe':
      return reject('number-unsafe', path, 'Beyond ±(2^53 - 1) a number loses digits in JSON: send it as a text.');
    case 'text-invalid':
      return badText(path);
  }
}

/** The size of the parts that are stored. Counted in UTF-16 units first: exact bytes only where they could matter. */
function checkSize(wire: Wire, properties: string | null, context: string | null): Checked<never> | null {
  const units = (properties?.length ?? 2) + (context?.length ?? 2);
  if (units * 3 <= LIMITS.eventSizeBytesMax - NAMES_SIZE_BYTES_MAX) return null;
  const names = [wire.id, wire.messageId, wire.event, wire.name, wire.userId, wire.anonymousId, wire.groupId];
  const sizeBytes = names.reduce<number>((sum, text) => sum + (typeof text === 'string' ? utf8SizeBytes(text) : 0), 0);
  const metBytes = sizeBytes + utf8SizeBytes(properties ?? '{}') + utf8SizeBytes(context ?? '{}');
  if (metBytes <= LIMITS.eventSizeBytesMax) return null;
  return reject('event-too-large', '', `An event may have ${LIMITS.eventSizeBytesMax} bytes of JSON, this one has ${metBytes}.`);
}

const NAMES_SIZE_BYTES_MAX = 3 * (2 * LIMITS.nameLengthMax + 5 * LIMITS.idLengthMax);

/** UTF-8 size of well-formed text, without encoding it. */
function utf8SizeBytes(text: string): number {
  let sizeBytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    // Half of a pair: a pair has four bytes.
    sizeBytes += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2;
  }
  return sizeBytes;
}

function isObject(value: unknown): value is Wire {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`;
}

function tooLong(what: string, limit: number, met: number): string {
  return `${what} may have ${limit} characters, this one has ${met}.`;
}

function forbidden(path: string): Checked<never> {
  return reject('key-forbidden', path, 'The keys __proto__, constructor and prototype are not taken.');
}

function badText(path: string): Checked<never> {
  return reject('text-invalid', path, 'The text holds a NUL or half of a surrogate pair.');
}

function reject(code: EventRejectionCode, path: string, message: string): Checked<never> {
  return err({ code, path, message });
}
