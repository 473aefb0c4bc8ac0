/**
 * De-duplication: of the copies of one event, by (id, key_hash), one survives: the least (received_at, rank of its
 * source, row order) (CORRECTNESS B7).
 *
 * Fed batch by batch in the order of the sources' ranks; only ids and a few numbers are kept. The outcome does not depend
 * on how rows are split into batches.
 */
import type { EventColumns } from '../core/columns.ts';
import { assert } from '../core/result.ts';
import { wordsOf } from './number-encode.ts';

const FIRST_CAPACITY = 4_096;
const NONE = -1;

export class Deduplicator {
  readonly #newest = new Map<string, number>();
  /** By entry: the survivor so far of one (id, key_hash). Entries of one id are chained. */
  #keyLow = new Uint32Array(FIRST_CAPACITY);
  #keyHigh = new Uint32Array(FIRST_CAPACITY);
  #receivedAt = new Float64Array(FIRST_CAPACITY);
  #batch = new Uint32Array(FIRST_CAPACITY);
  #row = new Uint32Array(FIRST_CAPACITY);
  #older = new Int32Array(FIRST_CAPACITY);
  #entryCount = 0;
  /** By batch: 1 for a row that is a further copy; null while the batch has none. */
  readonly #dropped: (Uint8Array | null)[] = [];
  readonly #rowCounts: number[] = [];
  #duplicateCount = 0;

  get duplicateCount(): number {
    return this.#duplicateCount;
  }

  /** Takes these rows of the next batch, which needs id, key_hash and received_at. Returns the batch's number. */
  add({ rowCount, strings, keyHash, receivedAt }: EventColumns, rows: Uint32Array): number {
    const ids = strings.id;
    assert(ids !== undefined && keyHash.length === rowCount && receivedAt.length === rowCount, 'scan without ids');
    const batch = this.#dropped.push(null) - 1;
    this.#rowCounts.push(rowCount);
    const words = wordsOf(keyHash);
    for (const row of rows) {
      const id = ids[row] ?? '';
      const low = words[row * 2] as number;
      const high = words[row * 2 + 1] as number;
      const newest = this.#newest.get(id) ?? NONE;
      let entry = newest;
      while (entry !== NONE && (this.#keyLow[entry] !== low || this.#keyHigh[entry] !== high)) {
        entry = this.#older[entry] as number;
      }
      if (entry === NONE) this.#newest.set(id, this.#append(low, high, receivedAt[row] as number, batch, row, newest));
      else this.#meet(entry, receivedAt[row] as number, batch, row);
    }
    return batch;
  }

  /** Of the batch's rows those that are further copies, 1 each; null: none is. Final when all batches have been added. */
  dropped(batch: number): Uint8Array | null {
    return this.#dropped[batch] ?? null;
  }

  #meet(entry: number, receivedAt: number, batch: number, row: number): void {
    this.#duplicateCount++;
    // On a tie the copy that came first stays: sources are added by rank, rows in order.
    if (receivedAt >= (this.#receivedAt[entry] as number)) {
      this.#drop(batch, row);
      return;
    }
    this.#drop(this.#batch[entry] as number, this.#row[entry] as number);
    this.#receivedAt[entry] = receivedAt;
    this.#batch[entry] = batch;
    this.#row[entry] = row;
  }

  #drop(batch: number, row: number): void {
    this.#dropped[batch] ??= new Uint8Array(this.#rowCounts[batch] as number);
    this.#dropped[batch][row] = 1;
  }

  #append(low: number, high: number, receivedAt: number, batch: number, row: number, older: number): number {
    const entry = this.#entryCount++;
    if (entry === this.#row.length) this.#grow();
    this.#keyLow[entry] = low;
    this.#keyHigh[entry] = high;
    this.#receivedAt[entry] = receivedAt;
    this.#batch[entry] = batch;
    this.#row[entry] = row;
    this.#older[entry] = older;
    return entry;
  }

  #grow(): void {
    const capacity = this.#row.length * 2;
    this.#keyLow = grown(this.#keyLow, new Uint32Array(capacity));
    this.#keyHigh = grown(this.#keyHigh, new Uint32Array(capacity));
    this.#receivedAt = grown(this.#receivedAt, new Float64Array(capacity));
    this.#batch = grown(this.#batch, new Uint32Array(capacity));
    this.#row = grown(this.#row, new Uint32Array(capacity));
    this.#older = grown(this.#older, new Int32Array(capacity));
  }
}

function grown<T extends Uint32Array | Int32Array | Float64Array>(values: T, larger: T): T {
  larger.set(values);
  return larger;
}
