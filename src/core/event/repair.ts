/**
 * Repair: mends the values that would lose an event, each on its own, and notes where they stood.
 *
 * in: an event that was rejected for a text or a number · out: the event with the values mended, and a note for each
 *
 * - A NUL or half of a surrogate pair, in a text or a key, becomes U+FFFD: no store keeps the one, no UTF-8 holds the other.
 * - A number beyond ±(2^53 − 1) becomes the text that was sent: JSON.parse has lost its digits already, so they are read
 *   from the request again (`exact`). Ids become texts without a note, as every numeric id does.
 * - Values below the depth that an event may have are left alone: validation refuses them.
 *
 * Only events that validation refuses come here, so that an ordinary event pays nothing. The result is validated again.
 */
import { LIMITS } from '../limits.ts';
import { isObject } from '../std/object.ts';
import { jsonPointer } from '../std/pointer.ts';
import type { Wire } from './event-fields.ts';
import { isGoodText, isSafeNumber } from './json-bounds.ts';
import type { EventNote, EventNoteCode } from './note.ts';
import type { EventRejectionCode } from './rejection.ts';

/** Reads a value again with numbers beyond 2^53 as texts; undefined when the request does not tell them. */
export type ExactReader = () => unknown;

const IDS = ['id', 'userId', 'anonymousId', 'groupId', 'previousId'] as const;
const NAMES = ['event', 'name'] as const;
const BAGS = ['properties', 'context'] as const;

/** Tells whether a rejection may be one of a single value that can be mended. */
export function isRepairable(code: EventRejectionCode): boolean {
  return code === 'text-invalid' || code === 'number-unsafe';
}

/** An event with its values mended. `exact` reads the same event. */
export function repairEvent(
  wire: Wire,
  exact: ExactReader,
): { readonly wire: Wire; readonly notes: readonly EventNote[] } {
  const repair = new Repair(exact);
  const repaired: Record<string, unknown> = { ...wire };
  for (const field of [...IDS, ...NAMES]) repaired[field] = repair.field(wire, field, 0);
  for (const field of BAGS) repaired[field] = repair.field(wire, field, LIMITS.propertyDepthMax);
  return { wire: repaired, notes: repair.notes };
}

/** The context of a whole request with its values mended. `exact` reads the same context. */
export function repairContext(
  context: unknown,
  exact: ExactReader,
): { readonly context: unknown; readonly notes: readonly EventNote[] } {
  const repair = new Repair(() => ({ context: exact() }));
  const repaired = repair.field({ context }, 'context', LIMITS.propertyDepthMax);
  return { context: repaired, notes: repair.notes };
}

class Repair {
  readonly notes: EventNote[] = [];
  readonly #exact: ExactReader;
  /** The event read again; undefined until a first number asks. A mapping translates it anew each time. */
  #read: unknown;
  /** Place of the value that is looked at. */
  readonly #path: (string | number)[] = [];

  constructor(exact: ExactReader) {
    this.#exact = exact;
  }

  field(wire: Wire, field: string, depthLeft: number): unknown {
    return this.#below(field, wire[field], depthLeft);
  }

  #below(step: string | number, value: unknown, depthLeft: number): unknown {
    this.#path.push(step);
    const repaired = this.#value(value, depthLeft);
    this.#path.pop();
    return repaired;
  }

  #value(value: unknown, depthLeft: number): unknown {
    if (typeof value === 'string') return this.#text(value);
    if (typeof value === 'number') return isSafeNumber(value) ? value : this.#number(value);
    if (depthLeft === 0) return value;
    if (Array.isArray(value)) return value.map((nested, i) => this.#below(i, nested, depthLeft - 1));
    if (!isObject(value)) return value;
    // Object.fromEntries makes own properties, whatever their names: an assignment to `__proto__` would not.
    return Object.fromEntries(
      Object.entries(value).map(([key, nested]) => {
        const repaired = this.#below(key, nested, depthLeft - 1);
        return [isGoodText(key) ? key : this.#mended(key, [...this.#path, key]), repaired];
      }),
    );
  }

  #text(text: string): string {
    return isGoodText(text) ? text : this.#mended(text, this.#path);
  }

  #mended(text: string, path: readonly (string | number)[]): string {
    this.#note('text-repaired', path);
    return text.toWellFormed().replaceAll('\0', '\ufffd');
  }

  /** The text of a number, where the request tells it. */
  #number(value: number): string | number {
    this.#read ??= this.#exact();
    const text = this.#path.reduce<unknown>((at, step) => (at as Wire | undefined)?.[step], this.#read);
    if (typeof text !== 'string') return value;
    if (this.#path.length > 1) this.#note('number-as-text', this.#path);
    return text;
  }

  #note(code: EventNoteCode, path: readonly (string | number)[]): void {
    if (this.notes.length < LIMITS.eventNotesMax) this.notes.push({ code, path: jsonPointer(path) });
  }
}
