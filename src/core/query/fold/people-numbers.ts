/**
 * PeopleNumbers: numbers for the people of rows, in the order of their coming, which the questions about these rows share. Rows come in
 * runs of one person: a run is looked up once for all questions that count the same rows, and counting it is setting bits.
 */
import { HashIndex } from '../../std/hash-index.ts';

/** Stands for rows without a person. */
export const NOBODY = -1;

/** Rows as runs of one person each. */
export interface PeopleRuns {
  readonly count: number;
  /** The person of each run, or NOBODY. */
  readonly numbers: Int32Array;
  /** The place behind the last row of each run. */
  readonly ends: Uint32Array;
}

export class PeopleNumbers {
  readonly people = new HashIndex();
  #words: Uint32Array = new Uint32Array();
  #rows: Uint32Array | null = null;
  #runs = { count: 0, numbers: new Int32Array(), ends: new Uint32Array() };

  get sizeBytes(): number {
    return this.people.sizeBytes + this.#runs.numbers.byteLength + this.#runs.ends.byteLength;
  }

  /**
   * Returns the runs of these rows, which do not change any more; the next call writes over them. `words`: the people of all rows of
   * the batch as (low, high) pairs.
   */
  runsOf(rows: Uint32Array, words: Uint32Array): PeopleRuns {
    if (rows === this.#rows && isSameMemory(words, this.#words)) return this.#runs;
    this.#rows = rows;
    this.#words = words;
    if (this.#runs.ends.length < rows.length) {
      this.#runs = { count: 0, numbers: new Int32Array(rows.length), ends: new Uint32Array(rows.length) };
    }
    const { numbers, ends } = this.#runs;
    let count = 0;
    for (let index = 0; index < rows.length; count++) {
      const low = words[2 * rows[index]!]!;
      const high = words[2 * rows[index]! + 1]!;
      numbers[count] = (low | high) === 0 ? NOBODY : this.people.add(high, low);
      do index++;
      while (index < rows.length && words[2 * rows[index]!] === low && words[2 * rows[index]! + 1] === high);
      ends[count] = index;
    }
    this.#runs.count = count;
    return this.#runs;
  }
}

/** Words are views that are made anew for each slice of a batch. */
function isSameMemory(one: Uint32Array, other: Uint32Array): boolean {
  return one.buffer === other.buffer && one.byteOffset === other.byteOffset && one.length === other.length;
}
