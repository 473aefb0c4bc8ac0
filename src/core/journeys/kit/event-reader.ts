/**
 * EventReader: what every journey reads of a row alike: whether it passes the filter, and its value of the breakdown.
 */
import type { EventColumns } from '../../event/columns.ts';
import { conditionProperties } from '../../event/condition.ts';
import type { StringColumn } from '../../event/event.ts';
import { propertyColumn } from '../../event/property.ts';
import { RowSource, type RowTest, type RowText } from '../../query/rows/row-source.ts';
import type { JourneyQuestion } from './request.ts';
import type { GroupedBy } from './row-reader.ts';
import { ABSENT, TextCodes } from './text-codes.ts';

export class EventReader {
  readonly source = new RowSource();
  readonly columns: Set<StringColumn>;
  readonly texts = new TextCodes();
  readonly groupedBy: GroupedBy;
  readonly #test: RowTest | null;
  readonly #text: RowText | null;

  /** `groupedBy`: where the breakdown is read, when there is one. */
  constructor(
    { where, groupBy }: JourneyQuestion,
    groupedBy: Exclude<GroupedBy, 'none'>,
    columns: readonly StringColumn[],
  ) {
    this.columns = new Set([
      ...columns,
      ...(where ? conditionProperties(where).map(propertyColumn) : []),
      ...(groupBy === null ? [] : [propertyColumn(groupBy)]),
    ]);
    this.groupedBy = groupBy === null ? 'none' : groupedBy;
    this.#test = where && this.source.test(where);
    this.#text = groupBy === null ? null : this.source.text(groupBy);
  }

  use(columns: EventColumns): void {
    this.source.use(columns);
  }

  get isFiltered(): boolean {
    return this.#test !== null;
  }

  passes(row: number): boolean {
    return this.#test === null || this.#test(row);
  }

  group(row: number): number {
    return this.#text === null ? ABSENT : this.texts.code(this.#text(row));
  }
}
