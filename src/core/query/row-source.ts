/**
 * RowSource: reads properties of single rows of event columns. JSON is parsed at most once a row, and only for the rows
 * and columns that are asked for; a context that repeats is parsed once. Traits and cohorts come from the columns' lookup.
 */
import type { EventColumns } from '../columns.ts';
import { type Comparison, type Condition, conditionProperties, evaluate } from '../condition.ts';
import type { JsonObject, JsonValue, StringColumn } from '../event.ts';
import type { PeopleAsks } from '../people/asks.ts';
import type { Lookup } from '../people/lookup.ts';
import { dimensionText, isTrait, propertyColumn, propertyPlace, valueAt } from '../property.ts';
import { assert } from '../result.ts';
import type { Query } from './request.ts';

/** What a question asks of one row. */
export type RowTest = (row: number) => boolean;
export type RowText = (row: number) => string | null;
export type RowValue = (row: number) => JsonValue | undefined;

/** The properties a question reads. */
export function queryProperties({ groupBy, where, number, measure }: Query): string[] {
  const names = [...groupBy, ...(where ? conditionProperties(where) : [])];
  if (number) names.push(number.property);
  if (measure === 'groups') names.push('group_id');
  return names;
}

/** The text columns a question reads. */
export function queryColumns(query: Query): Set<StringColumn> {
  return new Set(queryProperties(query).map(propertyColumn));
}

/** Answers remembered by text: of columns that repeat. Of others, remembering costs more than working it out. */
const MEMORY_SIZE_MAX = 4_096;

export class RowSource {
  #columns: EventColumns | null = null;
  /** (low, high) pairs. */
  #people: Uint32Array = new Uint32Array(0);
  readonly #traits = new Set<string>();
  readonly #cohorts = new Set<string>();
  readonly #json = { properties: new JsonColumn(), context: new JsonColumn() };

  /** What the tests and values made so far want to know beyond the events. */
  get asks(): PeopleAsks {
    const isPersonal = [...this.#traits].some((name) => propertyPlace(name).in === 'person');
    return { identity: isPersonal || this.#cohorts.size > 0, traits: this.#traits, cohorts: this.#cohorts };
  }

  use(columns: EventColumns): void {
    this.#columns = columns;
    const { buffer, byteOffset, length } = columns.person;
    this.#people = new Uint32Array(buffer, byteOffset, 2 * length);
    this.#json.properties.use(columns.strings.properties);
    this.#json.context.use(columns.strings.context);
  }

  value(name: string): RowValue {
    const place = propertyPlace(name);
    if (place.in === 'column') {
      const text = this.#text(place.column);
      return (row) => text(row) ?? undefined;
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
    const json = this.#json[place.in];
    // A text without the key's first step, written as JSON writes it, cannot hold the property.
    const marks = [key, steps[0]!].map((step) => JSON.stringify(step));
    return (row) => (json.mayHold(row, marks) ? valueAt(json.object(row), key, steps) : undefined);
  }

  /** The value as the text of a dimension. */
  text(name: string): RowText {
    const place = propertyPlace(name);
    if (place.in === 'column') {
      const text = this.#text(place.column);
      return (row) => dimensionText(text(row));
    }
    const value = this.value(name);
    return (row) => dimensionText(value(row));
  }

  test(condition: Condition): RowTest {
    if ('and' in condition) {
      const tests = condition.and.map((inner) => this.test(inner));
      return (row) => tests.every((test) => test(row));
    }
    if ('or' in condition) {
      const tests = condition.or.map((inner) => this.test(inner));
      return (row) => tests.some((test) => test(row));
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

  #lookup(): Lookup {
    const lookup = this.#columns?.lookup;
    assert(lookup, 'traits or cohorts are asked for and were not looked up');
    return lookup;
  }

  #comparison(comparison: Comparison): RowTest {
    const place = propertyPlace(comparison.property);
    if (place.in !== 'column') {
      const value = this.value(comparison.property);
      return (row) => evaluate(comparison, () => value(row));
    }
    const text = this.#text(place.column);
    const known = new Map<string | null, boolean>();
    return (row) => {
      const at = text(row);
      const remembered = known.get(at);
      if (remembered !== undefined) return remembered;
      const holds = evaluate(comparison, () => at ?? undefined);
      if (known.size < MEMORY_SIZE_MAX) known.set(at, holds);
      return holds;
    };
  }

  #text(column: StringColumn): RowText {
    let from: EventColumns | null = null;
    let texts: readonly (string | null)[] = [];
    return (row) => {
      if (from !== this.#columns) {
        from = this.#columns;
        const found = from?.strings[column];
        assert(found, `the column ${column} was not read`);
        texts = found;
      }
      return texts[row]!;
    };
  }
}

const NOTHING: JsonObject = {};

/** One column of JSON objects as text. */
class JsonColumn {
  #texts: readonly (string | null)[] | undefined;
  #row = -1;
  #object: JsonObject = NOTHING;
  #text: string | null = null;

  use(texts: readonly (string | null)[] | undefined): void {
    this.#texts = texts;
    this.#row = -1;
  }

  mayHold(row: number, marks: readonly string[]): boolean {
    if (row === this.#row) return true;
    assert(this.#texts, 'a column of JSON was not read');
    const text = this.#texts[row];
    return text !== null && text !== undefined && marks.some((mark) => text.includes(mark));
  }

  object(row: number): JsonObject {
    if (row === this.#row) return this.#object;
    const text = this.#texts![row] ?? null;
    if (text !== this.#text) {
      this.#object = text === null ? NOTHING : (JSON.parse(text) as JsonObject);
      this.#text = text;
    }
    this.#row = row;
    return this.#object;
  }
}
