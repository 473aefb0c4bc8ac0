/**
 * Event fields: the texts that name an event, its person, its device and its group, as a client sent them.
 *
 * `null` is the same as absent. Texts must survive storage: no NUL, no half of a surrogate pair. An id may be a number: it
 * is its decimal text, `12345` the same person as `"12345"`. A junk id (junk-id.ts) is as if it was not given.
 */

import { LIMITS } from '../limits.ts';
import { ok } from '../std/result.ts';
import type { EventType } from './event.ts';
import { isGoodText, isSafeNumber } from './json-bounds.ts';
import { isEmptyVariable, type JunkIds } from './junk-id.ts';
import { badText, type Checked, kindOf, reject, tooLong, unsafeNumber } from './reject.ts';
import type { EventRejectionCode } from './rejection.ts';

/** An event as JSON.parse made it: an object with unknown fields. */
export type Wire = { readonly [field: string]: unknown };

const NO_TEXT = ok(null);
/** The outcome for a junk id, told from an absent one by its identity. */
export const JUNK_ID = ok(null);

/** The name of the event, and the name of its page or screen; null when it has none. */
export function parseName(wire: Wire, type: EventType): Checked<{ event: string; name: string | null }> {
  const event = parseText(wire, 'event');
  if (!event.ok) return event;
  const name = wire.name == null ? NO_TEXT : parseText(wire, 'name');
  if (!name.ok) return name;
  if (event.value !== null) return ok({ event: event.value, name: name.value });
  if (type === 'track') return reject('name-missing', '/event', 'A track event needs a name in `event`.');
  return ok({ event: type, name: name.value });
}

/** A name. Null when it is absent or blank. */
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

/** A field with the id of a person, a device or a group, and the code of its refusal. */
interface IdField {
  readonly field: 'userId' | 'anonymousId' | 'groupId';
  readonly code: EventRejectionCode;
}

export const USER_ID: IdField = { field: 'userId', code: 'person-id-invalid' };
export const ANONYMOUS_ID: IdField = { field: 'anonymousId', code: 'person-id-invalid' };
export const GROUP_ID: IdField = { field: 'groupId', code: 'group-id-invalid' };

/** The id of a person, a device or a group. Null when it is absent or empty; `JUNK_ID` when it names nobody. */
export function parseId(wire: Wire, { field, code }: IdField, junkIds: JunkIds): Checked<string | null> {
  const id = wire[field];
  if (id == null || id === '') return NO_TEXT;
  if (typeof id === 'string') {
    if (!isTextId(id)) return rejectText(id, field, code);
    return junkIds.has(id) ? JUNK_ID : ok(id);
  }
  // A flag in the place of an id is junk, whatever its value.
  if (typeof id === 'boolean') return JUNK_ID;
  const text = parseNumber(id, field, code);
  return text.ok && junkIds.has(text.value) ? JUNK_ID : text;
}

/** The id of an event. Null when it is absent; `JUNK_ID` when it stands for an empty variable. */
export function parseEventId(wire: Wire): Checked<string | null> {
  const { id } = wire;
  if (id == null) return NO_TEXT;
  if (id === '') return reject('id-invalid', '/id', 'An id has at least one character; leave it out to get one.');
  if (typeof id !== 'string') return parseNumber(id, 'id', 'id-invalid');
  if (!isTextId(id)) return rejectText(id, 'id', 'id-invalid');
  return isEmptyVariable(id) ? JUNK_ID : ok(id);
}

function isTextId(id: string): boolean {
  return id.length <= LIMITS.idLengthMax && isGoodText(id);
}

function rejectText(id: string, field: string, code: EventRejectionCode): Checked<never> {
  if (id.length > LIMITS.idLengthMax) return reject(code, `/${field}`, tooLong('An id', LIMITS.idLengthMax, id.length));
  return badText(`/${field}`);
}

function parseNumber(id: unknown, field: string, code: EventRejectionCode): Checked<string> {
  if (typeof id !== 'number') return reject(code, `/${field}`, `An id is a text or a number, got ${kindOf(id)}.`);
  return isSafeNumber(id) ? ok(String(id)) : unsafeNumber(`/${field}`);
}
