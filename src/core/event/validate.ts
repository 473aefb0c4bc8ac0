/**
 * Validate: the ordered checks that turn one event in our own names into an event that may be stored, or into the one
 * reason why not. Pure: the time and the facts of the request are arguments.
 *
 * in: a value of JSON.parse, and what its request says of all its events · out: ValidEvent, or an EventRejection
 * steps: object → type → name → ids → time → properties → context → size
 *
 * Fields: `{id, type, event, name, userId, anonymousId, groupId, previousId, timestamp, sentAt, properties, context}`. A
 * vendor's other names for them are translated before (edge/protocols). `null` is the same as absent. An empty `userId`,
 * `anonymousId` or `groupId` is absent too: many clients send "" for visitors without a login, and those must not become one
 * person. A junk id is absent with a note (junk-id.ts). Unknown fields are ignored.
 *
 * Name (`event` column): a track event must have one. Any other event may; without one it is called like its type, so that
 * `page` counts all page views and a page named "Signed Up" never mixes with the track event of that name. The `name` of a
 * page or screen becomes `properties.name` and serves as title.
 *
 * Refused: a zod schema here: 2.3-4 µs an event for the shape alone, before bounds and texts, of a budget of 3 µs in all
 * (zod 4.6, jitless as workerd needs it, measured). The schema stands in wire/ingest.ts for the API's description, and a
 * test holds the two together.
 */

import { DAY_MS, LIMITS } from '../limits.ts';
import { parseInstant } from '../std/instant.ts';
import { isObject } from '../std/object.ts';
import { err, ok } from '../std/result.ts';
import { readAlias } from './alias.ts';
import { EVENT_TYPES, type EventType, type JsonObject, type JsonValue, type Sender } from './event.ts';
import {
  ANONYMOUS_ID,
  GROUP_ID,
  JUNK_ID,
  parseEventId,
  parseId,
  parseName,
  USER_ID,
  type Wire,
} from './event-fields.ts';
import { checkSize, NO_CONTEXT, parseContext, parseProperties, type ValidContext } from './event-json.ts';
import { type EventTime, eventTime } from './event-time.ts';
import { DEFAULT_JUNK_IDS, type JunkIds } from './junk-id.ts';
import { type EventNote, NO_NOTES } from './note.ts';
import { type Checked, reject } from './reject.ts';

/** The part of a request that holds for all its events. */
export interface Arrival {
  readonly receivedAtMs: number;
  /** The clock by which a time lies in the future. Default: `receivedAtMs`. */
  readonly clockMs?: number;
  /** The request's own `sentAt`; null when it has none. */
  readonly sentAtMs: number | null;
  /** The type of every event, where the call fixes it (`/v1/track`). */
  readonly type?: EventType | undefined;
  /** Whether an event without a time is refused, as of history. Default: it happened when it was received. */
  readonly needsTime?: boolean;
  /** The request's own context: the default of every event's context, key by key. */
  readonly context?: ValidContext | undefined;
  /** Ids that name nobody. Default: the product's list. */
  readonly junkIds?: JunkIds | undefined;
  /** Default: `server`. */
  readonly sender?: Sender | undefined;
}

export interface ValidEvent extends EventTime {
  /** Null when the client sent none. */
  readonly id: string | null;
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
  /** The values that were left out or changed. */
  readonly notes: readonly EventNote[];
}

const KNOWN_TYPES: ReadonlySet<unknown> = new Set(EVENT_TYPES);

/**
 * @example validateEvent({ event: 'Order Completed', userId: 'u1' }, { receivedAtMs, sentAtMs: null })
 */
export function validateEvent(sent: unknown, arrival: Arrival): Checked<ValidEvent> {
  if (!isObject(sent)) return reject('event-not-object', '', 'An event is a JSON object.');
  const type = arrival.type ?? sent.type ?? 'track';
  const junkIds = arrival.junkIds ?? DEFAULT_JUNK_IDS;
  const alias = type === 'alias' ? readAlias(sent, junkIds) : null;
  const wire: Wire = alias === null ? sent : alias.wire;
  if (!KNOWN_TYPES.has(type)) return reject('type-unknown', '/type', `The type is one of ${EVENT_TYPES.join(', ')}.`);
  const named = parseName(wire, type as EventType);
  if (!named.ok) return named;

  const id = parseEventId(wire);
  if (!id.ok) return id;
  const userId = parseId(wire, USER_ID, junkIds);
  if (!userId.ok) return userId;
  const anonymousId = parseId(wire, ANONYMOUS_ID, junkIds);
  if (!anonymousId.ok) return anonymousId;
  const groupId = parseId(wire, GROUP_ID, junkIds);
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
  let notes = junkNotes(id, userId, anonymousId, groupId);
  if (alias !== null && alias.junkPath !== null) notes = [...notes, { code: 'junk-id', path: alias.junkPath }];
  if (alias !== null && arrival.sender === 'browser' && alias.previousId !== anonymousId.value)
    notes = [...notes, UNTRUSTED_ALIAS];
  if (wire.context != null && isJunk(context.value.value.groupId, junkIds)) notes = [...notes, JUNK_GROUP];
  if (time.value.clamped) notes = [...notes, CLAMPED];
  return ok({
    atMs: time.value.atMs,
    routingAtMs: time.value.routingAtMs,
    clamped: time.value.clamped,
    id: id.value,
    type: type as EventType,
    event: named.value.event,
    name: named.value.name,
    userId: userId.value,
    anonymousId: anonymousId.value,
    groupId: groupId.value,
    properties: properties.value.value,
    propertiesText: properties.value.text,
    context: context.value,
    notes,
  });
}

/** Which links of aliases hold is decided where they are read (find-links.ts). */
const UNTRUSTED_ALIAS: EventNote = { code: 'alias-untrusted', path: '/previousId' };
const JUNK_GROUP: EventNote = { code: 'junk-id', path: '/context/groupId' };
const CLAMPED: EventNote = { code: 'timestamp-clamped', path: '/timestamp' };

type ParsedId = Checked<string | null>;

function junkNotes(id: ParsedId, userId: ParsedId, anonymousId: ParsedId, groupId: ParsedId): readonly EventNote[] {
  if (id !== JUNK_ID && userId !== JUNK_ID && anonymousId !== JUNK_ID && groupId !== JUNK_ID) return NO_NOTES;
  const ids = { id, userId, anonymousId, groupId };
  return Object.entries(ids).flatMap(([field, parsed]): EventNote[] =>
    parsed === JUNK_ID ? [{ code: 'junk-id', path: `/${field}` }] : [],
  );
}

function isJunk(value: JsonValue | undefined, junkIds: JunkIds): boolean {
  return (typeof value === 'string' || typeof value === 'number') && value !== '' && junkIds.has(String(value));
}

function parseTime(wire: Wire, arrival: Arrival): Checked<EventTime> {
  if (wire.timestamp == null && arrival.needsTime === true) {
    return reject('timestamp-missing', '/timestamp', NO_TIME_HINT);
  }
  const timestampMs = wire.timestamp == null ? null : parseInstant(wire.timestamp);
  const sentAtMs = wire.sentAt == null ? arrival.sentAtMs : parseInstant(wire.sentAt);
  if (Number.isNaN(timestampMs)) return reject('timestamp-invalid', '/timestamp', INSTANT_HINT);
  if (Number.isNaN(sentAtMs)) return reject('timestamp-invalid', '/sentAt', INSTANT_HINT);
  const time = eventTime(timestampMs, sentAtMs, arrival.receivedAtMs, arrival.clockMs);
  const isEpoch = typeof wire.timestamp === 'number';
  // A number of no window is no time of the future, to be clamped, but one of a unit that cannot be told.
  if (isEpoch && time.clamped && timestampMs! >= LIMITS.epochMsMax) return outOfRange(`${wire.timestamp}`, UNIT_HINT);
  const earlierMs = Math.min(time.atMs, time.routingAtMs);
  if (arrival.sender === 'browser' && earlierMs < arrival.receivedAtMs - LIMITS.browserAgeMsMax)
    return tooOld(earlierMs);
  if (earlierMs >= LIMITS.atMsMin) return ok(time);
  const earlier = isoOf(earlierMs);
  return isEpoch ? outOfRange(`${wire.timestamp}, read as ${earlier}`, UNIT_HINT) : outOfRange(earlier, YEAR_HINT);
}

function outOfRange(time: string, hint: string): Checked<never> {
  return reject('timestamp-out-of-range', '/timestamp', `The timestamp is ${time}; ${hint}`);
}

/** No id is remembered for it: the same event may come with another key. */
function tooOld(atMs: number): Checked<never> {
  const days = LIMITS.browserAgeMsMax / DAY_MS;
  const message = `The event is of ${isoOf(atMs)}; a browser key takes events up to ${days} days old. A server key or an import may send it.`;
  return err({ code: 'timestamp-too-old', path: '/timestamp', message, ofThisTry: true });
}

const YEAR_HINT = 'it must not lie before 1990.';
const UNIT_HINT =
  'a number is read as seconds, milliseconds, microseconds or nanoseconds, whichever lies between 1990 and 2100.';
const INSTANT_HINT =
  'A time is ISO 8601 with a zone, like 2026-07-01T12:00:00.000Z, or a number of seconds or milliseconds since 1970.';
const NO_TIME_HINT = `History needs the time of each event. ${INSTANT_HINT}`;

/** An ISO time, or bare milliseconds: a shift by an absurd clock may leave the range of a Date. */
function isoOf(atMs: number): string {
  const date = new Date(atMs);
  return Number.isNaN(date.getTime()) ? `${atMs} ms` : date.toISOString();
}
