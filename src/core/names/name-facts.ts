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
import { LIMITS } from '../limits.ts';
import { ownText } from '../std/text.ts';
import type { SentVisitor } from './sent-names.ts';
import { type SentShape, SHAPES_MAX } from './sent-shapes.ts';

export const FACT_KINDS = ['event', 'property', 'person', 'group'] as const;
export type FactKind = (typeof FACT_KINDS)[number];

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

/** Tells whether a question may give the name, and a database keeps it as it is. */
export function isKeepable(name: string): boolean {
  return name !== '' && name.length <= LIMITS.nameLengthMax && name.isWellFormed() && !name.includes('\0');
}

/** Events of one shape, and the facts of all its names. */
interface Sent {
  /** FROM_SERVER, or 0. */
  readonly origin: number;
  readonly kind: Exclude<FactKind, 'event'>;
  facts: readonly NameFacts[];
  firstMs: number;
  lastMs: number;
}

/** The facts of a batch, at most `LIMITS.namesKeptMax` of each kind, and as many that a server sent. */
export class BatchFacts {
  readonly #at: EventColumns['at'];
  readonly #strings: EventColumns['strings'];
  readonly #byKind = new Map(FACT_KINDS.map((kind) => [kind, new Map<string, NameFacts>()]));
  /** Names by kind and the origin of the first event with them. */
  readonly #counts = new Map<string, number>();
  /** Events of the last shape of each name. Only their times are still to be added to the facts. */
  readonly #last = new Map<string, Sent>();

  constructor({ at, strings }: EventColumns) {
    this.#at = at;
    this.#strings = strings;
  }

  get facts(): readonly NameFacts[] {
    for (const sent of this.#last.values()) addTimes(sent);
    return [...this.#byKind.values()].flatMap((byName) => [...byName.values()]);
  }

  readonly visit: SentVisitor = (row, shape, isKnown) => {
    const atMs = this.#at[row]!;
    const origin = this.#strings.sender?.[row] === 'browser' ? 0 : FROM_SERVER;
    const kind = kindOf(this.#strings.type?.[row]);
    const last = this.#last.get(shape.event);
    if (isKnown && last?.origin === origin && last.kind === kind) widen(last, atMs);
    else this.#add(shape, { origin, kind, facts: [], firstMs: atMs, lastMs: atMs }, last);
  };

  #add(shape: SentShape, sent: Sent, last: Sent | undefined): void {
    if (last !== undefined) addTimes(last);
    sent.facts = this.#noteAll(shape, sent);
    // A name that there is no room for is asked for again: a server may send it meanwhile.
    const isWhole = sent.facts.length === 1 + shape.members.length;
    if (!isWhole) this.#last.delete(shape.event);
    else if (last !== undefined || this.#last.size < SHAPES_MAX) this.#last.set(shape.event, sent);
  }

  /** Returns the facts of the name with the event's time; null for a name that is not kept. */
  #note(kind: FactKind, name: string, { firstMs: atMs, origin }: Sent): NameFacts | null {
    const byName = this.#byKind.get(kind)!;
    const known = byName.get(name);
    if (known !== undefined) {
      widen(known, atMs);
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

  /** Returns the facts of those names that are kept. */
  #noteAll({ event, members }: SentShape, sent: Sent): NameFacts[] {
    const ofEvent = this.#note('event', event, sent);
    const all = ofEvent === null ? [] : [ofEvent];
    const own = ofEvent?.name ?? ownText(event);
    const isNamed = sent.kind === 'property' && isKeepable(own);
    for (const { name, type } of members) {
      const facts = this.#note(sent.kind, name, sent);
      if (facts === null) continue;
      facts.types |= type;
      if (isNamed && facts.events.size < LIMITS.factEventsMax) facts.events.add(own);
      all.push(facts);
    }
    return all;
  }
}

type Times = Pick<NameFacts, 'firstMs' | 'lastMs'>;

function widen(times: Times, atMs: number): void {
  if (atMs < times.firstMs) times.firstMs = atMs;
  if (atMs > times.lastMs) times.lastMs = atMs;
}

function addTimes({ facts, firstMs, lastMs }: Sent): void {
  for (const each of facts) {
    widen(each, firstMs);
    widen(each, lastMs);
  }
}
