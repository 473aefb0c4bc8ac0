/**
 * NameFacts: what a batch of events tells of each name in it: the types of its values, the events that have it, and the
 * times of the first and the last event with it.
 *
 * | kind | names |
 * |---|---|
 * | `event` | the events |
 * | `property` | top-level properties of events that are no traits |
 * | `person`, `group` | top-level properties of `identify` and `group` events: traits of people and of groups |
 *
 * Facts hold names and never a value, so they may outlive the events they were made of. Anybody has a browser's key, so they
 * tell a name that was sent by it alone from one that a server sent too.
 */
import type { EventColumns } from '../event/columns.ts';
import type { JsonObject, JsonValue } from '../event/event.ts';
import { LIMITS } from '../limits.ts';
import { ownText } from '../std/text.ts';
import type { SentVisitor } from './sent-names.ts';

export const FACT_KINDS = ['event', 'property', 'person', 'group'] as const;
export type FactKind = (typeof FACT_KINDS)[number];

/** The types of values, each a bit of `types` in this order. Null is of none. */
export const VALUE_TYPES = ['text', 'number', 'boolean', 'list', 'object'] as const;
export type ValueType = (typeof VALUE_TYPES)[number];

/** The bit of `types` of a name that was sent by another key than a browser's. */
export const FROM_SERVER = 1 << 8;

export function isFromServer({ types }: { readonly types: number }): boolean {
  return (types & FROM_SERVER) !== 0;
}

export interface NameFacts {
  readonly kind: FactKind;
  readonly name: string;
  /** Bits of VALUE_TYPES, and FROM_SERVER. */
  types: number;
  /** Names of events with the property, at most `LIMITS.factEventsMax`; empty for other kinds. */
  readonly events: Set<string>;
  firstMs: number;
  lastMs: number;
}

export function kindOf(type: string | null | undefined): Exclude<FactKind, 'event'> {
  return type === 'identify' ? 'person' : type === 'group' ? 'group' : 'property';
}

/** Returns the bit of a value's type; 0 for null. */
export function typeBit(value: JsonValue): number {
  if (value === null) return 0;
  const type = typeof value;
  const name = type === 'string' ? 'text' : Array.isArray(value) ? 'list' : (type as 'number' | 'boolean' | 'object');
  return 1 << VALUE_TYPES.indexOf(name);
}

/** Returns the names of the types whose bits are set. */
export function typesOf(bits: number): ValueType[] {
  return VALUE_TYPES.filter((_, index) => bits & (1 << index));
}

/** Tells whether a question may give the name, and a database keeps it as it is. */
export function isKeepable(name: string): boolean {
  return name !== '' && name.length <= LIMITS.nameLengthMax && name.isWellFormed() && !name.includes('\0');
}

interface Sent {
  readonly atMs: number;
  /** FROM_SERVER, or 0. */
  readonly origin: number;
}

/** The facts of a batch, at most `LIMITS.namesKeptMax` of each kind, and as many that a server sent. */
export class BatchFacts {
  readonly #at: EventColumns['at'];
  readonly #strings: EventColumns['strings'];
  readonly #byKind = new Map(FACT_KINDS.map((kind) => [kind, new Map<string, NameFacts>()]));
  /** Names by kind and the origin of the first event with them. */
  readonly #counts = new Map<string, number>();

  constructor({ at, strings }: EventColumns) {
    this.#at = at;
    this.#strings = strings;
  }

  get facts(): readonly NameFacts[] {
    return [...this.#byKind.values()].flatMap((byName) => [...byName.values()]);
  }

  readonly visit: SentVisitor = (row, text, properties) => {
    const { sender, type } = this.#strings;
    const sent = { atMs: this.#at[row]!, origin: sender?.[row] === 'browser' ? 0 : FROM_SERVER };
    const event = this.#note('event', text, sent)?.name ?? ownText(text);
    if (properties !== null) this.#noteProperties(kindOf(type?.[row]), properties, { event, ...sent });
  };

  /** Returns the facts of the name with the event's time; null for a name that is not kept. */
  #note(kind: FactKind, name: string, { atMs, origin }: Sent): NameFacts | null {
    const byName = this.#byKind.get(kind)!;
    const known = byName.get(name);
    if (known !== undefined) {
      if (atMs < known.firstMs) known.firstMs = atMs;
      if (atMs > known.lastMs) known.lastMs = atMs;
      known.types |= origin;
      return known;
    }
    const place = `${kind} ${origin}`;
    const count = this.#counts.get(place) ?? 0;
    if (count >= LIMITS.namesKeptMax || !isKeepable(name)) return null;
    this.#counts.set(place, count + 1);
    const own = ownText(name);
    const facts: NameFacts = { kind, name: own, types: origin, events: new Set(), firstMs: atMs, lastMs: atMs };
    byName.set(own, facts);
    return facts;
  }

  #noteProperties(
    kind: Exclude<FactKind, 'event'>,
    properties: JsonObject,
    { event, ...sent }: Sent & { readonly event: string },
  ): void {
    for (const name in properties) {
      const facts = this.#note(kind, name, sent);
      if (facts === null) continue;
      facts.types |= typeBit(properties[name]!);
      if (kind === 'property' && facts.events.size < LIMITS.factEventsMax && isKeepable(event)) facts.events.add(event);
    }
  }
}
