/**
 * Log record: a record of OpenTelemetry's logs as one of our events.
 *
 * The event is called like the record's `eventName`, or its attribute `event.name`; other records are called `log`. Attributes
 * are properties, and those of the semantic conventions that tell what our columns hold fill these. Attributes of the resource
 * stand in for those that the record lacks; the resource is kept as `context.resource`.
 * Reference: https://opentelemetry.io/docs/specs/semconv/
 */
import type { Wire } from '../../../core/event/event-fields.ts';
import { isObject } from '../../../core/std/object.ts';
import type { Draft } from '../kit/draft.ts';
import { looseId, numeric, textOf } from '../kit/loose.ts';
import { UnreadableEvent, WrappedEvent } from '../protocol.ts';

/** A record with what its neighbours share. */
export class SentRecord extends WrappedEvent {
  readonly resource: Resource;
  readonly scope: Wire;
  /** The id of a record that brings none. */
  readonly id: string;

  constructor(record: unknown, resource: Resource, scope: Wire, id: string) {
    super(record);
    this.resource = resource;
    this.scope = scope;
    this.id = id;
  }
}

export interface Attribute {
  readonly key: string;
  readonly value: unknown;
  /** Where it stands in its record; null for one of the resource. */
  readonly place: string | null;
}

/** What a resource gives to each of its records, read once for all of them. */
export interface Resource {
  /** The attributes that fill columns, each name once. */
  readonly known: readonly Attribute[];
  /** All attributes; null when there are none. */
  readonly whole: Wire | null;
}

/** The nesting of a value that is read; an event has less. */
const DEPTH_MAX = 12;

/** The attributes of a record, or of a resource. Null when they are no list of keys and values. */
function readAttributes(list: unknown, place: string | null): Attribute[] | null {
  if (list == null) return [];
  if (!Array.isArray(list)) return null;
  const attributes: Attribute[] = [];
  for (const [i, entry] of list.entries()) {
    if (!isObject(entry) || typeof entry.key !== 'string') return null;
    attributes.push({ key: entry.key, value: plainOf(entry.value, 0), place: place && `${place}/${i}/value` });
  }
  return attributes;
}

export function readResource(list: unknown): Resource {
  const attributes = readAttributes(list, null) ?? [];
  const known = new Map(
    attributes.filter(({ key }) => fillsColumn(key)).map((attribute) => [attribute.key, attribute]),
  );
  const whole = attributes.length === 0 ? null : Object.fromEntries(attributes.map(({ key, value }) => [key, value]));
  return { known: [...known.values()], whole };
}

function fillsColumn(key: string): boolean {
  return [IDENTITY, CONTEXT, CONTEXT_PARTS].some((table) => Object.hasOwn(table, key));
}

/** The JSON value of an AnyValue. Integers come as texts, and stay texts when a double cannot keep them. */
function plainOf(value: unknown, depth: number): unknown {
  if (!isObject(value) || depth > DEPTH_MAX) return null;
  if ('intValue' in value) return numeric(value.intValue);
  if (isObject(value.arrayValue)) return listOf(value.arrayValue.values).map((one) => plainOf(one, depth + 1));
  if (isObject(value.kvlistValue)) {
    const pairs = listOf(value.kvlistValue.values).filter(isObject);
    return Object.fromEntries(pairs.map((pair) => [looseId(pair.key) ?? '', plainOf(pair.value, depth + 1)]));
  }
  return value.stringValue ?? value.boolValue ?? value.doubleValue ?? value.bytesValue ?? null;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

const IDENTITY = {
  'log.record.uid': 'id',
  'event.name': 'event',
  'tidemark.type': 'type',
  'user.id': 'userId',
  'enduser.id': 'userId',
  'enduser.pseudo.id': 'anonymousId',
  'app.installation.id': 'anonymousId',
  'device.id': 'anonymousId',
  'tidemark.group.id': 'groupId',
  'tidemark.previous.id': 'previousId',
} as const;

const CONTEXT = {
  'session.id': 'sessionId',
  'user_agent.original': 'userAgent',
  'client.address': 'ip',
  'browser.language': 'locale',
} as const;

const CONTEXT_PARTS = {
  'url.full': ['page', 'url'],
  'url.path': ['page', 'path'],
  'page.title': ['page', 'title'],
  'http.request.header.referer': ['page', 'referrer'],
  'geo.country.iso_code': ['location', 'country'],
  'geo.region.iso_code': ['location', 'region'],
  'geo.locality.name': ['location', 'city'],
  'os.name': ['os', 'name'],
  'os.version': ['os', 'version'],
  'device.manufacturer': ['device', 'manufacturer'],
  'device.model.name': ['device', 'model'],
  'service.name': ['app', 'name'],
  'service.version': ['app', 'version'],
  'telemetry.sdk.name': ['library', 'name'],
  'telemetry.sdk.version': ['library', 'version'],
} as const;

export function translateRecord(sent: Wire, draft: Draft): UnreadableEvent | undefined {
  const { sent: record, resource, scope, id } = sent as unknown as SentRecord;
  if (record instanceof UnreadableEvent) return record;
  if (!isObject(record)) {
    return new UnreadableEvent({ code: 'event-not-object', path: '', message: 'A log record is a JSON object.' });
  }
  const attributes = readAttributes(record.attributes, '/attributes');
  if (attributes === null) {
    const message = '`attributes` is a list of {key, value}.';
    return new UnreadableEvent({ code: 'properties-invalid', path: '/attributes', message });
  }
  draft.put('id', id, '');
  draft.put('event', 'log', '/eventName');
  translateTime(record, draft);
  for (const attribute of resource.known) translateAttribute(attribute, draft);
  for (const attribute of attributes) translateAttribute(attribute, draft);
  if (record.eventName != null && record.eventName !== '') draft.put('event', record.eventName, '/eventName');
  translateRest(record, draft);
  draft.context('resource', resource.whole, '');
  if (scope.name != null && scope.name !== '') draft.context('scope', scope.name, '');
}

/** Nanoseconds as digits, of which the last six are below a millisecond. 0 stands for an unknown time. */
function translateTime(record: Wire, draft: Draft): void {
  const name = isKnown(record.timeUnixNano) ? 'timeUnixNano' : 'observedTimeUnixNano';
  const time = record[name];
  if (!isKnown(time)) return;
  const digits = digitsOf(time);
  draft.put('timestamp', /^\d{7,}$/.test(digits) ? Number(digits.slice(0, -6)) : time, `/${name}`);
}

function isKnown(time: unknown): boolean {
  return time != null && time !== '' && (typeof time === 'object' || Number(time) !== 0);
}

/** The digits of a number or a text; '' for any other value, an endless number among them. */
function digitsOf(time: unknown): string {
  if (typeof time === 'number') return Number.isFinite(time) ? BigInt(Math.trunc(time)).toString() : '';
  return textOf(time) ?? '';
}

function translateAttribute({ key, value, place }: Attribute, draft: Draft): void {
  const at = place ?? '';
  if (value == null || value === '') return;
  if (Object.hasOwn(IDENTITY, key)) draft.put(IDENTITY[key as keyof typeof IDENTITY], value, at);
  else if (Object.hasOwn(CONTEXT, key)) draft.context(CONTEXT[key as keyof typeof CONTEXT], value, at);
  else if (Object.hasOwn(CONTEXT_PARTS, key)) {
    const [part, name] = CONTEXT_PARTS[key as keyof typeof CONTEXT_PARTS];
    draft.inContext(part, name, value, at);
  } else if (place !== null) draft.property(key, value, at);
}

function translateRest(record: Wire, draft: Draft): void {
  const body = plainOf(record.body, 0);
  if (body !== null) draft.property('body', body, '/body');
  if (record.severityText) draft.property('severity', record.severityText, '/severityText');
  if (record.severityNumber) draft.property('severity_number', record.severityNumber, '/severityNumber');
  if (record.traceId) draft.property('trace_id', record.traceId, '/traceId');
  if (record.spanId) draft.property('span_id', record.spanId, '/spanId');
}
