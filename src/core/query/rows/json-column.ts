/**
 * JsonColumn: one column of JSON objects as text, from which properties are read.
 *
 * A property of the top level is found by its name, without parsing the object. `"name":` behind `{` or `,` is a key,
 * because a quote inside a text is escaped; and it is a key of the top level when no object was opened before it.
 * Anything less plain (a name with odd characters, an object before it, an escape in its value, a nested value) makes
 * the row be parsed as a whole, once. A property test proves the result equal to parsing.
 */
import type { EventColumns, PackedTexts } from '../../event/columns.ts';
import type { JsonObject, JsonValue } from '../../event/event.ts';
import { valueAt } from '../../event/property.ts';
import { assert } from '../../std/result.ts';

const NOTHING: JsonObject = {};
/** Names that JSON writes as they are and that are not confused with the beginning or end of something else. */
const PLAIN_NAME = /^[A-Za-z_$][A-Za-z0-9_$ -]*$/;
const QUOTE = 34;
const COMMA = 44;
const MINUS = 45;
const ZERO = 48;
const NINE = 57;
const BRACKET = 91;
const OPEN = 123;
const CLOSE = 125;

export class JsonColumn {
  readonly #column: 'properties' | 'context';
  #columns: EventColumns | null = null;
  #texts: readonly (string | null)[] | undefined;
  #row = -1;
  #object: JsonObject = NOTHING;
  #text: string | null = null;

  constructor(column: 'properties' | 'context') {
    this.#column = column;
  }

  use(columns: EventColumns): void {
    this.#columns = columns;
    this.#texts = undefined;
    this.#row = -1;
  }

  get columns(): EventColumns | null {
    return this.#columns;
  }

  get packed(): PackedTexts | undefined {
    return this.#columns?.packed?.[this.#column];
  }

  /**
   * Returns the whole object of a row. It is parsed at most once a row, and once for texts that repeat from row to row.
   */
  object(row: number): JsonObject {
    if (row === this.#row) return this.#object;
    const text = this.text(row);
    if (text !== this.#text) {
      this.#object = text === null ? NOTHING : (JSON.parse(text) as JsonObject);
      this.#text = text;
    }
    this.#row = row;
    return this.#object;
  }

  isParsed(row: number): boolean {
    return row === this.#row;
  }

  text(row: number): string | null {
    const { packed } = this;
    if (packed !== undefined) {
      const { text, starts, present } = packed;
      return present !== null && present[row] === 0 ? null : text.slice(starts[row], starts[row + 1]);
    }
    this.#texts ??= this.#columns?.strings[this.#column];
    assert(this.#texts, `the column ${this.#column} was not read`);
    return this.#texts[row] ?? null;
  }
}

/** One place in a column of JSON. */
export class JsonPlace {
  readonly #json: JsonColumn;
  readonly #key: string;
  readonly #steps: readonly string[];
  /** A text without one of these cannot hold the property. */
  readonly #marks: readonly string[];
  /** Null when the name is not plain. */
  readonly #needle: string | null;
  #columns: EventColumns | null = null;
  #packed: PackedTexts | undefined;
  // `#hit` is the first place of the needle at or behind `#from`.
  #from = 0;
  #hit = -1;

  constructor(json: JsonColumn, key: string, steps: readonly string[]) {
    this.#json = json;
    this.#key = key;
    this.#steps = steps;
    this.#marks = [key, steps[0]!].map((step) => JSON.stringify(step));
    this.#needle = steps.length === 1 && PLAIN_NAME.test(key) ? `"${key}":` : null;
  }

  read(row: number): JsonValue | undefined {
    if (this.#columns !== this.#json.columns) {
      this.#columns = this.#json.columns;
      this.#packed = this.#needle === null ? undefined : this.#json.packed;
      this.#from = 0;
      this.#hit = -1;
    }
    const packed = this.#packed;
    if (packed === undefined) return this.#needle === null ? this.#parse(row) : this.#readAlone(row);
    const { text, starts, present } = packed;
    if (present !== null && present[row] === 0) return undefined;
    const from = starts[row]!;
    const to = starts[row + 1]!;
    if (this.#hit < from || from < this.#from) {
      const found = text.indexOf(this.#needle!, from);
      this.#hit = found === -1 ? text.length : found;
      this.#from = from;
    }
    const hit = this.#hit;
    return hit >= to ? undefined : this.#readHit(text, { from, hit }, row);
  }

  /** Reads a row of a column whose texts lie apart, as those of a shard's blocks do. */
  #readAlone(row: number): JsonValue | undefined {
    if (this.#json.isParsed(row)) return this.#parse(row);
    const text = this.#json.text(row);
    const hit = text === null ? -1 : text.indexOf(this.#needle!);
    return text === null || hit === -1 ? undefined : this.#readHit(text, { from: 0, hit }, row);
  }

  /** Reads the value behind the first place of the needle in the object that begins at `from`. */
  #readHit(text: string, { from, hit }: { readonly from: number; readonly hit: number }, row: number) {
    if (hit !== from + 1) {
      if (text.charCodeAt(hit - 1) !== COMMA) return this.#parse(row);
      const brace = text.indexOf('{', from + 1);
      if (brace !== -1 && brace < hit) return this.#parse(row);
    }
    return this.#valueAt(text, hit + this.#needle!.length, row);
  }

  #valueAt(text: string, at: number, row: number): JsonValue | undefined {
    const first = text.charCodeAt(at);
    if (first === QUOTE) {
      const value = text.slice(at + 1, text.indexOf('"', at + 1));
      return value.includes('\\') ? this.#parse(row) : value;
    }
    if (first === OPEN || first === BRACKET) return this.#parse(row);
    let end = at + 1;
    let code = text.charCodeAt(end);
    let whole = first - ZERO;
    let isDigits = first !== MINUS;
    while (code !== COMMA && code !== CLOSE) {
      if (code < ZERO || code > NINE) isDigits = false;
      whole = whole * 10 + code - ZERO;
      code = text.charCodeAt(++end);
      // The text ends in the middle of a value: it is not JSON as it is written here.
      if (Number.isNaN(code)) return this.#parse(row);
    }
    if (first !== MINUS && (first < ZERO || first > NINE)) {
      const word = text.slice(at, end);
      return word === 'true' ? true : word === 'false' ? false : word === 'null' ? undefined : this.#parse(row);
    }
    return isDigits && end - at <= 15 ? whole : Number(text.slice(at, end));
  }

  #parse(row: number): JsonValue | undefined {
    const json = this.#json;
    if (!json.isParsed(row)) {
      const text = json.text(row);
      if (text === null || !this.#marks.some((mark) => text.includes(mark))) return undefined;
    }
    return valueAt(json.object(row), this.#key, this.#steps);
  }
}
