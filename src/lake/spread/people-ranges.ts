/**
 * People range: a share of a day's people in the order in which they are sorted; one task of a seal builds it, in one run or
 * several (runs.ts).
 *
 * The events of a person are in one range only, so that counts of people add up. Events without a person are spread by their
 * key.
 */
import type { EventColumns } from '../../core/event/columns.ts';
import { LIMITS } from '../../core/limits.ts';
import { wordsOf } from '../../core/std/words.ts';
import type { PersonRange } from '../segment/people-bounds.ts';
import { allRows, keep } from '../segment/rows.ts';

/** The share of the bound for which a range is planned: people differ in their number of events. */
const FILL = 0.8;
/** The columns that tell the person of a row. */
type PersonColumns = Pick<EventColumns, 'rowCount' | 'person' | 'keyHash'>;

const TWO_31 = 2 ** 31;
const TWO_32 = 2 ** 32;

export function rangeCountOf(rowCount: number): number {
  if (rowCount <= LIMITS.sealBucketRowsMax) return 1;
  return Math.ceil(rowCount / (FILL * LIMITS.sealBucketRowsMax));
}

/** The probable number of rows of a day with as many ranges, several. */
export function rowCountOfRanges(rangeCount: number): number {
  return Math.ceil(rangeCount * FILL * LIMITS.sealBucketRowsMax);
}

/** The range of each row, by the upper word of the person's hash, which is signed, as people are sorted. */
export function rangesOf({ rowCount, person, keyHash }: PersonColumns, rangeCount: number): Uint32Array {
  const [people, keys] = [wordsOf(person), wordsOf(keyHash)];
  const ranges = new Uint32Array(rowCount);
  for (let row = 0; row < rowCount; row++) {
    const hasNoPerson = people[2 * row] === 0 && people[2 * row + 1] === 0;
    const high = (hasNoPerson ? keys : people)[2 * row + 1]! | 0;
    ranges[row] = Math.floor(((high + TWO_31) / TWO_32) * rangeCount);
  }
  return ranges;
}

/** Rows of the batch that lie in the range. */
export function rowsInRange(batch: PersonColumns, index: number, rangeCount: number): Uint32Array {
  const ranges = rangesOf(batch, rangeCount);
  return keep(allRows(batch.rowCount), (row) => ranges[row] === index);
}

/** The people of whom a row group must hold one to have rows of the range; events without a person are included. */
export function personRange(index: number, rangeCount: number): PersonRange {
  // One word more at either end costs nothing and covers every rounding.
  const from = Math.max(-TWO_31, Math.floor((index / rangeCount) * TWO_32) - TWO_31 - 1);
  const to = Math.min(TWO_31 - 1, Math.ceil(((index + 1) / rangeCount) * TWO_32) - TWO_31 + 1);
  return { min: BigInt(from) << 32n, max: (BigInt(to) << 32n) | 0xffffffffn, withPersonless: true };
}
