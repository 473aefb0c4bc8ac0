/**
 * Clean: removes from the JSON of an event what the rules of its tenant do not store, and notes each place.
 *
 * in: an object within the bounds of an event, Privacy · out: the same object, or a copy without those values, and notes
 *
 * Most objects hold nothing to remove: they are walked once, without an allocation. Ids are never changed: they decide
 * whose an event is.
 */
import type { JsonObject, JsonValue } from '../event/event.ts';
import type { JsonText } from '../event/event-json.ts';
import type { EventNote, EventNoteCode } from '../event/note.ts';
import { LIMITS } from '../limits.ts';
import { jsonPointer } from '../std/pointer.ts';
import type { Privacy } from './privacy.ts';
import { withoutCredentials } from './url-text.ts';

export interface Cleaned {
  readonly value: JsonObject;
  /** Empty when `value` is the object as it was given. */
  readonly notes: readonly EventNote[];
}

const NO_NOTES: readonly EventNote[] = Object.freeze([]);
const ID_KEYS: ReadonlySet<string> = new Set(['previousId', 'groupId', 'sessionId']);

/** `text`: the JSON text of the object; null when it is empty. `field`: its place in the event. */
export function cleanJson({ value, text }: JsonText, privacy: Privacy, field: 'properties' | 'context'): Cleaned {
  if (text === null || !(hasMarks(text) ? isUnclean(value, '', privacy) : hasAddress(value, privacy)))
    return { value, notes: NO_NOTES };
  const removal = new Removal(privacy, field);
  return { value: removal.object(value), notes: removal.notes };
}

/** Tells whether a text of the JSON may be a URL with something to remove. */
function hasMarks(text: string): boolean {
  return text.includes('?') || text.includes('@') || text.includes('#');
}

function hasAddress(value: JsonValue, privacy: Privacy): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some((item) => hasAddress(item, privacy));
  for (const name in value) {
    const nested = value[name] as JsonValue;
    if (privacy.removes(name, nested) || hasAddress(nested, privacy)) return true;
  }
  return false;
}

/** Tells whether anything below the key is removed. */
function isUnclean(value: JsonValue, key: string, privacy: Privacy): boolean {
  if (typeof value === 'string') return privacy.cleaned(key, value) !== value && !ID_KEYS.has(key);
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some((item) => isUnclean(item, key, privacy));
  for (const name in value) {
    const nested = value[name] as JsonValue;
    if (privacy.removes(name, nested) || isUnclean(nested, name, privacy)) return true;
  }
  return false;
}

class Removal {
  readonly notes: EventNote[] = [];
  readonly #privacy: Privacy;
  /** Place of the value that is looked at. */
  readonly #path: (string | number)[];

  constructor(privacy: Privacy, field: string) {
    this.#privacy = privacy;
    this.#path = [field];
  }

  /** Object.fromEntries makes own properties, whatever their names. */
  object(value: JsonObject): JsonObject {
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, nested]): [string, JsonValue][] => {
        if (!this.#privacy.removes(key, nested)) return [[key, this.#below(key, nested, key)]];
        this.#note('address-removed', [...this.#path, key]);
        return [];
      }),
    );
  }

  #below(step: string | number, value: JsonValue, key: string): JsonValue {
    this.#path.push(step);
    const cleaned = this.#value(value, key);
    this.#path.pop();
    return cleaned;
  }

  #value(value: JsonValue, key: string): JsonValue {
    if (typeof value === 'string') return ID_KEYS.has(key) ? value : this.#text(value, key);
    if (Array.isArray(value)) return value.map((item, i) => this.#below(i, item, key));
    return typeof value === 'object' && value !== null ? this.object(value) : value;
  }

  #text(text: string, key: string): string {
    const bare = withoutCredentials(text);
    if (bare !== text) this.#note('credentials-removed', this.#path);
    const filtered = this.#privacy.filtered(key, bare);
    if (filtered !== bare) this.#note('parameters-removed', this.#path);
    return filtered;
  }

  #note(code: EventNoteCode, path: readonly (string | number)[]): void {
    if (this.notes.length < LIMITS.eventNotesMax) this.notes.push({ code, path: jsonPointer(path) });
  }
}
