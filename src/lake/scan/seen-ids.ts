/**
 * SeenIds: the ids of rows, in a few bits each, as another row may be a copy of one of them: a trusted id by itself, any other
 * with its key (CORRECTNESS B7). No false negatives.
 *
 * While no trusted row was added, a row whose key was not seen is passed over without a look at its id, which may not even be
 * unpacked yet.
 */
import type { EventColumns } from '../../core/event/columns.ts';
import { wordsOf } from '../../core/std/words.ts';
import type { IdWords } from './id-words.ts';
import { PairSet } from './pair-set.ts';
import { BROWSER, isTrusted, senderClasses } from './sender-class.ts';

interface Batch {
  readonly columns: EventColumns;
}

/** Stands for the key of a trusted id. */
const ANY_KEY = 0;

export class SeenIds {
  readonly #pairs: PairSet;
  #hasTrusted = false;

  constructor(count: number, bitsEach: number) {
    this.#pairs = new PairSet(count, bitsEach);
  }

  /** Adds the rows. Default: all of the batch. */
  add({ columns }: Batch, words: IdWords, rows?: Uint32Array): void {
    const keys = wordsOf(columns.keyHash);
    const classOf = senderClasses(columns);
    const idOf = words(columns);
    const count = rows?.length ?? columns.rowCount;
    for (let at = 0; at < count; at++) {
      const row = rows === undefined ? at : rows[at]!;
      this.addRow(keys[2 * row]!, idOf(row), isTrusted(classOf(row)));
    }
  }

  /**
   * Adds the rows, and for each of a browser also the trusted rows of its id, whatever their keys: they decide whether it gives
   * way. Returns whether there is one of a browser.
   */
  addWithRivals(batch: Batch, words: IdWords, rows: Uint32Array): boolean {
    this.add(batch, words, rows);
    const classOf = senderClasses(batch.columns);
    const ofBrowsers = rows.filter((row) => classOf(row) === BROWSER);
    if (ofBrowsers.length === 0) return false;
    const idOf = words(batch.columns);
    for (const row of ofBrowsers) this.addRow(ANY_KEY, idOf(row), true);
    return true;
  }

  addRow(key: number, id: number, isRowTrusted: boolean): void {
    this.#pairs.add(isRowTrusted ? ANY_KEY : key, id);
    this.#hasTrusted ||= isRowTrusted;
  }

  mayHaveKey(key: number): boolean {
    return this.#hasTrusted || this.#pairs.mayHaveKey(key);
  }

  mayHave(key: number, id: number): boolean {
    return this.#pairs.mayHave(key, id) || (this.#hasTrusted && this.#pairs.mayHave(ANY_KEY, id));
  }
}

/** The rows of a batch that the set may have. `growing`: a set to which each row is added once it was looked for. */
export function rowsIn(set: SeenIds, { columns }: Batch, words: IdWords, growing?: SeenIds): Uint32Array {
  const keys = wordsOf(columns.keyHash);
  const classOf = senderClasses(columns);
  const rows: number[] = [];
  let idOf: ReturnType<IdWords> | null = null;
  for (let row = 0; row < columns.rowCount; row++) {
    const key = keys[2 * row]!;
    if (growing === undefined && !set.mayHaveKey(key)) continue;
    idOf ??= words(columns);
    const id = idOf(row);
    if (set.mayHave(key, id)) rows.push(row);
    growing?.addRow(key, id, isTrusted(classOf(row)));
  }
  return Uint32Array.from(rows);
}
