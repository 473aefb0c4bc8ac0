/**
 * RowSource: reads properties of single rows of event columns: from a column of their own where the batch has it, else
 * from the JSON (json-column.ts), only for the rows that are asked for. Traits and cohorts come from the columns'
 * lookup.
 */
import type { CodedTexts, EventColumns, TypedColumn } from '../../event/columns.ts';
import {
  type Comparison,
  type Condition,
  conditionCohorts,
  conditionProperties,
  evaluate,
} from '../../event/condition.ts';
import type { JsonValue, StringColumn } from '../../event/event.ts';
import type { Lookup } from '../../event/lookup.ts';
import { columnName, dimensionText, isTrait, type PropertyPlace, propertyPlace } from '../../event/property.ts';
import { assert } from '../../std/result.ts';
import { wordsOf } from '../../std/words.ts';
import type { PeopleAsks } from './asks.ts';
import { DimensionCodes } from './dimension-codes.ts';
import { JsonColumn, JsonPlace } from './json-column.ts';
import { siftCoded, siftRows } from './sift.ts';
import { typedValue } from './typed-value.ts';

/** Readers of one row, compiled from a question. */
export type RowTest = (row: number) => boolean;
/** Returns those of the rows that pass, in their order. */
export type RowFilter = (rows: Uint32Array) => Uint32Array;
export type RowText = (row: number) => string | null;
export type RowValue = (row: number) => JsonValue | undefined;

export class RowSource {
  #columns: EventColumns | null = null;
  /** People of the rows as (low, high) pairs. */
  #people: Uint32Array = new Uint32Array(0);
  readonly #traits = new Set<string>();
  readonly #cohorts = new Set<string>();
  readonly #json = { properties: new JsonColumn('properties'), context: new JsonColumn('context') };
  /** Top-level properties that were asked for; null once a nested one was. */
  #properties: Set<string> | null = new Set();
  readonly #names = new Set<string>();
  readonly #events = new Set<string>();

  /** Facts that the tests and values made so far need beyond the events. */
  get asks(): PeopleAsks {
    const isPersonal = [...this.#traits].some((name) => propertyPlace(name).in === 'person');
    return { identity: isPersonal || this.#cohorts.size > 0, traits: this.#traits, cohorts: this.#cohorts };
  }

  use(columns: EventColumns): void {
    this.#columns = columns;
    this.#people = wordsOf(columns.person);
    this.#json.properties.use(columns);
    this.#json.context.use(columns);
  }

  /**
   * The properties that tests and values made so far read; null when they need the JSON, and columns of single
   * properties would not do instead.
   */
  get properties(): ReadonlySet<string> | null {
    return this.#properties;
  }

  /** Event properties that the tests and values made so far read, by the names that the question gives them. */
  get names(): ReadonlySet<string> {
    return this.#names;
  }

  /** The names of events that the tests made so far look for. */
  get events(): ReadonlySet<string> {
    return this.#events;
  }

  /** Notes names of events that are looked for beside the tests. */
  noteEvents(names: Iterable<string>): void {
    for (const name of names) this.#events.add(name);
  }

  value(name: string): RowValue {
    const place = propertyPlace(name);
    if (place.in === 'column') {
      const text = this.#text(place.column);
      return (row) => text(row) ?? undefined;
    }
    if (place.in === 'sent') {
      const sent = this.#sent(place);
      const text = this.#text(place.column);
      return (row) => sent(row) ?? text(row) ?? undefined;
    }
    const { key, steps } = place;
    if (isTrait(name)) this.#traits.add(name);
    if (place.in === 'person') {
      return (row) => this.#lookup().personTrait(this.#people[2 * row + 1]!, this.#people[2 * row]!, key, steps);
    }
    if (place.in === 'group') {
      const group = this.#text('group_id');
      return (row) => {
        const id = group(row);
        return id === null ? undefined : this.#lookup().groupTrait(id, key, steps);
      };
    }
    if (place.in === 'context') {
      const json = new JsonPlace(this.#json.context, key, steps);
      return (row) => json.read(row);
    }
    this.#names.add(name);
    return this.#property(place);
  }

  #property({ key, steps }: { readonly key: string; readonly steps: readonly string[] }): RowValue {
    const json = new JsonPlace(this.#json.properties, key, steps);
    this.#wantProperty(key, steps);
    let from: EventColumns | null = null;
    let typed: TypedColumn | undefined;
    return (row) => {
      if (from !== this.#columns) {
        from = this.#columns;
        typed = typedOf(from, key);
      }
      return typed === undefined ? json.read(row) : typedValue(typed, row);
    };
  }

  /** Returns the reader of a property with the name of a column, which most batches do not have. */
  #sent(place: SentPlace): RowValue {
    const value = this.#property(place);
    let from: EventColumns | null = null;
    let isSent = false;
    return (row) => {
      if (from !== this.#columns) {
        from = this.#columns;
        isSent = from !== null && mayHaveKey(from, place.key);
      }
      return isSent ? value(row) : undefined;
    };
  }

  #wantProperty(key: string, steps: readonly string[]): void {
    if (steps.length === 1) this.#properties?.add(key);
    else this.#properties = null;
  }

  /** Returns a reader of the value as the text of a dimension. */
  text(name: string): RowText {
    const place = propertyPlace(name);
    if (place.in === 'column') {
      const text = this.#text(place.column);
      return (row) => dimensionText(text(row));
    }
    const value = this.value(name);
    return (row) => dimensionText(value(row));
  }

  /** Returns codes for the value as the text of a dimension: equal texts have equal codes, in all batches. */
  codes(name: string): DimensionCodes {
    const place = propertyPlace(name);
    return new DimensionCodes(this.text(name), codedPlace(place), () => this.#columns);
  }

  test(condition: Condition): RowTest {
    if ('and' in condition) {
      const [first, ...others] = condition.and.map((inner) => this.test(inner));
      return others.reduce((left: RowTest, right) => (row) => left(row) && right(row), first!);
    }
    if ('or' in condition) {
      const [first, ...others] = condition.or.map((inner) => this.test(inner));
      return others.reduce((left: RowTest, right) => (row) => left(row) || right(row), first!);
    }
    if ('not' in condition) {
      const test = this.test(condition.not);
      return (row) => !test(row);
    }
    if ('cohort' in condition) {
      const { cohort } = condition;
      this.#cohorts.add(cohort);
      return (row) => this.#lookup().isMember(cohort, this.#people[2 * row + 1]!, this.#people[2 * row]!);
    }
    return this.#comparison(condition);
  }

  /** Returns the filter of a condition. In a column with a dictionary it reads nothing of a row but its code. */
  filter(condition: Condition): RowFilter {
    if ('and' in condition) {
      const filters = condition.and.map((inner) => this.filter(inner));
      return (rows) => filters.reduce((left, filter) => (left.length === 0 ? left : filter(left)), rows);
    }
    const test = this.test(condition);
    const property = onlyProperty(condition);
    if (property === null) return (rows) => siftRows(test, rows);
    const codedIn = codedPlace(propertyPlace(property));
    let known: CodedTexts | undefined;
    let holds: Uint8Array = new Uint8Array();
    return (rows) => {
      const coded = this.#columns === null ? undefined : codedIn(this.#columns);
      if (coded === undefined) return siftRows(test, rows);
      // A batch comes in slices, and its dictionary may have more entries than a slice has rows.
      if (coded !== known) holds = holding(condition, coded);
      known = coded;
      return siftCoded(coded, rows, holds);
    };
  }

  #lookup(): Lookup {
    const lookup = this.#columns?.lookup;
    assert(lookup, 'traits or cohorts are asked for and were not looked up');
    return lookup;
  }

  /** Returns the test of a comparison. In a column with a dictionary each text is compared once a batch. */
  #comparison(comparison: Comparison): RowTest {
    const place = propertyPlace(comparison.property);
    this.noteEvents(eventNames(comparison));
    const value = this.value(comparison.property);
    let current: JsonValue | undefined;
    const read = () => current;
    const plain: RowTest = (row) => {
      current = value(row);
      return evaluate(comparison, read);
    };
    const codedIn = codedPlace(place);
    let from: EventColumns | null = null;
    let codes: CodedTexts['codes'] | null = null;
    let holds = new Uint8Array();
    return (row) => {
      if (from !== this.#columns) {
        from = this.#columns;
        const coded = from === null ? undefined : codedIn(from);
        codes = coded?.codes ?? null;
        if (coded !== undefined) holds = holding(comparison, coded);
      }
      return codes === null ? plain(row) : holds[codes[row]!] === 1;
    };
  }

  #text(column: StringColumn): RowText {
    let from: EventColumns | null = null;
    let texts: readonly (string | null)[] = [];
    let codes: CodedTexts['codes'] | null = null;
    return (row) => {
      if (from !== this.#columns) {
        from = this.#columns;
        const coded = from?.coded?.[column];
        codes = coded?.codes ?? null;
        const found = coded?.entries ?? from?.strings[column];
        assert(found, `the column ${column} was not read`);
        texts = found;
      }
      return codes === null ? texts[row]! : texts[codes[row]!]!;
    };
  }
}

/** 1 for each entry for which the condition, which reads nothing else, holds. */
function holding(condition: Condition, { entries }: CodedTexts): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(entries, (entry) => Number(evaluate(condition, () => entry ?? undefined)));
}

/** The property that the condition reads; null when it reads several, or a cohort. */
function onlyProperty(condition: Condition): string | null {
  const [name, ...others] = conditionProperties(condition);
  return name === undefined || others.length > 0 || conditionCohorts(condition).length > 0 ? null : name;
}

function typedOf(columns: EventColumns | null, property: string): TypedColumn | undefined {
  const typed = columns?.typed;
  return typed !== undefined && Object.hasOwn(typed, property) ? typed[property] : undefined;
}

/** Returns the names of events that the comparison asks for by the column. */
function eventNames({ property, op, value }: Comparison): string[] {
  if (property !== columnName('event') || (op !== 'eq' && op !== 'in')) return [];
  return (Array.isArray(value) ? value : [value]).filter((name) => typeof name === 'string');
}

type SentPlace = Extract<PropertyPlace, { readonly in: 'sent' }>;

/**
 * Returns the reader of the dictionary that holds the texts of a place; it gives undefined where there is none, or where
 * it does not tell the values of every row.
 */
function codedPlace(place: PropertyPlace): (columns: EventColumns) => CodedTexts | undefined {
  if (place.in === 'column') return (columns) => columns.coded?.[place.column];
  if (place.in !== 'sent') return codedProperty(place);
  return (columns) => (mayHaveKey(columns, place.key) ? undefined : columns.coded?.[place.column]);
}

/** Tells whether some event of the batch may have the key, a plain name, among its properties. */
function mayHaveKey({ absent, typed, packed, strings }: EventColumns, key: string): boolean {
  if (absent?.has(key)) return false;
  if (typed !== undefined && Object.hasOwn(typed, key)) return true;
  const mark = `"${key}":`;
  const texts = packed?.properties;
  if (texts !== undefined) return texts.text.includes(mark);
  return strings.properties?.some((text) => text?.includes(mark)) ?? true;
}

/** Returns the reader of the texts of a property's own column; it gives undefined where there is none. */
function codedProperty(place: PropertyPlace): (columns: EventColumns) => CodedTexts | undefined {
  if (place.in !== 'properties' || place.steps.length > 1) return () => undefined;
  return (columns) => {
    const typed = typedOf(columns, place.key);
    return typed?.type === 'text' ? typed.texts : undefined;
  };
}
