/**
 * Event JSON: the two bags of an event, `properties` and `context`, bounded and written out once.
 *
 * in: loose JSON · out: the object with its JSON text, the form in which it is stored
 * What a tenant does not store of them, such as addresses, is removed later (core/privacy).
 */

import { LIMITS } from '../limits.ts';
import { isObject } from '../std/object.ts';
import { ok } from '../std/result.ts';
import type { EventType, JsonObject } from './event.ts';
import type { Wire } from './event-fields.ts';
import { findBadText, findFault, type JsonFault, mayHoldBadText } from './json-bounds.ts';
import { badText, type Checked, reject, unsafeNumber } from './reject.ts';

/** An object with its JSON text. */
export interface JsonText {
  readonly value: JsonObject;
  /** Null when the object is empty. */
  readonly text: string | null;
}

/** A context with its JSON. Events without a context of their own share the one object of their request. */
export interface ValidContext {
  readonly value: JsonObject;
  /** JSON text of `value`; null when it is empty. */
  readonly text: string | null;
  /**
   * Whether the context named an IP address, which shows that the request comes from a server that speaks for a device
   * elsewhere.
   */
  readonly hadAddress: boolean;
  /** UTF-8 size of `text`. Set on a request's context, which is measured once for all events. */
  readonly sizeBytes?: number;
}

const EMPTY: JsonObject = Object.freeze({});
export const NO_CONTEXT: ValidContext = { value: EMPTY, text: null, hadAddress: false };
/** A value takes at least two bytes of JSON, so an event of the largest size holds at most `nodesMax` values. */
const BOUNDS = {
  depthMax: LIMITS.propertyDepthMax,
  keysMax: LIMITS.propertyKeysMax,
  nodesMax: LIMITS.eventSizeBytesMax / 2,
};

/** The context of a request, or the context of an event laid over the request's. */
export function parseContext(given: unknown, base?: ValidContext): Checked<ValidContext> {
  if (!isObject(given)) return reject('context-invalid', '/context', 'The context is a JSON object.');
  const hadAddress = 'ip' in given || base?.hadAddress === true;
  const merged = base === undefined || base.text === null ? given : { ...base.value, ...given };
  const json = parseJsonObject(merged as JsonObject, '/context');
  return json.ok ? ok({ value: json.value.value, text: json.value.text, hadAddress }) : json;
}

/** The context of a request. It may be as large as one event, because every event of the request carries it. */
export function parseCommonContext(given: unknown): Checked<ValidContext> {
  const context = parseContext(given);
  if (!context.ok || context.value.text === null) return context;
  const sizeBytes = utf8SizeBytes(context.value.text);
  if (sizeBytes <= LIMITS.eventSizeBytesMax) return ok({ ...context.value, sizeBytes });
  const message = `A context may have ${LIMITS.eventSizeBytesMax} bytes of JSON, this one has ${sizeBytes}.`;
  return reject('event-too-large', '/context', message);
}

export function parseProperties(wire: Wire, type: EventType, name: string | null): Checked<JsonText> {
  const given = wire.properties ?? EMPTY;
  if (!isObject(given)) return reject('properties-invalid', '/properties', 'Properties are a JSON object.');
  return parseJsonObject(withTypeFields(given, wire, type, name) as JsonObject, '/properties');
}

/** Adds the fields of one type that have no column of their own: a page's name, the id that an alias gives up. */
function withTypeFields(properties: Wire, wire: Wire, type: EventType, name: string | null): Wire {
  if (name !== null && !('name' in properties)) return { ...properties, name };
  if (type === 'alias' && wire.previousId != null && !('previousId' in properties)) {
    return { ...properties, previousId: wire.previousId };
  }
  return properties;
}

function parseJsonObject(value: JsonObject, path: '/properties' | '/context'): Checked<JsonText> {
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
    case 'number-unsafe':
      return unsafeNumber(path);
    case 'text-invalid':
      return badText(path);
  }
}

/** Checks the size of the stored parts. Counts UTF-16 units first, and exact bytes only near the limit. */
export function checkSize(wire: Wire, properties: string | null, context: ValidContext): Checked<never> | null {
  const units = (properties?.length ?? 2) + (context.text?.length ?? 2);
  if (units * 3 <= LIMITS.eventSizeBytesMax - NAMES_SIZE_BYTES_MAX) return null;
  const names = [wire.id, wire.event, wire.name, wire.userId, wire.anonymousId, wire.groupId];
  const sizeBytes = names.reduce<number>((sum, text) => sum + (typeof text === 'string' ? utf8SizeBytes(text) : 0), 0);
  const metBytes =
    sizeBytes + utf8SizeBytes(properties ?? '{}') + (context.sizeBytes ?? utf8SizeBytes(context.text ?? '{}'));
  if (metBytes <= LIMITS.eventSizeBytesMax) return null;
  return reject(
    'event-too-large',
    '',
    `An event may have ${LIMITS.eventSizeBytesMax} bytes of JSON, this one has ${metBytes}.`,
  );
}

const NAMES_SIZE_BYTES_MAX = 3 * (2 * LIMITS.nameLengthMax + 4 * LIMITS.idLengthMax);

/** The UTF-8 size of a well-formed text, without encoding the text. */
function utf8SizeBytes(text: string): number {
  let sizeBytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    // Each half of a surrogate pair adds one byte to its unit: a pair has four bytes.
    sizeBytes += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2;
  }
  return sizeBytes;
}
