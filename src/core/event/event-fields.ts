/**
 * Event fields: the texts that name an event, its person, its device and its group, as a client sent them.
 *
 * `null` is the same as absent. Texts must survive storage: no NUL, no half of a surrogate pair.
 */

import { LIMITS } from '../limits.ts';
import { ok } from '../std/result.ts';
import type { EventType } from './event.ts';
import { isGoodText } from './json-bounds.ts';
import { badText, type Checked, kindOf, reject, tooLong } from './reject.ts';
import type { EventRejectionCode } from './rejection.ts';

/** An event as JSON.parse made it: an object with unknown fields. */
export type Wire = { readonly [field: string]: unknown };

const NO_TEXT = ok(null);

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

/** An id. Null when it is absent; an empty text is returned as it is. */
export function parseId(
  wire: Wire,
  field: 'id' | 'userId' | 'anonymousId' | 'groupId',
  code: EventRejectionCode,
): Checked<string | null> {
  const id = wire[field];
  if (id == null) return NO_TEXT;
  if (typeof id !== 'string') return reject(code, `/${field}`, `An id is a text, got ${kindOf(id)}.`);
  if (id.length > LIMITS.idLengthMax) return reject(code, `/${field}`, tooLong('An id', LIMITS.idLengthMax, id.length));
  return isGoodText(id) ? ok(id) : badText(`/${field}`);
}
