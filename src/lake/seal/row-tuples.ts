/** Row tuples: the dimension tuple of a row for one rollup, as a key of its cells. */
import { BOT_DEVICE, DEVICE } from '../../core/bots/bots.ts';
import { conditionProperties, evaluate } from '../../core/event/condition.ts';
import type { StringColumn } from '../../core/event/event.ts';
import {
  dimensionText,
  isColumn,
  type PropertyPlace,
  propertyColumns,
  propertyPlace,
} from '../../core/event/property.ts';
import type { Cell } from '../../core/rollup/cell.ts';
import { type Counted, countedNames, UNCLEAR } from '../../core/rollup/counted-names.ts';
import type { Rollup } from '../../core/rollup/rollup.ts';
import { botsKey, tupleKey } from '../../core/rollup/rollup-cells.ts';
import { columnKeyBit } from '../segment/column-keys.ts';
import type { RowReader } from './row-reader.ts';

export class RowTuples {
  readonly #rollup: Rollup;
  readonly #counted: Counted;
  readonly #unclearKey: string;
  /** The columns whose names make a tuple unclear when an event has a property of that name, as bits. */
  readonly #unclearColumns: number;
  readonly #keys = new Map<string | null, string>();

  constructor(rollup: Rollup) {
    this.#rollup = rollup;
    this.#counted = countedNames(rollup);
    this.#unclearKey = tupleKey(rollup.dimensions.map(() => UNCLEAR));
    this.#unclearColumns = this.#names().sent.reduce((bits, name) => bits | columnKeyBit(name), 0);
  }

  /** The text columns that the rows are read with. */
  get columns(): ReadonlySet<StringColumn> {
    const { texts, sent } = this.#names();
    return new Set([...texts.flatMap(propertyColumns), ...(sent.length === 0 ? [] : (['properties'] as const))]);
  }

  /** The properties for which alone `properties` is one of the columns; null when a place in them is read. */
  get properties(): ReadonlySet<string> | null {
    const { texts, sent } = this.#names();
    const places = texts.map(propertyPlace).flatMap((place) => (isInProperties(place) ? [place] : []));
    if (places.some(({ steps }) => steps.length > 1)) return null;
    return new Set([...places.map(({ key }) => key), ...sent]);
  }

  /** The key of the row that the reader stands at; null when the filter leaves the row out. */
  keyOf(reader: RowReader): string | null {
    const key = this.#tupleKeyOf(reader);
    const isBots = key !== null && this.#rollup.tellsBots === true && reader.read(DEVICE) === BOT_DEVICE;
    return isBots ? botsKey(key) : key;
  }

  #tupleKeyOf(reader: RowReader): string | null {
    const { where, isUnclear } = this.#counted;
    // Only a property with the name of a column makes a tuple unclear, and few events have one.
    if (reader.mayHaveColumnKey(this.#unclearColumns) && isUnclear(reader.read)) return this.#unclearKey;
    if (where !== null && !evaluate(where, reader.read)) return null;
    return this.#clearKeyOf(reader);
  }

  /** Adds the rollup's numbers of the row that the reader stands at. */
  addNumbers(cell: Cell, { read }: RowReader): void {
    for (let at = 0; at < cell.numbers.length; at++) {
      const value = read(this.#rollup.numbers[at]!);
      if (typeof value === 'number') cell.numbers[at]!.add(value);
    }
  }

  #clearKeyOf({ read }: RowReader): string {
    const { dimensions } = this.#counted;
    if (dimensions.length === 0) return '';
    if (dimensions.length > 1) return tupleKey(dimensions.map((name) => dimensionText(read(name))));
    const text = dimensionText(read(dimensions[0]!));
    let key = this.#keys.get(text);
    if (key === undefined) {
      key = tupleKey([text]);
      this.#keys.set(text, key);
    }
    return key;
  }

  /** The names that are read, and those of columns that an event may have sent as a property, which may be unclear. */
  #names(): { readonly texts: readonly string[]; readonly sent: readonly StringColumn[] } {
    const { where, dimensions } = this.#counted;
    const texts = [...dimensions, ...this.#rollup.numbers, ...(where === null ? [] : conditionProperties(where))];
    const plain =
      this.#rollup.dimensions.length === 0 ? [] : [...this.#rollup.dimensions, ...filterNames(this.#rollup)];
    return { texts: this.#rollup.tellsBots ? [...texts, DEVICE] : texts, sent: plain.filter(isColumn) };
  }
}

function isInProperties(place: PropertyPlace): place is Extract<PropertyPlace, { readonly in: 'properties' | 'sent' }> {
  return place.in === 'properties' || place.in === 'sent';
}

function filterNames({ where }: Rollup): string[] {
  return where === undefined ? [] : conditionProperties(where);
}
