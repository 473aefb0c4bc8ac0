/** EventReader: the part of every row reader that is the same for all: the range, the filter and the breakdown. */
import type { EventColumns } from '../../event/columns.ts';
import { conditionProperties } from '../../event/condition.ts';
import type { StringColumn } from '../../event/event.ts';
import { propertyColumns } from '../../event/property.ts';
import { NO_NAMES } from '../../names/sent-names.ts';
import { RowSource, type RowTest } from '../../query/rows/row-source.ts';
import { siftRows } from '../../query/rows/sift.ts';
import { Breakdown, type GroupedBy } from './breakdown.ts';
import type { JourneyQuestion } from './request.ts';
import type { RowNeeds } from './row-reader.ts';

/** The rows that a journey reads. */
export interface Reading {
  /** Start of a look-back before the range. Default: the start of the range. */
  readonly startMs?: number;
  /** End of the part of the range that has begun. Default: the end of the range. */
  readonly endMs?: number;
  /** The place where the breakdown is read when the question has one. */
  readonly groupedBy: Exclude<GroupedBy, 'none'>;
}

export class EventReader {
  readonly source = new RowSource();
  readonly breakdown: Breakdown;
  readonly #question: JourneyQuestion;
  readonly #reading: Reading;
  readonly #test: RowTest | null;

  constructor(question: JourneyQuestion, reading: Reading) {
    const { where, groupBy } = question;
    this.#question = question;
    this.#reading = reading;
    this.#test = where && this.source.test(where);
    this.breakdown = new Breakdown(this.source, groupBy, reading.groupedBy);
  }

  /** The needs of the reader. `columns`: text columns beyond those of filter and breakdown. */
  needs(columns: readonly StringColumn[]): RowNeeds {
    const { where, startMs, endMs, allowUnknown } = this.#question;
    const filtered = where === null ? [] : conditionProperties(where).flatMap(propertyColumns);
    const { asks, properties, names, events } = this.source;
    return {
      startMs: this.#reading.startMs ?? startMs,
      endMs: this.#reading.endMs ?? endMs,
      columns: new Set([...columns, ...filtered, ...this.breakdown.columns]),
      properties,
      names: allowUnknown ? NO_NAMES : { event: events, property: names },
      // Every journey is about people.
      asks: { ...asks, identity: true },
    };
  }

  use(columns: EventColumns): void {
    this.source.use(columns);
  }

  get isFiltered(): boolean {
    return this.#test !== null;
  }

  /** Returns those of the rows that pass the filter. */
  sift(columns: EventColumns, rows: Uint32Array): Uint32Array {
    if (this.#test === null) return rows;
    this.use(columns);
    return siftRows(this.#test, rows);
  }

  passes(row: number): boolean {
    return this.#test === null || this.#test(row);
  }
}
