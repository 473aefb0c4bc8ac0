/**
 * People's bounds: which people each row group of a segment has, by its footer, and which row groups may have some
 * people.
 *
 * They are kept beside the footer's bytes in a few numbers, so that many files can be planned without their parsed
 * footers, each of which takes a hundred times as much.
 */
import type { Statistics } from 'hyparquet';
import { ALL_PEOPLE, type HighRange } from '../../core/people/high-range.ts';
import { HashIndex, NOT_FOUND } from '../../core/std/hash-index.ts';
import { wordsOf } from '../../core/std/words.ts';
import { parseFooter } from './footer.ts';

export interface PersonRange {
  readonly min: bigint;
  /** The greatest hash, included. */
  readonly max: bigint;
  /** True when row groups with events of no person are wanted, too. */
  readonly withPersonless?: boolean;
}

/** A list of people; hashes between them are not read. */
export interface PersonSet {
  /** The hashes of the people, ascending. */
  readonly hashes: BigInt64Array;
  /** The high word of each hash. */
  readonly highs: Int32Array;
}

/** People by signed 64-bit hash; 0 stands for no person. */
export type People = PersonRange | PersonSet;

export function personSet(people: readonly bigint[]): PersonSet {
  const hashes = BigInt64Array.from(people).sort();
  const words = wordsOf(hashes);
  return { hashes, highs: Int32Array.from(hashes, (_, index) => words[2 * index + 1]!) };
}

/** People of a row group by the high words of their hashes, signed, both ends included. */
export interface PeopleSpan {
  readonly from: number;
  readonly to: number;
  readonly rowCount: number;
}

interface Bounds {
  readonly spans: readonly PeopleSpan[];
  readonly hasPersonless: boolean;
}

/** Returns all hashes whose high word, signed, is in the range. */
export function personsOf({ from, to }: HighRange): PersonRange {
  return { min: BigInt(from) * 2n ** 32n, max: BigInt(to) * 2n ** 32n + 0xffff_ffffn };
}

const known = new WeakMap<Uint8Array, Bounds>();

/** Returns the people of all row groups, in their order. */
export function peopleSpans(footer: Uint8Array): readonly PeopleSpan[] {
  return boundsOf(footer).spans;
}

/** Tells whether any row group may hold one of these. */
export function mayHavePeople(footer: Uint8Array, people: People): boolean {
  const { spans, hasPersonless } = boundsOf(footer);
  if (hasPersonless && wantsPersonless(people)) return true;
  if ('hashes' in people) return spans.some(({ from, to }) => isAnyWithin(people.highs, from, to));
  const from = Number(people.min >> 32n);
  const to = Number(people.max >> 32n);
  return spans.some((span) => span.to >= from && span.from <= to);
}

export function mayHoldPeople(person: Statistics | undefined, people: People): boolean {
  // Without bounds no row of the group has a person.
  if (person?.min_value === undefined || person.max_value === undefined) return wantsPersonless(people);
  if ((person.null_count ?? 1n) > 0n && wantsPersonless(people)) return true;
  const [min, max] = [person.min_value as bigint, person.max_value as bigint];
  return 'hashes' in people ? isAnyWithin(people.hashes, min, max) : max >= people.min && min <= people.max;
}

/**
 * Returns a test of whether a row is of one of these, by the words of its hash: a BigInt per row would cost more than
 * reading the row.
 */
export function personFilter(people: People): (words: Uint32Array, row: number) => boolean {
  if ('hashes' in people) {
    const index = new HashIndex();
    const words = wordsOf(people.hashes);
    for (let at = 0; at < words.length; at += 2) index.add(words[at + 1]!, words[at]!);
    return (rowWords, row) => index.find(rowWords[2 * row + 1]!, rowWords[2 * row]!) !== NOT_FOUND;
  }
  const [minLow, minHigh, maxLow, maxHigh] = [people.min, people.max].flatMap((hash) => [
    Number(BigInt.asUintN(32, hash)),
    Number(hash >> 32n),
  ]) as [number, number, number, number];
  return (words, row) => {
    const low = words[2 * row]!;
    const high = words[2 * row + 1]! | 0;
    return (
      (high > minHigh || (high === minHigh && low >= minLow)) && (high < maxHigh || (high === maxHigh && low <= maxLow))
    );
  };
}

/** Tells whether some value lies in [min, max]. `sorted` is ascending. */
function isAnyWithin<T extends number | bigint>(sorted: ArrayLike<T>, min: T, max: T): boolean {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < min) low = middle + 1;
    else high = middle;
  }
  return low < sorted.length && sorted[low]! <= max;
}

function wantsPersonless(people: People): boolean {
  if ('hashes' in people) return people.hashes.includes(0n);
  return people.withPersonless === true || (people.min <= 0n && people.max >= 0n);
}

function boundsOf(footer: Uint8Array): Bounds {
  const bounds = known.get(footer);
  if (bounds !== undefined) return bounds;
  let hasPersonless = false;
  const spans: PeopleSpan[] = [];
  for (const { person, rowCount } of parseFooter(footer).groups) {
    if ((person?.null_count ?? 1n) > 0n) hasPersonless = true;
    if (person?.min_value === undefined || person.max_value === undefined) continue;
    spans.push({ from: highOf(person.min_value as bigint), to: highOf(person.max_value as bigint), rowCount });
  }
  const found = { spans, hasPersonless };
  known.set(footer, found);
  return found;
}

function highOf(hash: bigint): number {
  return Math.max(ALL_PEOPLE.from, Math.min(ALL_PEOPLE.to, Number(hash >> 32n)));
}
