/**
 * Row reader: the properties of the row at hand of a batch of columns, by the names questions use. JSON is parsed only
 * when a property lies in it and has no column of its own, and once a row.
 */

import type { EventColumns } from '../../core/event/columns.ts';
import type { PropertyReader } from '../../core/event/condition.ts';
import type { JsonObject, JsonValue, StringColumn } from '../../core/event/event.ts';
import { isColumn, type PropertyPlace, propertyPlace, valueAt } from '../../core/event/property.ts';
import { typedValue } from '../../core/query/rows/typed-value.ts';
import { ALL_COLUMN_KEYS, columnKeyBit, columnKeyBits } from '../segment/column-keys.ts';

const EMPTY: JsonObject = {};
/** Stands for the bits of a row whose text was not searched. */
const UNKNOWN = -1;

type Read = () => JsonValue | undefined;

interface Parsed {
  row: number;
  value: JsonObject;
}

/** @example reader.row = 5; reader.read('properties.plan') */
export class RowReader {
  row = 0;
  readonly read: PropertyReader;
  readonly #readers = new Map<string, Read>();
  readonly #columns: EventColumns;
  readonly #isColumnTyped: boolean;
  /** Names of columns that are looked for in the JSON, as bits. */
  readonly #searched: number;
  /** For each row, the names of columns that the JSON of its properties may have, as bits. */
  readonly #columnKeys: Int32Array;
  readonly #parsed = { properties: { row: -1, value: EMPTY }, context: { row: -1, value: EMPTY } };

  constructor(columns: EventColumns) {
    this.#columns = columns;
    this.#isColumnTyped = Object.keys(columns.typed ?? {}).some(isColumn);
    this.#searched = searchedKeys(columns);
    this.#columnKeys = new Int32Array(columns.rowCount).fill(UNKNOWN);
    this.read = (name) => {
      let read = this.#readers.get(name);
      if (read === undefined) {
        read = this.#readerOf(propertyPlace(name));
        this.#readers.set(name, read);
      }
      return read();
    };
  }

  /** Whether the row may have a property with the name of one of these columns, as bits. */
  mayHaveColumnKey(columns: number): boolean {
    return this.#isColumnTyped || this.#mayHave(columns);
  }

  #mayHave(columns: number): boolean {
    return (columns & this.#searched) !== 0 && (columns & this.#columnKeysOfRow()) !== 0;
  }

  /** The text of a row is searched once, however many rollups and names ask for it. */
  #columnKeysOfRow(): number {
    const { row } = this;
    if (this.#columnKeys[row] === UNKNOWN) {
      const text = this.#columns.strings.properties?.[row];
      this.#columnKeys[row] = text ? columnKeyBits(text) : 0;
    }
    return this.#columnKeys[row]!;
  }

  /** What does not depend on the row is found out once a name: rollups read the same few of every row. */
  #readerOf(place: PropertyPlace): Read {
    if (place.in === 'column') return this.#textReader(place.column);
    if (place.in === 'person' || place.in === 'group') return () => undefined;
    const { key, steps } = place;
    const text = place.in === 'sent' ? this.#textReader(place.column) : () => undefined;
    const { typed } = this.#columns;
    if (place.in !== 'context' && typed !== undefined && Object.hasOwn(typed, key)) {
      const column = typed[key]!;
      return () => typedValue(column, this.row) ?? text();
    }
    if (place.in !== 'sent') {
      const { in: column } = place;
      return () => valueAt(this.#json(column), key, steps);
    }
    const bit = columnKeyBit(place.column);
    // Most events have no property with the name of a column, and their JSON is not parsed.
    return () => (this.#mayHave(bit) ? valueAt(this.#json('properties'), key, steps) : undefined) ?? text();
  }

  #textReader(column: StringColumn): Read {
    const texts = this.#columns.strings[column];
    return () => texts?.[this.row] ?? undefined;
  }

  #json(column: 'properties' | 'context'): JsonObject {
    const parsed: Parsed = this.#parsed[column];
    if (parsed.row === this.row) return parsed.value;
    const text = this.#columns.strings[column]?.[this.row];
    parsed.value = text ? (JSON.parse(text) as JsonObject) : EMPTY;
    parsed.row = this.row;
    return parsed.value;
  }
}

/** All names of columns but those that no row has, and those that have a column of their own. */
function searchedKeys({ absent = new Set(), typed = {} }: EventColumns): number {
  return [...absent, ...Object.keys(typed)].reduce((bits, name) => bits & ~columnKeyBit(name), ALL_COLUMN_KEYS);
}
