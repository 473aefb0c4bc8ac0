/**
 * Bucket: a stretch of a day's people, as they are sorted: what one task of a seal builds, in one run or several (runs.ts).
 *
 * A person is in one bucket only, so that counts of people add up. Events of nobody are spread by their key.
 */
import type { EventColumns } from '../../core/event/columns.ts';
import { LIMITS } from '../../core/limits.ts';
import { wordsOf } from '../../core/std/words.ts';
import type { PersonRange } from '../segment/people-bounds.ts';

/** People differ in how much they do: a bucket is planned below what may be held. */
const FILL = 0.8;
const TWO_31 = 2 ** 31;
const TWO_32 = 2 ** 32;

export function bucketCountOf(rowCount: number): number {
  if (rowCount <= LIMITS.sealBucketRowsMax) return 1;
  return Math.ceil(rowCount / (FILL * LIMITS.sealBucketRowsMax));
}

/** By the upper word of the hash, signed, as people are sorted. */
export function bucketOf(
  { person, keyHash }: Pick<EventColumns, 'person' | 'keyHash'>,
  row: number,
  bucketCount: number,
): number {
  if (bucketCount === 1) return 0;
  const people = wordsOf(person);
  const isNobody = people[2 * row] === 0 && people[2 * row + 1] === 0;
  const high = isNobody ? wordsOf(keyHash)[2 * row + 1]! : people[2 * row + 1]!;
  return Math.floor((((high | 0) + TWO_31) / TWO_32) * bucketCount);
}

/** Rows of the batch that are in the bucket. */
export function rowsOfBucket(batch: EventColumns, index: number, bucketCount: number): number[] {
  const rows: number[] = [];
  for (let row = 0; row < batch.rowCount; row++) if (bucketOf(batch, row, bucketCount) === index) rows.push(row);
  return rows;
}

/** Whom a row group must hold to have rows of the bucket; nobody, too. */
export function peopleOfBucket(index: number, bucketCount: number): PersonRange {
  // A word beyond either end costs nothing and saves thinking about rounding.
  const from = Math.max(-TWO_31, Math.floor((index / bucketCount) * TWO_32) - TWO_31 - 1);
  const to = Math.min(TWO_31 - 1, Math.ceil(((index + 1) / bucketCount) * TWO_32) - TWO_31 + 1);
  return { min: BigInt(from) << 32n, max: (BigInt(to) << 32n) | 0xffffffffn, withNobody: true };
}
