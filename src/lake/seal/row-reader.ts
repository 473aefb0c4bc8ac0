/**
 * Row reader: the properties of the row at hand of a batch of columns, by the names questions use. JSON is parsed only
 * when a property lies in it and has no column of its own, and once a row.
 */

import type { EventColumns } from '../../core/event/columns.ts';
import type { PropertyReader } from '../../core/event/condition.ts';
import type { JsonObject, JsonValue, StringColumn } from '../../core/event/event.ts';
import { isColumn, type PropertyPlace, propertyPlace, valueAt } from '../../core/event/property.ts';
import { typedValue } from '../../core/query/rows/typed-value.ts';
import { columnKeyBit, columnKeyBits } from '../segment/column-keys.ts';

const EMPTY: JsonObject = {};
/** Stands for the bits of a row whose text was not searched. */
const UNKNOWN = -1;

interface Parsed {
  row: number;
  value: JsonObject;
}

/** @example reader.row = 5; reader.read('properties.plan') */
export class RowReader {
  row = 0;
  readonly read: PropertyReader;
  readonly #columns: EventColumns;
  readonly #isColumnTyped: boolean;
  /** For each row, the names of columns that the JSON of its properties may have, as bits. */
  readonly #columnKeys: Int32Array;
  readonly #parsed = { properties: { row: -1, value: EMPTY }, context: { row: -1, value: EMPTY } };

  constructor(columns: EventColumns) {
    this.#columns = columns;
    this.#isColumnTyped = Object.keys(columns.typed ?? {}).some(isColumn);
    this.#columnKeys = new Int32Array(columns.rowCount).fill(UNKNOWN);
    this.read = (name) => {
      const place = propertyPlace(name);
      if (place.in === 'column') return this.#text(place.column);
      if (place.in === 'person' || place.in === 'group') return undefined;
      if (place.in !== 'context' && this.#isTyped(place.key)) {
        const value = typedValue(this.#columns.typed![place.key]!, this.row);
        return place.in === 'sent' ? (value ?? this.#text(place.column)) : value;
      }
      if (place.in !== 'sent') return valueAt(this.#json(place.in), place.key, place.steps);
      return this.#sent(place) ?? this.#text(place.column);
    };
  }

  /** Whether the row may have a property with the name of one of these columns, as bits. */
  mayHaveColumnKey(columns: number): boolean {
    return this.#isColumnTyped || (this.#columnKeysOfRow() & columns) !== 0;
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

  #isTyped(property: string): boolean {
    const { typed } = this.#columns;
    return typed !== undefined && Object.hasOwn(typed, property);
  }

  #text(column: StringColumn): string | undefined {
    return this.#columns.strings[column]?.[this.row] ?? undefined;
  }

  /** Reads a property with the name of a column. Most events have none, and their JSON is not parsed. */
  #sent({ key, steps, column }: Extract<PropertyPlace, { readonly in: 'sent' }>): JsonValue | undefined {
    const mayHave = (this.#columnKeysOfRow() & columnKeyBit(column)) !== 0;
    return mayHave ? valueAt(this.#json('properties'), key, steps) : undefined;
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
