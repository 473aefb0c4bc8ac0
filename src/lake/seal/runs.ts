/**
 * Run: the rows of a bucket that are held at a time, and one L1 file. Most buckets are one run.
 *
 * People are not divided over buckets, so one person, or one name that a server sends for everybody, can make a bucket of
 * any size. Such a bucket is read again by stretches of its people, each of no more rows than may be held; and a person of
 * more alone, whose rows become files as they are read. Runs follow the order of people, and those of one person each other:
 * what counts people by their neighbours counts right (day-cells.ts). Within a run rows are as they were read.
 *
 * Everything follows from what is read: a bucket done twice gives the same runs under the same names.
 */
import type { EventColumns } from '../../core/event/columns.ts';
import { LIMITS } from '../../core/limits.ts';
import { concatColumns, selectRows } from '../segment/columns.ts';
import type { PersonRange } from '../segment/people-bounds.ts';

/** What a bucket's rows that are not in its files are, and which of the others came late. */
export interface RowCounts {
  beyond: number;
  imported: number;
  expired: number;
  duplicates: number;
}

/** Rows that stay, of those that were read, and what was counted of all of these. */
export interface ReadRows {
  readonly columns: EventColumns;
  readonly counts: RowCounts;
}

export interface Run extends ReadRows {
  /** Of its file: the bucket's number, and of several the run's. */
  readonly name: string;
}

export interface BucketReader {
  readonly index: number;
  /** Rows of the bucket, in the same order each time: of some of its people, or of all. */
  read(people?: PersonRange): AsyncIterable<ReadRows>;
  /** The bucket's people, nobody as 0, with their rows that stay; also those of whom none does, for they are counted. */
  countPeople(): Promise<ReadonlyMap<bigint, number>>;
}

/** Each is to be worked off before the next is asked for. */
export async function* bucketRuns(reader: BucketReader): AsyncGenerator<Run> {
  const rowsMax = LIMITS.sealBucketRowsMax;
  const whole = await readWhole(reader.read(), rowsMax);
  if (whole !== null) return yield { name: `${reader.index}`, ...whole };
  let number = 0;
  for (const people of stretches(await reader.countPeople(), rowsMax)) {
    for await (const piece of cut(reader.read(people), rowsMax)) {
      yield { name: `${reader.index}.${number++}`, ...piece };
    }
  }
}

/** Null: there are more rows than may be held. */
async function readWhole(batches: AsyncIterable<ReadRows>, rowsMax: number): Promise<ReadRows | null> {
  const held = new Held();
  for await (const { columns, counts } of batches) {
    held.count(counts);
    held.add(columns);
    if (held.rowCount > rowsMax) return null;
  }
  return held.take();
}

async function* cut(batches: AsyncIterable<ReadRows>, rowsMax: number): AsyncGenerator<ReadRows> {
  const held = new Held();
  for await (const { columns, counts } of batches) {
    held.count(counts);
    for (let from = 0; from < columns.rowCount; ) {
      const rowCount = Math.min(columns.rowCount - from, rowsMax - held.rowCount);
      const isAll = rowCount === columns.rowCount;
      held.add(
        isAll
          ? columns
          : selectRows(
              columns,
              Uint32Array.from({ length: rowCount }, (_, i) => from + i),
            ),
      );
      from += rowCount;
      if (held.rowCount === rowsMax) yield held.take();
    }
  }
  yield held.take();
}

/** People in their order, as many together as have no more rows than may be held; one of more is alone. */
function stretches(rowsOf: ReadonlyMap<bigint, number>, rowsMax: number): PersonRange[] {
  const ranges: PersonRange[] = [];
  let rowCount = 0;
  for (const [person, rows] of [...rowsOf].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const last = ranges.at(-1);
    if (last === undefined || rowCount + rows > rowsMax) {
      ranges.push({ min: person, max: person });
      rowCount = rows;
    } else {
      ranges[ranges.length - 1] = { min: last.min, max: person };
      rowCount += rows;
    }
  }
  return ranges;
}

class Held {
  #batches: EventColumns[] = [];
  #counts = noRows();
  rowCount = 0;

  count(counts: RowCounts): void {
    addCounts(this.#counts, counts);
  }

  add(columns: EventColumns): void {
    if (columns.rowCount === 0) return;
    this.#batches.push(columns);
    this.rowCount += columns.rowCount;
  }

  take(): ReadRows {
    const taken = { columns: concatColumns(this.#batches), counts: this.#counts };
    this.#batches = [];
    this.#counts = noRows();
    this.rowCount = 0;
    return taken;
  }
}

export function noRows(): RowCounts {
  return { beyond: 0, imported: 0, expired: 0, duplicates: 0 };
}

export function addCounts(sum: RowCounts, counts: RowCounts): void {
  sum.beyond += counts.beyond;
  sum.imported += counts.imported;
  sum.expired += counts.expired;
  sum.duplicates += counts.duplicates;
}
