/** DimensionCodes: numbers for the texts of a dimension, in the order in which they first occur. */
import type { CodedTexts, EventColumns } from '../../event/columns.ts';
import { dimensionText } from '../../event/property.ts';
import { ownText } from '../../std/text.ts';

const UNKNOWN = -1;

export class DimensionCodes {
  /** Text of each code. */
  readonly texts: (string | null)[] = [];
  readonly #text: (row: number) => string | null;
  readonly #codedIn: (columns: EventColumns) => CodedTexts | undefined;
  readonly #columns: () => EventColumns | null;
  readonly #known = new Map<string | null, number>();
  #from: EventColumns | null = null;
  #codes: CodedTexts['codes'] | null = null;
  #entries: CodedTexts['entries'] = [];
  /** Own code by code of the batch. */
  #ownCodes = new Int32Array();
  /** What `numberOf` has returned, by code of the batch. */
  #mapped = new Int32Array();

  constructor(
    text: (row: number) => string | null,
    codedIn: (columns: EventColumns) => CodedTexts | undefined,
    columns: () => EventColumns | null,
  ) {
    this.#text = text;
    this.#codedIn = codedIn;
    this.#columns = columns;
  }

  of(row: number): number {
    if (this.#from !== this.#columns()) this.#use();
    if (this.#codes === null) return this.#codeOf(this.#text(row));
    const code = this.#codes[row]!;
    const known = this.#ownCodes[code]!;
    if (known !== UNKNOWN) return known;
    const ownCode = this.#codeOf(dimensionText(this.#entries[code]));
    this.#ownCodes[code] = ownCode;
    return ownCode;
  }

  /** Returns `numberOf` of a row, which is asked once for the rows of a batch that have an entry. */
  numberAt(row: number, numberOf: (row: number) => number): number {
    if (this.#from !== this.#columns()) this.#use();
    const codes = this.#codes;
    if (codes === null) return numberOf(row);
    const code = codes[row]!;
    if (this.#mapped[code] === UNKNOWN) this.#mapped[code] = numberOf(row);
    return this.#mapped[code]!;
  }

  /** Writes `numberOf` of these rows, as `numberAt` does. It must be the same function in every call. */
  mapRows(rows: Uint32Array, into: Uint32Array, numberOf: (row: number) => number): void {
    if (this.#from !== this.#columns()) this.#use();
    const codes = this.#codes;
    if (codes === null) {
      for (let index = 0; index < rows.length; index++) into[index] = numberOf(rows[index]!);
      return;
    }
    mapCodes(codes, rows, into, this.#mapped, numberOf);
  }

  #use(): void {
    this.#from = this.#columns();
    const coded = this.#from === null ? undefined : this.#codedIn(this.#from);
    this.#codes = coded?.codes ?? null;
    this.#entries = coded?.entries ?? [];
    this.#ownCodes = new Int32Array(this.#entries.length).fill(UNKNOWN);
    this.#mapped = new Int32Array(this.#entries.length).fill(UNKNOWN);
  }

  #codeOf(text: string | null): number {
    let code = this.#known.get(text);
    if (code === undefined) {
      const own = text === null ? null : ownText(text);
      code = this.texts.push(own) - 1;
      this.#known.set(own, code);
    }
    return code;
  }
}

/** A function of its own with few types in it is what the engine makes the quickest code of: this loop is that of most questions. */
function mapCodes(
  codes: CodedTexts['codes'],
  rows: Uint32Array,
  into: Uint32Array,
  mapped: Int32Array,
  numberOf: (row: number) => number,
): void {
  const { length } = rows;
  for (let index = 0; index < length; index++) {
    const row = rows[index]!;
    const code = codes[row]!;
    let number = mapped[code]!;
    if (number === UNKNOWN) {
      number = numberOf(row);
      mapped[code] = number;
    }
    into[index] = number;
  }
}
