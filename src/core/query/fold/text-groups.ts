/**
 * TextGroups: the group of a row, by the codes of its texts. A pair of codes is resolved once, then looked up.
 *
 * Codes are dense, so the groups of one code of the first dimension lie in an array by code of the second. Where few of
 * the pairs occur (two dimensions of ids: each id once), such arrays would be almost all gaps, as many as the product
 * of the values. So the number of filled gaps is bounded, and pairs beyond it are in one map.
 */

import type { DimensionCodes } from '../rows/dimension-codes.ts';
import type { Grouping } from './grouping.ts';

/** Gaps of all arrays together: 8 MB. */
const FILLED_MAX = 1_000_000;
/** Factor above all codes, of which there is one for each text. */
const CODE_FACTOR = 2 ** 26;

export class TextGroups {
  readonly #grouping: Grouping;
  readonly #codes: readonly DimensionCodes[];
  readonly #placeOf: (group: number) => number;
  /** Group, from 1, by code of the first dimension, then of the second; 0 fills a gap. */
  readonly #known: number[][] = [[]];
  #filled = 0;
  /** Groups by both codes, for pairs that would leave too long a gap. */
  readonly #sparse = new Map<number, number>();

  /** `placeOf`: the number that `placeRows` writes for a group; always the same for one. */
  constructor(grouping: Grouping, codes: readonly DimensionCodes[], placeOf: (group: number) => number) {
    this.#grouping = grouping;
    this.#codes = codes;
    this.#placeOf = placeOf;
  }

  of(row: number): number {
    const codes = this.#codes;
    if (codes.length > 2) return this.#newGroup(row) - 1;
    const first = codes.length < 2 ? 0 : codes[0]!.of(row);
    const last = codes.length === 0 ? 0 : codes[codes.length - 1]!.of(row);
    this.#known[first] ??= [];
    const groups = this.#known[first];
    return (groups[last] || this.#seek(groups, row, first, last)) - 1;
  }

  /** Writes the places of the groups of these rows. */
  placeRows(rows: Uint32Array, into: Uint32Array): void {
    const [codes] = this.#codes;
    if (rows.length === 0) return;
    if (codes === undefined) into.fill(this.#placeOf(this.of(0)), 0, rows.length);
    else if (this.#codes.length > 1) {
      for (let index = 0; index < rows.length; index++) into[index] = this.#placeOf(this.of(rows[index]!));
    } else codes.mapRows(rows, into, (row) => this.#placeOf(this.of(row)));
  }

  #seek(groups: number[], row: number, first: number, last: number): number {
    const pair = first * CODE_FACTOR + last;
    const known = this.#sparse.get(pair);
    if (known !== undefined) return known;
    const group = this.#newGroup(row);
    const gap = Math.max(0, last - groups.length);
    if (this.#filled + gap > FILLED_MAX) this.#sparse.set(pair, group);
    else {
      this.#filled += gap;
      // Gaps are filled, because an array with holes becomes a dictionary.
      while (groups.length < last) groups.push(0);
      groups[last] = group;
    }
    return group;
  }

  #newGroup(row: number): number {
    return this.#grouping.group(this.#codes.map((dimension) => dimension.texts[dimension.of(row)]!)) + 1;
  }
}
