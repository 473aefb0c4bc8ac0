/**
 * Column keys: the names of columns that events of a segment have as properties, noted in the footer of the file.
 *
 * A question with the plain name of a column means the property of that name first. The note tells a reader that a file
 * has no such property, so that the JSON need not be read to find none. It may name a key that lies deeper in the JSON;
 * it never leaves one out. A file of an earlier release has no note.
 */
import type { KeyValue } from 'hyparquet';
import { STRING_COLUMNS, type StringColumn } from '../../core/event/event.ts';
import { isColumn } from '../../core/event/property.ts';

const NOTE = 'tidemark.column_keys';
const NAMES: readonly StringColumn[] = STRING_COLUMNS.filter(isColumn);

/** A name is a bit of a number of 31 bits. */
const BIT_OF = new Map<string, number>(NAMES.map((name, index) => [name, 1 << index]));
/** The bits of all names. */
export const ALL_COLUMN_KEYS = 2 ** NAMES.length - 1;
const ANY_KEY = keyOf(NAMES);
const EACH_KEY = keyOf(NAMES, 'g');

function keyOf(names: readonly string[], flags = ''): RegExp {
  return new RegExp(`"(${names.join('|')})":`, flags);
}

/**
 * Returns the names of columns that properties may have, as bits; most have none. `properties`: a JSON text as
 * `JSON.stringify` writes it.
 */
export function columnKeyBits(properties: string): number {
  let bits = 0;
  EACH_KEY.lastIndex = 0;
  for (let found = EACH_KEY.exec(properties); found !== null; found = EACH_KEY.exec(properties))
    bits |= BIT_OF.get(found[1]!)!;
  return bits;
}

export function columnKeyBit(name: string): number {
  return BIT_OF.get(name) ?? 0;
}

/** Returns the note for events with these properties, JSON texts as `JSON.stringify` writes them. */
export function columnKeysNote(properties: readonly (string | null)[]): KeyValue {
  const missing = new Set<string>(NAMES);
  // A name that was found is not looked for again: events with one are often all of a file.
  let missingKey = ANY_KEY;
  for (const text of properties) {
    if (text === null) continue;
    for (let found = missingKey.exec(text); found !== null; found = missingKey.exec(text)) {
      missing.delete(found[1]!);
      missingKey = missing.size === 0 ? NO_KEY : keyOf([...missing]);
    }
  }
  return absentKeysNote(missing);
}

/** Returns the note for events that have none of these names, and all others, as properties. */
export function absentKeysNote(absent: ReadonlySet<string>): KeyValue {
  return { key: NOTE, value: NAMES.filter((name) => !absent.has(name)).join(',') };
}

/** Finds nothing. */
const NO_KEY = /(?!)/;

/** Tells whether no event of the file has the property; false when nobody noted it. */
export function isAbsentKey({ notes }: { readonly notes: readonly KeyValue[] }, property: string): boolean {
  if (!isColumn(property)) return false;
  const note = notes.find(({ key }) => key === NOTE);
  return note !== undefined && !(note.value ?? '').split(',').includes(property);
}
