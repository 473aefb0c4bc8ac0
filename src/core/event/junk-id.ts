/**
 * Junk id: a text that an SDK sends when the variable for an id is empty, such as `undefined` or `00000000`. It names
 * nobody: joined by it, all visitors without a login would become one person.
 *
 * The words stand in `JUNK_IDS` (limits.ts). They are compared without case and without the white space around them. An
 * id of zeros only is junk too, and so is the UUID of zeros, which phones give for a blocked advertising id.
 */
import { EMPTY_VARIABLES, JUNK_IDS } from '../limits.ts';

const JUNK: ReadonlySet<string> = new Set(JUNK_IDS);
const EMPTY: ReadonlySet<string> = new Set(EMPTY_VARIABLES);
const ZEROS = /^(0+|0{8}-0{4}-0{4}-0{4}-0{12})$/;
const SPACE = 0x20;
const DELETE = 0x7f;
const ZERO = 0x30;

/** For each first character of a word, the lengths of its words as bits: most ids are told from junk by two reads. */
const LENGTHS = new Int32Array(128);
for (const word of JUNK) {
  for (const first of [word, word.toUpperCase()]) LENGTHS[first.charCodeAt(0)]! |= 1 << word.length;
}

/** Tells whether the id of a person, a device or a group names nobody. A blank text is junk. */
export function isJunkId(id: string): boolean {
  if (isPlain(id)) return false;
  const word = id.trim().toLowerCase();
  return word === '' || JUNK.has(word) || ZEROS.test(word);
}

/**
 * Tells whether the id of an event stands for an empty variable. Numbers and words such as `0`, `true` or `guest` may
 * be the ids of events: only two events with the same one would tell.
 */
export function isEmptyVariable(id: string): boolean {
  if (isPlain(id)) return false;
  const word = id.trim().toLowerCase();
  return word === '' || EMPTY.has(word);
}

/** The id in loose JSON, such as a context, as a text; null when it is absent, junk, or neither a text nor a number. */
export function looseId(value: unknown): string | null {
  const id = typeof value === 'number' ? String(value) : value;
  return typeof id === 'string' && !isJunkId(id) ? id : null;
}

/** Tells that the id is no word of the list, by its first and last character and its length. */
function isPlain(id: string): boolean {
  const first = id.charCodeAt(0);
  const last = id.charCodeAt(id.length - 1);
  if (!(first > SPACE && first < DELETE && last > SPACE && last < DELETE) || first === ZERO) return false;
  return (LENGTHS[first]! & (1 << id.length)) === 0;
}
