/**
 * Event: one thing a person did, as the edge validated and enriched it; one row of the lake.
 *
 * `StringColumn` lists the text columns of the lake in their order; together with the four numeric ones (at,
 * received_at, person, key_hash) and `late` they are the whole schema of an event at rest. `properties` and `context`
 * are JSON text.
 */

export const EVENT_TYPES = ['track', 'page', 'screen', 'identify', 'group', 'alias'] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;
export interface JsonObject {
  [key: string]: JsonValue;
}

/** Text columns, hot ones first, so that a query reads few ranges. Their order is part of the EventBlock format. */
export const STRING_COLUMNS = [
  'id',
  'type',
  'event',
  'user_id',
  'anonymous_id',
  'pii',
  'session_id',
  'group_id',
  'country',
  'region',
  'city',
  'device',
  'browser',
  'os',
  'referrer_domain',
  'utm_source',
  'utm_medium',
  'utm_campaign',
  'utm_term',
  'utm_content',
  'url',
  'path',
  'title',
  'source',
  'schema',
  'properties',
  'context',
  'sender',
] as const;
export type StringColumn = (typeof STRING_COLUMNS)[number];

/**
 * The class of the sender, which decides whose an event's id is (CORRECTNESS I1): a server key's or an import's ids are the
 * tenant's, a browser key's are those of its device. It is null in rows from before classes.
 */
export const SENDERS = ['server', 'import', 'browser'] as const;
export type Sender = (typeof SENDERS)[number];

/** Texts of one event; absent and null mean the same and are stored as null. */
export type EventStrings = { readonly id: string; readonly type: EventType; readonly event: string } & {
  readonly [column in StringColumn]?: string | null;
} & { readonly sender?: Sender | null };

/** One event, ready to be encoded into an EventBlock. */
export interface EventRecord {
  /** Event time, ms since epoch, already corrected and clamped. */
  readonly atMs: number;
  readonly receivedAtMs: number;
  /** True when the event time was clamped from the future. */
  readonly clamped: boolean;
  readonly strings: EventStrings;
  /** Parsed `properties` and `context`, for rollup filters, dimensions and measures at the edge. */
  readonly properties: JsonObject;
  readonly context: JsonObject;
}

/**
 * Returns the text that stands for the event's person: `userId` if present, else `anonymousId`. Null when the event has
 * neither: it counts as an event but never as a person.
 */
export function personOf(strings: {
  readonly user_id?: string | null;
  readonly anonymous_id?: string | null;
}): string | null {
  return strings.user_id ?? strings.anonymous_id ?? null;
}

/**
 * Returns the text whose hash chooses the shard. The device comes first, so that a login does not move a device's
 * events to another shard.
 */
export function partitionKeyOf(strings: {
  readonly id: string;
  readonly user_id?: string | null;
  readonly anonymous_id?: string | null;
}): string {
  return strings.anonymous_id ?? strings.user_id ?? strings.id;
}
