/** ValueHashes: hashes of the values of a property, by which equal values of many rows are found without keeping them. */
import { valueText } from '../../event/property.ts';
import { Hasher, type HashKey } from '../../std/hash.ts';
import type { RowValue } from '../rows/row-source.ts';

/** 64-bit hashes of values, as the texts that a breakdown shows but never cut; (0, 0) where there is none. */
export class ValueHashes {
  high = 0;
  low = 0;
  readonly #value: RowValue;
  readonly #hasher: Hasher;
  #last: unknown;

  /** `hashKey`: the tenant's, where the hashes are kept in a table: senders choose the values. */
  constructor(value: RowValue, hashKey: HashKey) {
    this.#value = value;
    this.#hasher = new Hasher(hashKey);
  }

  /** Leaves the hash of the row's value in `high` and `low`. */
  of(row: number): void {
    const value = this.#value(row);
    if (value === this.#last) return;
    this.#last = value;
    const text = valueText(value);
    if (text !== null) this.#hasher.hash(text);
    this.high = text === null ? 0 : this.#hasher.high;
    this.low = text === null ? 0 : this.#hasher.low;
  }
}
