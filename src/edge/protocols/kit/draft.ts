/**
 * Draft: our event while an adapter fills it from a vendor's, and the place in the vendor's event of each value.
 *
 * An adapter writes one `Translate`. `draftMapping` runs it for every event, and once more when an error or a note needs
 * the place of a value: only then the draft remembers places, so that an ordinary event pays nothing for them.
 *
 *   const mapping = draftMapping((sent, draft) => {
 *     draft.put('id', sent.uuid, '/uuid');
 *     draft.inContext('page', 'url', sent.href, '/href');
 *     draft.properties(sent.props, '/props', HANDLED);
 *   });
 *
 * Places are JSON pointers, written as constants. A field that is absent is put all the same: an error may be about its
 * absence, and then names the place where it is missing.
 */
import type { Wire } from '../../../core/event/event-fields.ts';
import { isObject } from '../../../core/std/object.ts';
import { pointerStep } from '../../../core/std/pointer.ts';
import type { EventMapping, UnreadableEvent } from '../protocol.ts';
import { sizeOf } from './loose.ts';

/** Fills a draft from a vendor's event. Returns an UnreadableEvent for one that cannot be translated. */
export type Translate = (sent: Wire, draft: Draft) => UnreadableEvent | undefined;

type Field =
  | 'id'
  | 'type'
  | 'event'
  | 'name'
  | 'userId'
  | 'anonymousId'
  | 'groupId'
  | 'previousId'
  | 'timestamp'
  | 'sentAt';

/** The objects within our context that SDKs fill. */
export type ContextPart = 'app' | 'campaign' | 'device' | 'library' | 'location' | 'network' | 'os' | 'page' | 'screen';
/** The values of our context that stand by themselves. */
type ContextField =
  | 'bot'
  | 'entities'
  | 'groupId'
  | 'ip'
  | 'locale'
  | 'pageViewId'
  | 'platform'
  | 'resource'
  | 'schema'
  | 'scope'
  | 'sessionId'
  | 'timezone'
  | 'userAgent';

type Bag = Record<string, unknown>;

export class Draft {
  readonly wire: Bag = {};
  #context: Bag | null = null;
  #properties: Bag | null = null;
  /** Places by our pointers; null when they are not asked for. */
  readonly #places: Map<string, string> | null;

  constructor(places: Map<string, string> | null = null) {
    this.#places = places;
  }

  /** Puts a field of the event. A later value replaces an earlier one. */
  put(field: Field, value: unknown, place: string): void {
    this.wire[field] = value;
    this.#places?.set(`/${field}`, place);
  }

  /** Puts a value of the context, unless it is absent or empty. */
  context(field: ContextField, value: unknown, place: string): void {
    if (value == null || value === '') return;
    this.#contextBag()[field] = value;
    this.#places?.set(`/context/${field}`, place);
  }

  /** Puts a value of an object within the context, unless it is absent or empty. */
  inContext(part: ContextPart, name: string, value: unknown, place: string): void {
    if (value == null || value === '') return;
    const context = this.#contextBag();
    context[part] ??= {};
    (context[part] as Bag)[name] = value;
    this.#places?.set(`/context/${part}${pointerStep(name)}`, place);
  }

  /** Puts the width and height of a text such as `1280x720`. */
  screen(value: unknown, place: string): void {
    const size = sizeOf(value);
    this.inContext('screen', 'width', size?.width, place);
    this.inContext('screen', 'height', size?.height, place);
  }

  /** Puts one property, unless it is absent. */
  property(name: string, value: unknown, place: string): void {
    if (value === undefined) return;
    define(this.#propertyBag(), name, value);
    this.#places?.set(`/properties${pointerStep(name)}`, place);
  }

  /**
   * Puts all members of the vendor's own bag, except those that the adapter has put elsewhere. What is no object is put as
   * it is, to be refused at its place.
   */
  properties(bag: unknown, place: string, except: ReadonlySet<string> = NONE): void {
    this.#places?.set('/properties', place);
    if (bag == null) return;
    if (!isObject(bag)) {
      this.wire.properties = bag;
      return;
    }
    const properties = this.#propertyBag();
    for (const name in bag) if (!except.has(name)) define(properties, name, bag[name]);
  }

  /** Says that the value at a place of the vendor's event is a text, so that no pointer leads into it. */
  opaque(place: string): void {
    this.#places?.set(textMark(place), place);
  }

  #contextBag(): Bag {
    if (this.#context === null) {
      this.#context = {};
      this.wire.context = this.#context;
    }
    return this.#context;
  }

  #propertyBag(): Bag {
    if (this.#properties === null) {
      this.#properties = {};
      this.wire.properties = this.#properties;
    }
    return this.#properties;
  }
}

const NONE: ReadonlySet<string> = new Set();

/** Sets an own property of any name: an assignment to `__proto__` would set the prototype. */
function define(bag: Bag, name: string, value: unknown): void {
  if (name !== '__proto__') bag[name] = value;
  else Object.defineProperty(bag, name, { value, enumerable: true, configurable: true, writable: true });
}

/** The mapping of an adapter. */
export function draftMapping(translate: Translate): EventMapping {
  return {
    toWireEvent(sent) {
      if (!isObject(sent)) return sent;
      const draft = new Draft();
      return translate(sent, draft) ?? draft.wire;
    },

    pathOf(pointer, sent) {
      if (!isObject(sent)) return pointer;
      const places = new Map<string, string>();
      translate(sent, new Draft(places));
      return placeOf(pointer, places);
    },
  };
}

/** The place of the value, or of the nearest value around it that has one. '' stands for the whole event. */
function placeOf(pointer: string, places: ReadonlyMap<string, string>): string {
  for (let end = pointer.length; end > 0; end = pointer.lastIndexOf('/', end - 1)) {
    const place = places.get(pointer.slice(0, end));
    if (place !== undefined) return places.has(textMark(place)) ? place : place + pointer.slice(end);
  }
  return '';
}

/** The mark of a text among the places, whose other keys begin with a slash. */
function textMark(place: string): string {
  return `text ${place}`;
}
