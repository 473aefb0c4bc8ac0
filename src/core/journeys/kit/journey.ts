/**
 * Journey: a question about what people do over time, in the form in which it is computed:
 *
 *   rows → `code` (what the event is to the question) → Sequences, by person → `add`, once for each lot of people → `finish`
 *
 * Everything a journey keeps between lots is a sum over people, so that it does not matter how they were divided.
 */
import type { StringColumn } from '../../event/event.ts';
import type { PeopleAsks } from '../../query/rows/asks.ts';
import type { RowReader } from './row-reader.ts';
import type { Sequences } from './sequences.ts';

export interface Journey<Answer> extends RowReader {
  /** Text columns that the batches must have. */
  readonly columns: ReadonlySet<StringColumn>;
  /** What the JSON of the properties is read for; null: for more than columns of single properties could tell. */
  readonly properties: ReadonlySet<string> | null;
  /** The properties of events it reads, by the names of the question. */
  readonly names: ReadonlySet<string>;
  /** What must be looked up of people, and put on the batches. */
  readonly asks: PeopleAsks;
  add(people: Sequences): void;
  finish(): Answer;
  /**
   * What there is too much of to be held; null: nothing. Once it is set, the journey is worth nothing. It is asked while rows
   * are read too: texts are kept from then on, whoever's they are.
   */
  readonly excess: string | null;
}

export const TOO_MANY_GROUPS = 'The breakdown has too many values';
