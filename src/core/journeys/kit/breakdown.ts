/** Breakdown: the property by whose values a journey is broken down, and where its value is read. */
import type { StringColumn } from '../../event/event.ts';
import { propertyColumns } from '../../event/property.ts';
import type { RowSource, RowText } from '../../query/rows/row-source.ts';
import { ABSENT, TextCodes } from './text-codes.ts';

/**
 * The place where a journey reads its breakdown: nowhere, at each event, or at the person's first event that has it.
 */
export type GroupedBy = 'none' | 'event' | 'person';

export class Breakdown {
  readonly groupedBy: GroupedBy;
  /** The texts that the codes of groups stand for. */
  readonly texts = new TextCodes();
  /** The text column that the breakdown needs; empty when there is none. */
  readonly columns: readonly StringColumn[];
  readonly #text: RowText | null;

  /** `groupBy` is null when the question has no breakdown. */
  constructor(source: RowSource, groupBy: string | null, groupedBy: Exclude<GroupedBy, 'none'>) {
    this.groupedBy = groupBy === null ? 'none' : groupedBy;
    this.columns = groupBy === null ? [] : propertyColumns(groupBy);
    this.#text = groupBy === null ? null : source.text(groupBy);
  }

  /** The code of the row's value; ABSENT when the event has none. */
  group(row: number): number {
    return this.#text === null ? ABSENT : this.texts.code(this.#text(row));
  }
}
