/**
 * RowReader: the reading half of a journey: the columns that a scan has to bring, and the number under which each event
 * is kept.
 *
 * The caller hands over a batch with `use` and then asks for rows of that batch, in any order. A reader keeps nothing
 * of a batch but the texts of its breakdown and of its labels, so several scans may use it in turn. There are three:
 * `eventRows` (every event is alike), `matchedRows` (a bit for each matcher) and `labelledRows` (the text of a
 * property). A journey chooses one of them and writes none.
 */
import type { CodedTexts, EventColumns } from '../../event/columns.ts';
import type { StringColumn } from '../../event/event.ts';
import type { Names } from '../../names/sent-names.ts';
import type { PeopleAsks } from '../../query/rows/asks.ts';
import type { Breakdown } from './breakdown.ts';
import type { ExcludedBots } from './excluded-bots.ts';
import type { TextCodes } from './text-codes.ts';

/** The code of a row that does not pass the question's filter: the row is treated as if it did not exist. */
export const OUT = -1;
/** The code of a row that passes the filter and is no step: it is seen (for the person's first value) and not kept. */
export const NOTHING = 0;

export interface RowReader {
  readonly needs: RowNeeds;
  readonly breakdown: Breakdown;
  /** The events of bots that are left out; none when they count. */
  readonly excluded: ExcludedBots;
  /** The texts that codes stand for; null when codes stand for none. */
  readonly labels: CodeLabels | null;
  /**
   * Maps an event's instant to the one that is kept, when only its day or week matters; equal neighbours are then kept
   * once. Null when the instant is kept as it is.
   */
  readonly place: ((atMs: number) => number) | null;
  /** Gives the mark of a row, by which a person's events are told apart, or NaN; null when events have no marks. */
  readonly mark: ((row: number) => number) | null;
  /** Turns to a batch. Returns the codes of all its rows when they follow from one repeating text, else null. */
  use(columns: EventColumns): CodedRows | null;
  /** Returns those of the rows that may have a code, others being OUT. Absent where all rows have to be looked at. */
  sift?(columns: EventColumns, rows: Uint32Array): Uint32Array;
  /** OUT, NOTHING, or the positive code under which the row's event is kept. */
  code(row: number): number;
  /** Returns the codes of these rows, in their order, where all are positive; else null. The next call writes over them. */
  codesOf?(rows: Uint32Array): Uint32Array | null;
}

/** The data that a scan has to bring for a reader, fixed once the reader is made. */
export interface RowNeeds {
  /** Start of the events that are read: the start of the range, or of a look-back before it. */
  readonly startMs: number;
  readonly endMs: number;
  /** Text columns of the batches. */
  readonly columns: ReadonlySet<StringColumn>;
  /** Properties that are read from the JSON, when columns of their own would do instead; null when they would not. */
  readonly properties: ReadonlySet<string> | null;
  /** Names of events and of their properties, as the question gives them; none if it allows unknown ones. */
  readonly names: Names;
  /** The facts about people that have to be looked up and put on the batches. */
  readonly asks: PeopleAsks;
}

/** The codes of rows by a text that repeats: row → `codes[entryOf[row]]`. */
export interface CodedRows {
  readonly entryOf: CodedTexts['codes'];
  readonly codes: Uint32Array;
}

/** Labels: the texts behind the codes of a journey, such as its pages or the steps of its paths. */
export interface CodeLabels {
  readonly texts: TextCodes;
  /** The noun for messages: "pages". */
  readonly plural: string;
  /** The code that a code of another reader has here: `labels` maps that reader's labels to those of this one. */
  relabel(code: number, labels: Uint32Array): number;
}
