/**
 * Copies: the rows of a day that do not count, because another row is the same event (CORRECTNESS B7; survivors.ts has the
 * order). A sealed row wins a tie on received_at.
 *
 * in: id, sender, key_hash and received_at of the day's rows, batch by batch · out: a bit a row
 *
 * Memory grows with the rows that no seal covers, and not with the sealed rows: their ids differ already, so that each is only
 * looked for among the others.
 * - Up to `sealIdsMax` uncovered rows: all of their ids are compared, in one reading.
 * - More uncovered rows: the first reading marks the ids that come again, in a few bits each; the second compares the rows of
 *   those ids, which are the copies and one in twenty of the others. Where very many rows are copies, as when an import was
 *   repeated, they are compared in shares, with one reading for each.
 * - Some people's rows: the first reading marks their ids; the second compares these with everyone's, because the copy that
 *   counts may be under another person.
 *
 * Rejected: a map of the ids as texts (130 bytes each); shares of all ids (ten readings of five million).
 */
import type { EventColumns } from '../../core/event/columns.ts';
import { LIMITS } from '../../core/limits.ts';
import type { HashKey } from '../../core/std/hash.ts';
import { assert } from '../../core/std/result.ts';
import { selectRows } from '../segment/columns.ts';
import { allRows, keep } from '../segment/rows.ts';
import type { LakeColumn } from '../segment/segment-schema.ts';
import { type IdWords, idWordsOf } from './id-words.ts';
import { rowsIn, SeenIds } from './seen-ids.ts';
import { type IdPart, isDropped, Survivors } from './survivors.ts';

/** The columns that finding copies reads. */
export const ID_COLUMNS: readonly LakeColumn[] = ['received_at', 'id', 'sender', 'key_hash'];

/** Some rows of a day. */
export interface DayRows {
  /** The day's rows are numbered through its sources in the order of their rank. */
  readonly firstRow: number;
  readonly isSealed: boolean;
  readonly columns: EventColumns;
  /** The rows that are looked at. Default: all. */
  readonly rows?: Uint32Array;
}

/** The rows of a day that are compared, and the key by which their ids are told apart. */
export interface Compared {
  /** The tenant's key. Which rows are copies does not depend on it. */
  readonly hashKey: HashKey;
  readonly sealedRowCount: number;
  readonly uncoveredRowCount: number;
  /** Whether all rows are of one shard and none is sealed: a shard takes an id of a class once. Default: false. */
  readonly areOfOneShard?: boolean;
}

/** The readings of a day of which only some people's rows are wanted. */
export interface SomeRows {
  /** The rows of these people, sealed or not. */
  readonly own: () => AsyncIterable<DayRows>;
  /** Every row that no seal covers, in order of rank, then at least the sealed rows of these people, or all of them. */
  readonly all: (options: { readonly withAllSealed: boolean }) => AsyncIterable<DayRows>;
}

export interface Copies {
  /** Null when there are no copies. */
  readonly dropped: Uint8Array | null;
  readonly count: number;
}
export const NO_COPIES: Copies = { dropped: null, count: 0 };

/** The rows of a batch that are no further copies. */
export function withoutCopies({ firstRow }: Pick<DayRows, 'firstRow'>, rows: Uint32Array, { dropped }: Copies) {
  return dropped === null ? rows : keep(rows, (row) => !isDropped(dropped, firstRow + row));
}

/**
 * `read` is called for each reading and always gives the same rows: uncovered rows in order of rank, then sealed rows.
 */
export async function findCopies(read: () => AsyncIterable<DayRows>, counts: Compared): Promise<Copies> {
  const { uncoveredRowCount } = counts;
  if (uncoveredRowCount <= LIMITS.sealIdsMax) return compareUncovered(read, counts);
  const words = idWordsOf(counts.hashKey);
  const { again, count } = await markAgain(read, counts, words);
  if (count === 0) return NO_COPIES;
  // `count` leaves out the first row of each id that comes again.
  const markedMax = 2 * count;
  const shareCount = Math.ceil(markedMax / LIMITS.sealIdsMax);
  return compareAll(read, counts, shareCount, markedMax, (batch) => rowsIn(again, batch, words));
}

/** The copies among some people's rows, and among the rows of others that these were compared with. */
export async function findCopiesOfSome({ own, all }: SomeRows, counts: Compared): Promise<Copies> {
  const words = idWordsOf(counts.hashKey);
  const countMax = Math.min(counts.sealedRowCount + counts.uncoveredRowCount, LIMITS.sealIdsMax);
  const ids = new SeenIds(countMax, BITS_OF_MANY);
  let isEmpty = true;
  let mayGiveWay = false;
  let areAllSealed = true;
  for await (const batch of own()) {
    const rows = batch.rows ?? allRows(batch.columns.rowCount);
    if (rows.length === 0) continue;
    if (ids.addWithRivals(batch, words, rows)) mayGiveWay = true;
    isEmpty = false;
    areAllSealed &&= batch.isSealed;
  }
  if (isEmpty) return NO_COPIES;
  if (counts.areOfOneShard && !mayGiveWay) return compareAll(own, counts, 1, FEW, () => null);
  // Sealed rows were compared with each other at the seal.
  return compareAll(
    () => all({ withAllSealed: !areAllSealed }),
    counts,
    1,
    FEW,
    (batch) => rowsIn(ids, batch, words),
  );
}

/** A first guess: the tables grow where there are more rows. */
const FEW = 1_024;
/** Bits for each uncovered row: about one sealed row in so many is compared in vain. */
const BITS_OF_FEW = 64;
/** Two sets of five million rows take 40 MB; one of them is gone when rows are compared. */
const BITS_OF_MANY = 16;

function compareUncovered(read: () => AsyncIterable<DayRows>, counts: Compared): Promise<Copies> {
  const { hashKey, sealedRowCount, uncoveredRowCount } = counts;
  if (sealedRowCount === 0) return compareAll(read, counts, 1, uncoveredRowCount, () => null);
  const seen = new SeenIds(uncoveredRowCount, BITS_OF_FEW);
  const words = idWordsOf(hashKey);
  return compareAll(read, counts, 1, uncoveredRowCount, (batch) => {
    if (batch.isSealed) return rowsIn(seen, batch, words);
    seen.add(batch, words);
    return null;
  });
}

/** Marks the ids that come again after an uncovered row has had them, and counts those rows. */
async function markAgain(read: () => AsyncIterable<DayRows>, { uncoveredRowCount }: Compared, words: IdWords) {
  const seen = new SeenIds(uncoveredRowCount, BITS_OF_MANY);
  const again = new SeenIds(uncoveredRowCount, BITS_OF_MANY);
  let count = 0;
  for await (const batch of read()) {
    const repeated = rowsIn(seen, batch, words, batch.isSealed ? undefined : seen);
    again.add(batch, words, repeated);
    count += repeated.length;
  }
  return { again, count };
}

/** Compares the rows of each batch that `chosen` names; null stands for all rows. */
async function compareAll(
  read: () => AsyncIterable<DayRows>,
  { hashKey, sealedRowCount, uncoveredRowCount }: Compared,
  shareCount: number,
  comparedMax: number,
  chosen: (batch: DayRows) => Uint32Array | null,
): Promise<Copies> {
  const dropped = new Uint8Array(Math.ceil((sealedRowCount + uncoveredRowCount) / 8));
  let count = 0;
  for (let index = 0; index < shareCount; index++) {
    const comparison = new Comparison(comparedMax, hashKey, { index, count: shareCount });
    for await (const batch of read()) comparison.add(batch, chosen(batch) ?? batch.rows ?? null);
    count += comparison.finish(dropped);
  }
  return count === 0 ? NO_COPIES : { dropped, count };
}

/** Shares of the hashes differ in size: without slack half of them would have to grow, which takes twice the memory. */
const SLACK = 1.02;

class Comparison {
  readonly #survivors: Survivors;
  /** The numbers of the rows that were fed, in their order. */
  readonly #fed: { readonly firstRow: number; readonly rows: Uint32Array }[] = [];

  constructor(rowCount: number, hashKey: HashKey, part: IdPart) {
    this.#survivors = new Survivors(Math.ceil(rowCount * SLACK), hashKey, part);
  }

  add({ firstRow, isSealed, columns }: DayRows, chosen: Uint32Array | null): void {
    const rows = chosen ?? allRows(columns.rowCount);
    if (rows.length === 0) return;
    const ids = idColumns(columns);
    const fed = rows.length === columns.rowCount ? ids : selectRows(ids, rows);
    this.#survivors.add(isSealed ? precedent(fed) : fed);
    this.#fed.push({ firstRow, rows });
  }

  /** Sets the bits of the copies, and returns their number. */
  finish(dropped: Uint8Array): number {
    const fedDropped = this.#survivors.dropped;
    let fed = 0;
    for (const { firstRow, rows } of this.#fed) {
      for (let index = 0; index < rows.length; index++) {
        if (!isDropped(fedDropped, fed++)) continue;
        const row = firstRow + rows[index]!;
        dropped[row >> 3]! |= 1 << (row & 7);
      }
    }
    return this.#survivors.copies.duplicates;
  }
}

/** The id columns of a batch that was read with other columns too; they stay as they came. */
function idColumns({ rowCount, receivedAt, keyHash, strings, coded, packed }: EventColumns): EventColumns {
  assert('id' in strings && receivedAt.length === rowCount && keyHash.length === rowCount, 'scan without ids');
  return {
    rowCount,
    at: new Float64Array(),
    receivedAt,
    person: new BigInt64Array(),
    keyHash,
    late: new Uint8Array(),
    strings: idAndSender(strings),
    ...(coded && { coded: idAndSender(coded) }),
    ...(packed && { packed: idAndSender(packed) }),
  };
}

/** Columns are built when they are looked at. */
function idAndSender<T extends { readonly id?: unknown; readonly sender?: unknown }>(
  columns: T,
): Pick<T, 'id' | 'sender'> {
  return Object.defineProperties(
    {},
    {
      id: { enumerable: true, get: () => columns.id },
      sender: { enumerable: true, get: () => columns.sender },
    },
  ) as Pick<T, 'id' | 'sender'>;
}

/** Sealed rows are compared last but win ties: a sealed row received in the same millisecond as an uncovered one is kept. */
function precedent(columns: EventColumns): EventColumns {
  return { ...columns, receivedAt: columns.receivedAt.map((receivedAtMs) => receivedAtMs - 0.5) };
}
