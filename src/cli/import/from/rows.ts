/**
 * Rows: what the formats of this folder share: rows through a vendor's adapter, links of ids, bags without empty values.
 */
import { linkIdOf } from '../../../edge/protocols/kit/links.ts';
import { type EventMapping, UnreadableEvent } from '../../../edge/protocols/protocol.ts';
import type { ImportEvent, Json, Mapping } from '../mapping.ts';
import { RefusedRow } from '../read/row.ts';

export type Row = Readonly<Record<string, unknown>>;
export type Bag = { readonly [key: string]: Json };

/** The mapping of rows that have the form of what the vendor's SDK sends. */
export function throughAdapter(mapping: EventMapping): Mapping<unknown> {
  return (row) => {
    const event = mapping.toWireEvent(mustObject(row));
    if (!(event instanceof UnreadableEvent)) return event as ImportEvent;
    const { code, message, path } = event.rejection;
    throw new RefusedRow(code, message, { path });
  };
}

export function mustObject(row: unknown): Row {
  if (typeof row === 'object' && row !== null && !Array.isArray(row)) return row as Row;
  throw new RefusedRow('event-not-object', 'the row is no JSON object');
}

/** The text, or the number as a text; undefined for an empty or another value. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The number that a text writes, or the text where a double cannot keep it; undefined when there is none. */
export function numberOf(value: unknown): number | string | undefined {
  if (value === null || value === undefined || value === '') return undefined;
  const number = Number(value);
  if (!Number.isFinite(number)) return undefined;
  return typeof value === 'string' && Math.abs(number) > Number.MAX_SAFE_INTEGER ? value : number;
}

/** The JSON of a text; the value itself when it is no text, or no JSON. */
export function jsonOf(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** The bag without members that are absent or empty; undefined when nothing is left. It is made a dozen times a row. */
export function bagOf(members: Readonly<Record<string, unknown>>): Bag | undefined {
  let bag: Record<string, unknown> | undefined;
  for (const name of Object.keys(members)) {
    const value = members[name];
    if (value === undefined || value === null || value === '') continue;
    bag ??= {};
    // An assignment would set the prototype.
    if (name === '__proto__') Object.defineProperty(bag, name, { value, enumerable: true });
    else bag[name] = value;
  }
  return bag as Bag | undefined;
}

/** `2024-03-10 12:00:00.123` is UTC. Other texts stay, for the server to read or refuse. */
export function utcOf(time: unknown): string {
  const text = textOf(time) ?? '';
  const [, day, clock] = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2}(?:\.\d+)?)(?: UTC)?$/.exec(text) ?? [];
  return day === undefined ? text : `${day}T${clock}Z`;
}

/** Pairs that are remembered: about 200 MB of a file of a million people. */
const PAIRS_MAX = 1_000_000;

/** The pairs of a device and a person that a file has told so far. */
export class Links {
  readonly #pairs = new Set<string>();

  /**
   * The identify of an event with both ids; null when its pair was told before, or is no link. The id is the one that the
   * adapters of vendors without an identify make.
   */
  linkOf({ userId, anonymousId, type, timestamp }: ImportEvent): ImportEvent | null {
    if (!userId || !anonymousId || userId === anonymousId || type === 'identify' || type === 'alias') return null;
    const id = linkIdOf(anonymousId, userId);
    if (this.#pairs.has(id)) return null;
    if (this.#pairs.size >= PAIRS_MAX) this.#pairs.clear();
    this.#pairs.add(id);
    return { id, type: 'identify', userId, anonymousId, timestamp };
  }
}

/**
 * The mapping with an identify event beside the first event of each pair of ids, for vendors that join a device and a person
 * who stand in one event.
 */
export function withLinks(map: Mapping<unknown>): Mapping<unknown> {
  const links = new Links();
  return (row, rowNumber) => {
    const event = map(row, rowNumber);
    if (event === null || Array.isArray(event)) return event;
    const link = links.linkOf(event as ImportEvent);
    return link === null ? event : [event as ImportEvent, link];
  };
}
