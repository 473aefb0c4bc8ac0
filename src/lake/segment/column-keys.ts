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

const ANY_KEY = new RegExp(`"(?:${NAMES.join('|')})":`);
const EACH_KEY = new RegExp(`"(${NAMES.join('|')})":`, 'g');

/** Tells whether properties, a JSON text as `JSON.stringify` writes it, may have the name of a column; most have none. */
export function mayHaveColumnKey(properties: string): boolean {
  return ANY_KEY.test(properties);
}

/** Returns the note for events with these properties, JSON texts as `JSON.stringify` writes them. */
export function columnKeysNote(properties: readonly (string | null)[]): KeyValue {
  const found = new Set<string>();
  for (const text of properties) {
    if (text === null || !mayHaveColumnKey(text)) continue;
    for (const [, name] of text.matchAll(EACH_KEY)) found.add(name!);
  }
  return { key: NOTE, value: NAMES.filter((name) => found.has(name)).join(',') };
}

/** Tells whether no event of the file has the property; false when nobody noted it. */
export function isAbsentKey({ notes }: { readonly notes: readonly KeyValue[] }, property: string): boolean {
  if (!isColumn(property)) return false;
  const note = notes.find(({ key }) => key === NOTE);
  return note !== undefined && !(note.value ?? '').split(',').includes(property);
}
