/**
 * SentShape: what the events of a batch that differ only in values have in common: their name, and the names and types of their
 * top-level properties.
 *
 * In: properties as `JSON.stringify` writes them. A text is compared with the last shape of events of its name, member by
 * member, and parsed only when it has another: to parse each takes three times as long. Members that are lists or objects are
 * always parsed.
 */
import type { JsonObject } from '../event/event.ts';
import { typeBit } from './value-types.ts';

export interface SentShape {
  readonly event: string;
  readonly members: readonly SentMember[];
}

export interface SentMember {
  readonly name: string;
  /** The bit of its value's type; 0 for null. */
  readonly type: number;
  /** The beginning of the member in a text; empty while no text was compared with it. */
  head: string;
}

/** Names of events whose last shape is kept. A chunk may have thousands, each with hundreds of properties. */
export const SHAPES_MAX = 64;

export class SentShapes {
  readonly #last = new Map<string, SentShape>();

  /** `text`: null when the event has no properties. `isKnown`: it is the last shape of its name, as the same object. */
  find(event: string, text: string | null): { readonly shape: SentShape; readonly isKnown: boolean } {
    const last = this.#last.get(event);
    if (last !== undefined && hasMembers(text ?? '{}', last.members)) return { shape: last, isKnown: true };
    const shape = { event, members: membersOf(text) };
    if (last !== undefined || this.#last.size < SHAPES_MAX) this.#last.set(event, shape);
    return { shape, isKnown: false };
  }
}

function membersOf(text: string | null): SentMember[] {
  if (text === null || text === '{}') return [];
  const object = JSON.parse(text) as JsonObject;
  const members: SentMember[] = [];
  for (const name in object) members.push({ name, type: typeBit(object[name]!), head: '' });
  return members;
}

/** Tells whether the object has these members in this order; it may say no of one that has lists, objects or escapes. */
function hasMembers(text: string, members: readonly SentMember[]): boolean {
  let at = 1;
  for (const member of members) {
    if (member.head === '') member.head = `${at === 1 ? '' : ','}${JSON.stringify(member.name)}:`;
    if (!text.startsWith(member.head, at)) return false;
    at = endOfValue(text, at + member.head.length, member.type);
    if (at === OTHER) return false;
  }
  return at === text.length - 1;
}

/** Stands for the end of a value of another type. */
const OTHER = -1;
const [TEXT, NUMBER, BOOLEAN, NULL] = [typeBit(''), typeBit(0), typeBit(true), typeBit(null)];
const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const NINE = 0x39;
const BACKSLASH = 0x5c;
const BRACE_CLOSE = 0x7d;

function endOfValue(text: string, from: number, type: number): number {
  switch (type) {
    case TEXT: {
      const end = text.charCodeAt(from) === QUOTE ? text.indexOf('"', from + 1) : OTHER;
      // A quote behind a backslash may be one of the text.
      return end === OTHER || text.charCodeAt(end - 1) === BACKSLASH ? OTHER : end + 1;
    }
    case NUMBER:
      return endOfNumber(text, from);
    case BOOLEAN:
      return text.startsWith('true', from) ? from + 4 : text.startsWith('false', from) ? from + 5 : OTHER;
    case NULL:
      return text.startsWith('null', from) ? from + 4 : OTHER;
    default:
      return OTHER;
  }
}

function endOfNumber(text: string, from: number): number {
  const first = text.charCodeAt(from);
  // Slash and point, between the minus and the digits, begin no value.
  if (first < MINUS || first > NINE) return OTHER;
  for (let at = from + 1; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === COMMA || unit === BRACE_CLOSE) return at;
  }
  return OTHER;
}
