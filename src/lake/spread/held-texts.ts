/**
 * Held texts: one text column of the rows that a spread holds. Repetitive texts stay codes into one dictionary, and the others
 * the joined text in which they were read: a quarter of what a string for each would take.
 */
import type { EventColumns, PackedTexts } from '../../core/event/columns.ts';
import type { StringColumn } from '../../core/event/event.ts';

/** The code of a row whose text is in no dictionary. */
const PLAIN = 0xffff_ffff;

/** A range of neighbouring rows that were read together. */
export interface HeldBatch {
  readonly from: number;
  readonly columns: EventColumns;
}

/** Gives the batch of a row, and the row's place in it. */
type PlaceOf = (row: number) => { readonly batch: number; readonly row: number };

/** The texts of some rows: `codes` into `entries`, of which the first is null, or `plain`. */
export type ChosenTexts =
  | { readonly entries: readonly (string | null)[]; readonly codes: Uint16Array }
  | { readonly plain: readonly (string | null)[] };

export class HeldTexts {
  readonly #column: StringColumn;
  readonly #rowsMax: number;
  readonly #codeOf = new Map<string | null, number>([[null, 0]]);
  readonly #entries: (string | null)[] = [null];
  /** By row; null while no row has a text. */
  #codes: Uint32Array | null = null;
  /** By the number of the batch, for those whose texts are in no dictionary. */
  readonly #plain: ((row: number) => string | null)[] = [];
  /** By entry, its code among the rows that are being chosen; 0 for those not met yet. */
  #chosenCodes = new Uint16Array(16);

  constructor(column: StringColumn, rowsMax: number) {
    this.#column = column;
    this.#rowsMax = rowsMax;
  }

  /** Takes the texts of the batch, and returns the number of units that are held for them. */
  add({ from, columns }: HeldBatch, batch: number): number {
    const coded = columns.coded?.[this.#column];
    if (coded !== undefined) {
      return coded.entries.length > 1 ? this.#addCodes(from, coded.codes, coded.entries) : 0;
    }
    const packed = columns.packed?.[this.#column];
    const texts = columns.strings[this.#column];
    if (packed === undefined && texts === undefined) return 0;
    this.#allCodes().fill(PLAIN, from, from + columns.rowCount);
    this.#plain[batch] = packed === undefined ? (row) => texts![row]! : (row) => packedText(packed, row);
    return packed === undefined ? texts!.reduce((sum, text) => sum + (text?.length ?? 0), 0) : packed.text.length;
  }

  /** Returns the units of the texts that no batch before had. */
  #addCodes(from: number, codes: ArrayLike<number>, entries: readonly (string | null)[]): number {
    const before = this.#entries.length;
    const known = Uint32Array.from(entries, (text) => this.#code(text));
    const all = this.#allCodes();
    for (let row = 0; row < codes.length; row++) all[from + row] = known[codes[row]!]!;
    let units = 0;
    for (let code = before; code < this.#entries.length; code++) units += this.#entries[code]!.length;
    return units;
  }

  #code(text: string | null): number {
    let code = this.#codeOf.get(text);
    if (code === undefined) {
      code = this.#entries.length;
      this.#codeOf.set(text, code);
      this.#entries.push(text);
    }
    return code;
  }

  #allCodes(): Uint32Array {
    this.#codes ??= new Uint32Array(this.#rowsMax);
    return this.#codes;
  }

  /** Returns the texts of some rows, fewer than 65,536; null when none has one. */
  choose(rows: Uint32Array, placeOf: PlaceOf): ChosenTexts | null {
    const codes = this.#codes;
    if (codes === null) return null;
    for (let at = 0; at < rows.length; at++) {
      if (codes[rows[at]!] === PLAIN) return { plain: this.#choosePlain(rows, placeOf) };
    }
    return this.#chooseCodes(rows, codes);
  }

  #choosePlain(rows: Uint32Array, placeOf: PlaceOf): (string | null)[] {
    const texts: (string | null)[] = new Array(rows.length);
    for (let at = 0; at < rows.length; at++) texts[at] = this.#text(rows[at]!, placeOf);
    return texts;
  }

  #text(row: number, placeOf: PlaceOf): string | null {
    const code = this.#codes![row]!;
    if (code !== PLAIN) return this.#entries[code]!;
    const place = placeOf(row);
    return this.#plain[place.batch]!(place.row);
  }

  #chooseCodes(rows: Uint32Array, codes: Uint32Array): ChosenTexts | null {
    if (this.#chosenCodes.length < this.#entries.length) this.#chosenCodes = new Uint16Array(2 * this.#entries.length);
    const chosenCodes = this.#chosenCodes;
    const met = [0];
    const chosen = new Uint16Array(rows.length);
    for (let at = 0; at < rows.length; at++) {
      const code = codes[rows[at]!]!;
      if (code === 0) continue;
      if (chosenCodes[code] === 0) chosenCodes[code] = met.push(code) - 1;
      chosen[at] = chosenCodes[code]!;
    }
    for (const code of met) chosenCodes[code] = 0;
    return met.length === 1 ? null : { entries: met.map((code) => this.#entries[code]!), codes: chosen };
  }
}

function packedText({ text, starts, present }: PackedTexts, row: number): string | null {
  return present !== null && present[row] === 0 ? null : text.slice(starts[row], starts[row + 1]);
}
