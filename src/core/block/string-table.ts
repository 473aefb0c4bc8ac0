/**
 * String table: the distinct texts of a block, in order of first use. Index 0 is null; text i has index i + 1.
 */
export class StringTable {
  readonly texts: string[] = [];
  readonly #indexes = new Map<string, number>();

  /** Returns the index of a text that is likely to come again. */
  intern(text: string | null | undefined): number {
    if (text === null || text === undefined) return 0;
    const known = this.#indexes.get(text);
    if (known !== undefined) return known;
    const index = this.append(text);
    this.#indexes.set(text, index);
    return index;
  }

  /** Returns the index of a text that is not expected again (an id, a property bag), without paying for a look-up. */
  append(text: string | null | undefined): number {
    if (text === null || text === undefined) return 0;
    this.texts.push(text);
    return this.texts.length;
  }
}
