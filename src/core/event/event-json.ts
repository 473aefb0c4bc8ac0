/**
 * Event JSON: the two bags of an event, `properties` (or `traits`) and `context`, bounded and written out once.
 *
 * in: loose JSON · out: the object with its JSON text, the form in which it is stored
 * An IP address in the context is dropped before anything is written: it is never stored.
 */

import { LIMITS } from '../limits.ts';
import { isObject } from '../std/object.ts';
import { ok } from '../std/result.ts';
import type { EventType, JsonObject } from './event.ts';
import type { Wire } from './event-fields.ts';
import { findBadText, findFault, type JsonFault, mayHoldBadText } from './json-bounds.ts';
import { badText, type Checked, forbidden, reject } from './reject.ts';

/** An object with its JSON text; null when it is empty. */
export interface JsonText {
  readonly value: JsonObject;
  readonly text: string | null;
}

/** A context with its JSON. Events without a context of their own share the request's: compare by identity. */
export interface ValidContext {
  readonly value: JsonObject;
  /** JSON text of `value`; null when it is empty. */
  readonly text: string | null;
  /** It named an IP address: the request comes from a server that speaks for a device elsewhere. */
  readonly hadAddress: boolean;
  /** Of `text`, where it was measured: that of a request is, once for all of its events. */
  readonly sizeBytes?: number;
}

const EMPTY: JsonObject = Object.freeze({});
export const NO_CONTEXT: ValidContext = { value: EMPTY, text: null, hadAddress: false };
/** A value takes at least two bytes of JSON: more of them cannot fit into an event. */
const BOUNDS = {
  depthMax: LIMITS.propertyDepthMax,
  keysMax: LIMITS.propertyKeysMax,
  nodesMax: LIMITS.eventSizeBytesMax / 2,
};

/** The context of a request or of an event, laid over its request's. */
export function parseContext(given: unknown, base?: ValidContext): Checked<ValidContext> {
  if (!isObject(given)) return reject('context-invalid', '/context', 'The context is a JSON object.');
  const hadAddress = 'ip' in given || base?.hadAddress === true;
  const merged = base === undefined || base.text === null ? given : { ...base.value, ...given };
  const value = 'ip' in merged ? withoutAddress(merged) : merged;
  const json = parseJsonObject(value as JsonObject, '/context');
  return json.ok ? ok({ value: json.value.value, text: json.value.text, hadAddress }) : json;
}

/** The context of a request: it may not have more bytes than an event, for each of its events has it. */
export function parseCommonContext(given: unknown): Checked<ValidContext> {
  const context = parseContext(given);
  if (!context.ok || context.value.text === null) return context;
  const sizeBytes = utf8SizeBytes(context.value.text);
  if (sizeBytes <= LIMITS.eventSizeBytesMax) return ok({ ...context.value, sizeBytes });
  const message = `A context may have ${LIMITS.eventSizeBytesMax} bytes of JSON, this one has ${sizeBytes}.`;
  return reject('event-too-large', '/context', message);
}

function withoutAddress(context: Wire): Wire {
  const { ip: _dropped, ...rest } = context;
  return rest;
}

export function parseProperties(wire: Wire, type: EventType, name: string | null): Checked<JsonText> {
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
export function checkSize(wire: Wire, properties: string | null, context: ValidContext): Checked<never> | null {
  const units = (properties?.length ?? 2) + (context.text?.length ?? 2);
  if (units * 3 <= LIMITS.eventSizeBytesMax - NAMES_SIZE_BYTES_MAX) return null;
  const names = [wire.id, wire.messageId, wire.event, wire.name, wire.userId, wire.anonymousId, wire.groupId];
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
