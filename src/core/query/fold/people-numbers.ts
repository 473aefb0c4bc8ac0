/**
 * PeopleNumbers: numbers for the people of rows, in the order of their coming, which the questions about these rows share: the person
 * of a row is looked up once, whichever question counts the row first.
 */
import { HashIndex } from '../../std/hash-index.ts';

/** Stands for a row without a person. */
export const NOBODY = 1;
/** The number of the first person, as `ofRows` tells it. */
export const FIRST = 2;

export class PeopleNumbers {
  readonly people = new HashIndex();
  #words: Uint32Array = new Uint32Array();
  /** The rows that were looked up last. Several questions count the same ones. */
  #rows: Uint32Array | null = null;
  /** By row: 0 while the row was not looked up, NOBODY, or FIRST and more. */
  #numbers = new Uint32Array();

  get sizeBytes(): number {
    return this.people.sizeBytes + this.#numbers.byteLength;
  }

  /**
   * Returns the numbers by row, of these rows at least, which do not change any more. `words`: the people of all rows of the batch as
   * (low, high) pairs.
   */
  ofRows(rows: Uint32Array, words: Uint32Array): Uint32Array {
    if (!isSameMemory(words, this.#words)) this.#begin(words);
    const numbers = this.#numbers;
    if (rows === this.#rows) return numbers;
    this.#rows = rows;
    // Rows near each other are most often of one person.
    let lastLow = 0;
    let lastHigh = 0;
    let last = NOBODY;
    for (let index = 0; index < rows.length; index++) {
      const row = rows[index]!;
      if (numbers[row] !== 0) continue;
      const low = words[2 * row]!;
      const high = words[2 * row + 1]!;
      if (low !== lastLow || high !== lastHigh) {
        last = (low | high) === 0 ? NOBODY : FIRST + this.people.add(high, low);
        lastLow = low;
        lastHigh = high;
      }
      numbers[row] = last;
    }
    return numbers;
  }

  #begin(words: Uint32Array): void {
    const rowCount = words.length / 2;
    this.#words = words;
    this.#rows = null;
    if (this.#numbers.length < rowCount) this.#numbers = new Uint32Array(rowCount);
    else this.#numbers.fill(0, 0, rowCount);
  }
}

/** Words are views that are made anew for each slice of a batch. */
function isSameMemory(one: Uint32Array, other: Uint32Array): boolean {
  return one.buffer === other.buffer && one.byteOffset === other.byteOffset && one.length === other.length;
}
