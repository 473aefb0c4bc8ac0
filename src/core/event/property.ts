/**
 * Property: a value of an event by the name a question gives it as a filter, a dimension or a measure.
 *
 * | name | means |
 * |---|---|
 * | `column.country` | the column of that name: what the pipeline knows of the event |
 * | the plain name of a column (`event`, `country`, …) | the property of that name; of an event without one, the column |
 * | `context.a.b` | that place in the context |
 * | `properties.x.y` | that place in the properties |
 * | `person.x.y` | that place in the latest traits of the event's person, as of now (core/people) |
 * | `group.x.y` | that place in the latest traits of the event's group, as of now |
 * | any other | that place in the properties |
 *
 * A place is looked for as one key first (`properties['a.b']`), then step by step at the dots; own keys only. Null and
 * absent are the same.
 */

import { LIMITS } from '../limits.ts';
import type { PropertyReader } from './condition.ts';
import { type EventRecord, type JsonObject, type JsonValue, STRING_COLUMNS, type StringColumn } from './event.ts';

/** A place in a JSON object: one key, or the steps to it. */
interface Place {
  readonly key: string;
  readonly steps: readonly string[];
}

/** Place of a property in an event, or in the traits of its person or group. */
export type PropertyPlace =
  | { readonly in: 'column'; readonly column: StringColumn }
  /** The property that the sender gave under the name of a column, before that column. */
  | (Place & { readonly in: 'sent'; readonly column: StringColumn })
  | (Place & { readonly in: 'properties' | 'context' | 'person' | 'group' });

/**
 * Columns that no question names: the JSON texts, which are read through the properties in them, and `pii`, the column
 * for values encrypted per person.
 */
const NOT_READABLE: ReadonlySet<string> = new Set<StringColumn>(['properties', 'context', 'pii']);
const COLUMNS: ReadonlySet<string> = new Set(STRING_COLUMNS.filter((column) => !NOT_READABLE.has(column)));
/**
 * Columns that have no plain name: they came when senders already used the name for properties, and a question with it goes
 * on to mean those alone.
 */
const WITHOUT_PLAIN_NAME: ReadonlySet<string> = new Set<StringColumn>(['sender']);
const COLUMN_PREFIX = 'column.';
const CONTEXT_PREFIX = 'context.';
const PROPERTIES_PREFIX = 'properties.';
const PERSON_PREFIX = 'person.';
const GROUP_PREFIX = 'group.';

/**
 * Tells whether the name is a trait. A trait is not of the event itself, so nothing that is counted ahead of questions
 * can hold it.
 */
export function isTrait(name: string): boolean {
  const place = propertyPlace(name);
  return place.in === 'person' || place.in === 'group';
}

/** Tells whether the name is the plain name of a column that questions may read. */
export function isColumn(name: string): name is StringColumn {
  return COLUMNS.has(name) && !WITHOUT_PLAIN_NAME.has(name);
}

function isReadableColumn(name: string): name is StringColumn {
  return COLUMNS.has(name);
}

/** Returns the name by which a question means the column, whatever properties an event has. */
export function columnName<Column extends StringColumn>(column: Column): `column.${Column}` {
  return `${COLUMN_PREFIX}${column}`;
}

export function propertyPlace(name: string): PropertyPlace {
  const known = places.get(name);
  if (known !== undefined) return known;
  const place = findPlace(name);
  // Names come from questions, so the cache is bounded.
  if (places.size >= PLACES_MAX) places.clear();
  places.set(name, place);
  return place;
}

/**
 * Returns the text columns that must be read to know the property, for the `wanted` of a lake scan. A person's trait
 * needs the person alone, which is not a text: the smallest text column stands for it.
 */
export function propertyColumns(name: string): readonly StringColumn[] {
  const place = propertyPlace(name);
  switch (place.in) {
    case 'column':
      return [place.column];
    case 'sent':
      return [place.column, 'properties'];
    case 'person':
      return ['type'];
    case 'group':
      return ['group_id'];
    default:
      return [place.in];
  }
}

/** Returns the value at a place of parsed properties or context; undefined when it is absent or null. */
export function valueAt(object: JsonObject, key: string, steps: readonly string[]): JsonValue | undefined {
  return foundAt(object, key, steps) ?? undefined;
}

/** Returns the value at a place of parsed properties or context, null included; undefined when the place is absent. */
export function foundAt(object: JsonObject, key: string, steps: readonly string[]): JsonValue | undefined {
  if (Object.hasOwn(object, key)) return object[key];
  if (steps.length === 1) return undefined;
  let value: JsonValue | undefined = object;
  for (const step of steps) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as JsonObject)[step];
  }
  return value;
}

/**
 * Reads properties of one event, or of anything else with its texts and parsed JSON. Traits are undefined: they are not
 * part of the event.
 */
export function propertyReader(record: Pick<EventRecord, 'strings' | 'properties' | 'context'>): PropertyReader {
  return (name) => {
    const place = propertyPlace(name);
    if (place.in === 'column') return record.strings[place.column] ?? undefined;
    if (place.in === 'person' || place.in === 'group') return undefined;
    if (place.in !== 'sent') return valueAt(record[place.in], place.key, place.steps);
    return valueAt(record.properties, place.key, place.steps) ?? record.strings[place.column] ?? undefined;
  };
}

/**
 * Returns a value as text: null when absent or null, a text as it is, a number or boolean as it prints, an array or
 * object as JSON.
 */
export function valueText(value: JsonValue | undefined): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? value : typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Returns `valueText` at most `LIMITS.dimensionValueLengthMax` UTF-16 units long, and always well-formed. */
export function dimensionText(value: JsonValue | undefined): string | null {
  const text = valueText(value);
  if (text === null) return null;
  if (text.length <= LIMITS.dimensionValueLengthMax) return text.isWellFormed() ? text : text.toWellFormed();
  const last = text.charCodeAt(LIMITS.dimensionValueLengthMax - 1);
  const cutsPair = last >= 0xd800 && last < 0xdc00;
  return text.slice(0, LIMITS.dimensionValueLengthMax - (cutsPair ? 1 : 0)).toWellFormed();
}

const PLACES_MAX = 4_096;
const places = new Map<string, PropertyPlace>();

function findPlace(name: string): PropertyPlace {
  if (isColumn(name)) return { in: 'sent', column: name, key: name, steps: [name] };
  const column = name.startsWith(COLUMN_PREFIX) ? name.slice(COLUMN_PREFIX.length) : '';
  if (isReadableColumn(column)) return { in: 'column', column };
  if (name.startsWith(PERSON_PREFIX)) return placeIn('person', name.slice(PERSON_PREFIX.length));
  if (name.startsWith(GROUP_PREFIX)) return placeIn('group', name.slice(GROUP_PREFIX.length));
  if (name.startsWith(CONTEXT_PREFIX)) return placeIn('context', name.slice(CONTEXT_PREFIX.length));
  if (name.startsWith(PROPERTIES_PREFIX)) return placeIn('properties', name.slice(PROPERTIES_PREFIX.length));
  return placeIn('properties', name);
}

function placeIn(where: Exclude<PropertyPlace['in'], 'column' | 'sent'>, key: string): PropertyPlace {
  return { in: where, key, steps: key.split('.') };
}
