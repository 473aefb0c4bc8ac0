/**
 * Run: the rows of a people range that are held at a time, and one L1 file. Most ranges are one run.
 *
 * The events of one person are not divided over ranges, so a single person, or one name that a server sends for all,
 * can make a range of any size. Such a range is read again in stretches of its people, each of no more rows than may be held.
 * A person with more rows is a stretch alone, whose rows become files while they are read. Runs follow the order of people,
 * and the runs of one person each other, so that counting people by their neighbours stays right (day-cells.ts). Within a run
 * rows are in the order of reading.
 *
 * Runs follow from the rows alone: a range that is built twice gives the same runs under the same names.
 */
import type { EventColumns } from '../../core/event/columns.ts';
import { LIMITS } from '../../core/limits.ts';
import { addCopies, type CopyCounts, noCopies } from '../scan/sender-class.ts';
import { concatColumns, selectRows } from '../segment/columns.ts';
import type { PersonRange } from '../segment/people-bounds.ts';

/**
 * The number of rows that are not in the files, by cause (`expired`, `duplicates`), and of rows that came late or by
 * import.
 */
export interface RowCounts extends CopyCounts {
  beyond: number;
  imported: number;
  expired: number;
}

/** The rows of a reading that stay, and the counts over all of its rows. */
export interface ReadRows {
  readonly columns: EventColumns;
  readonly counts: RowCounts;
}

/** The number of each person's rows that are no copies, by hash; the key 0 stands for events without a person. */
export type PeopleCounts = Map<bigint, number>;

export interface ReadBatch extends ReadRows {
  /** Adds the people of all rows that were read, those of copies with 0. */
  readonly countPeople: (rowsOf: PeopleCounts) => void;
}

export interface Run extends ReadRows {
  /** Names its file: the number of the range; where there are several runs, also the number of the run. */
  readonly name: string;
}

export interface RangeReader {
  readonly index: number;
  /** Rows of all people of the range, or of some; in the same order each time. */
  read(people?: PersonRange): AsyncIterable<ReadBatch>;
}

/** The runs of a range, one after the other: the caller is done with a run before it asks for the next. */
export async function* rangeRuns(reader: RangeReader): AsyncGenerator<Run> {
  const rowsMax = LIMITS.sealBucketRowsMax;
  const whole = await readWhole(reader.read(), rowsMax);
  if (whole !== null) return yield { name: `${reader.index}`, ...whole };
  let number = 0;
  for (const people of stretches(await countPeople(reader.read()), rowsMax)) {
    for await (const piece of cut(reader.read(people), rowsMax)) {
      yield { name: `${reader.index}.${number++}`, ...piece };
    }
  }
}

/** The rows of the range; null when there are more than may be held. */
async function readWhole(batches: AsyncIterable<ReadBatch>, rowsMax: number): Promise<ReadRows | null> {
  const held = new Held();
  for await (const batch of batches) {
    held.count(batch.counts);
    held.add(batch.columns);
    if (held.rowCount > rowsMax) return null;
  }
  return held.take();
}

/** A reading of its own: few ranges are too big, and in all others it would count each row for nothing. */
async function countPeople(batches: AsyncIterable<ReadBatch>): Promise<PeopleCounts> {
  const rowsOf: PeopleCounts = new Map();
  for await (const batch of batches) batch.countPeople(rowsOf);
  return rowsOf;
}

/** The rows in pieces of as many as may be held. */
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

/**
 * Stretches of people in their order, each of no more rows than the bound; a person with more rows is a stretch alone.
 */
function stretches(rowsOf: PeopleCounts, rowsMax: number): PersonRange[] {
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
  return { beyond: 0, imported: 0, expired: 0, ...noCopies() };
}

export function addCounts(sum: RowCounts, counts: RowCounts): void {
  sum.beyond += counts.beyond;
  sum.imported += counts.imported;
  sum.expired += counts.expired;
  addCopies(sum, counts);
}
