/** MatchedRows: the reading side of journeys to whom an event is what matchers say of it: a mask, a bit a matcher. */
import type { EventColumns } from '../../event/columns.ts';
import { type JourneyReading, JourneyRows } from './journey-rows.ts';
import { type CodedRows, type Matcher, MatcherMasks, matcherColumns } from './matchers.ts';
import type { JourneyQuestion } from './request.ts';
import { NOTHING } from './row-reader.ts';

export abstract class MatchedRows extends JourneyRows {
  readonly #masks: MatcherMasks;

  constructor(
    question: JourneyQuestion,
    reading: Pick<JourneyReading, 'startMs' | 'groupedBy'>,
    matchers: readonly Matcher[],
  ) {
    super(question, { ...reading, columns: matcherColumns(matchers) });
    this.#masks = new MatcherMasks(this.reader.source, matchers);
  }

  override use(columns: EventColumns): void {
    super.use(columns);
    this.#masks.use(columns);
  }

  /** Most rows are of no matcher by their name: the filter need not be asked about those, nor what it reads be unpacked. */
  override code(row: number): number {
    if (this.groupedBy !== 'person' && this.#masks.named(row) === 0) return NOTHING;
    return super.code(row);
  }

  /** Where the rows' codes hang on their names alone, and those came coded. */
  override get coded(): CodedRows | null {
    return this.reader.isFiltered || this.groupedBy === 'person' ? null : this.#masks.coded;
  }

  protected codeOf(row: number): number {
    return this.#masks.of(row);
  }
}
