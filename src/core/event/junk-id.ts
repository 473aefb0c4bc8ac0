/**
 * Junk id: a text that an SDK sends when the variable for an id is empty, such as `undefined` or `00000000`. It names
 * nobody: joined by it, all visitors without a login would become one person.
 *
 * The words stand in `JUNK_IDS` (limits.ts), and a tenant may add words and except some. They are compared without case and
 * without the white space around them. An id of zeros only is junk too, and so is the UUID of zeros, which phones give for
 * a blocked advertising id.
 */
import { EMPTY_VARIABLES, JUNK_IDS } from '../limits.ts';

/** Changes of a tenant to the list. An exception wins over an added word. */
export interface JunkIdChanges {
  readonly add: readonly string[];
  readonly except: readonly string[];
}

const EMPTY: ReadonlySet<string> = new Set(EMPTY_VARIABLES);
const ZEROS = /^(0+|0{8}-0{4}-0{4}-0{4}-0{12})$/;
const SPACE = 0x20;
const DELETE = 0x7f;
const ZERO = 0x30;

/** A list of junk ids, made once for many ids. */
export class JunkIds {
  readonly #words: ReadonlySet<string>;
  readonly #exceptions: ReadonlySet<string>;
  readonly #lengths: Int32Array;

  constructor({ add, except }: JunkIdChanges) {
    this.#exceptions = new Set(except.map(wordOf));
    this.#words = new Set([...JUNK_IDS, ...add.map(wordOf)].filter((word) => !this.#exceptions.has(word)));
    this.#lengths = lengthsOf(this.#words);
  }

  /** Tells whether the id of a person, a device or a group names nobody. A blank text is junk. */
  has(id: string): boolean {
    if (isPlain(id, this.#lengths)) return false;
    const word = wordOf(id);
    return word === '' || this.#words.has(word) || (ZEROS.test(word) && !this.#exceptions.has(word));
  }
}

/** The list of a tenant that changes nothing. */
export const DEFAULT_JUNK_IDS = new JunkIds({ add: [], except: [] });

const EMPTY_LENGTHS = lengthsOf(EMPTY);

/**
 * Tells whether the id of an event stands for an empty variable. Numbers and words such as `0`, `true` or `guest` may
 * be the ids of events: only two events with the same one would tell. No tenant changes this list.
 */
export function isEmptyVariable(id: string): boolean {
  if (isPlain(id, EMPTY_LENGTHS)) return false;
  const word = wordOf(id);
  return word === '' || EMPTY.has(word);
}

/** The id in loose JSON, such as a context, as a text; null when it is absent, junk, or neither a text nor a number. */
export function looseId(value: unknown, junkIds: JunkIds): string | null {
  const id = typeof value === 'number' ? String(value) : value;
  return typeof id === 'string' && !junkIds.has(id) ? id : null;
}

function wordOf(id: string): string {
  return id.trim().toLowerCase();
}

/**
 * For each first character of a word, the lengths of its words as bits, modulo 32: most ids are told from junk by two
 * reads.
 */
function lengthsOf(words: Iterable<string>): Int32Array {
  const lengths = new Int32Array(128);
  for (const word of words) {
    for (const first of [word.charCodeAt(0), word.toUpperCase().charCodeAt(0)]) {
      if (first < DELETE) lengths[first]! |= 1 << word.length;
    }
  }
  return lengths;
}

/** Tells that the id is no word of the list, by its first and last character and its length. */
function isPlain(id: string, lengths: Int32Array): boolean {
  const first = id.charCodeAt(0);
  const last = id.charCodeAt(id.length - 1);
  if (!(first > SPACE && first < DELETE && last > SPACE && last < DELETE) || first === ZERO) return false;
  return (lengths[first]! & (1 << id.length)) === 0;
}
