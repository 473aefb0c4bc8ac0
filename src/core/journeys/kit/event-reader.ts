/** EventReader: the part of every row reader that is the same for all: the range, the filter, bots and the breakdown. */
import { excludesBots } from '../../bots/asked-bots.ts';
import { BOT_DEVICE, NOT_BOT } from '../../bots/bots.ts';
import type { EventColumns } from '../../event/columns.ts';
import { conditionProperties } from '../../event/condition.ts';
import type { StringColumn } from '../../event/event.ts';
import { propertyColumns } from '../../event/property.ts';
import { NO_NAMES } from '../../names/sent-names.ts';
import { type RowFilter, RowSource, type RowTest } from '../../query/rows/row-source.ts';
import { wordsOf } from '../../std/words.ts';
import { Breakdown, type GroupedBy } from './breakdown.ts';
import { ExcludedBots } from './excluded-bots.ts';
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
  readonly excluded: ExcludedBots;
  readonly #question: JourneyQuestion;
  readonly #reading: Reading;
  /** The question's condition without what it says of bots. */
  readonly #test: RowTest | null;
  readonly #filter: RowFilter | null;
  readonly #isNotBot: RowTest;
  #columns: EventColumns | null = null;
  /** The batch of which only rows that pass the filter are read. */
  #sifted: EventColumns | null = null;
  #people: Uint32Array = new Uint32Array(0);
  #mayHaveBots = false;

  constructor(question: JourneyQuestion, reading: Reading) {
    const { bots, groupBy } = question;
    this.#question = question;
    this.#reading = reading;
    this.#test = bots.where && this.source.test(bots.where);
    this.#filter = bots.where && this.source.filter(bots.where);
    this.#isNotBot = this.source.test(NOT_BOT);
    this.excluded = new ExcludedBots(bots);
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
      asks: { ...asks, identity: true, excludesBots: excludesBots(this.#question) },
    };
  }

  use(columns: EventColumns): void {
    this.source.use(columns);
    this.#columns = columns;
    this.#people = wordsOf(columns.person);
    this.#mayHaveBots = excludesBots(this.#question) && mayHaveBots(columns);
  }

  /** Whether some rows of the batch that are read may not pass. */
  get isFiltered(): boolean {
    return (this.#test !== null && this.#columns !== this.#sifted) || this.#mayHaveBots;
  }

  /** Returns those of the rows that pass the filter. Of this batch no others may be read from then on. */
  sift(columns: EventColumns, rows: Uint32Array): Uint32Array {
    if (this.#filter === null) return rows;
    this.use(columns);
    this.#sifted = columns;
    return this.#filter(rows);
  }

  passes(row: number): boolean {
    return this.#test === null || this.#columns === this.#sifted || this.#test(row);
  }

  /** Whether the row is left out because a bot sent it. */
  isLeftOut(row: number): boolean {
    return this.#mayHaveBots && !this.#isNotBot(row);
  }

  /** Notes a row that is left out though the journey would have kept it. */
  noteLeftOut(row: number): void {
    const { startMs, endMs } = this.#question;
    const atMs = this.#columns!.at[row]!;
    // Days of a look-back are not the question's.
    if (atMs >= startMs && atMs < endMs) this.excluded.add(this.#people[2 * row + 1]!, this.#people[2 * row]!);
  }
}

/** Whether some row may have the device of a bot: a dictionary without it tells of all rows at once. */
function mayHaveBots({ coded }: EventColumns): boolean {
  return coded?.device?.entries.includes(BOT_DEVICE) ?? true;
}
