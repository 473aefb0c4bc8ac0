/**
 * MatchedRows: the reader of journeys to which an event is a mask: a bit for each matcher that fits it.
 */
import type { EventColumns } from '../../event/columns.ts';
import { EventReader, type Reading } from './event-reader.ts';
import { type Matcher, MatcherMasks, matcherColumns } from './matchers.ts';
import type { JourneyQuestion } from './request.ts';
import { type CodedRows, NOTHING, OUT, type RowNeeds, type RowReader } from './row-reader.ts';

/** `place`: see RowReader. */
export function matchedRows(
  question: JourneyQuestion,
  matchers: readonly Matcher[],
  reading: Reading,
  place: RowReader['place'] = null,
): RowReader {
  return new MatchedRows(new EventReader(question, reading), matchers, place);
}

class MatchedRows implements RowReader {
  readonly needs: RowNeeds;
  readonly breakdown: EventReader['breakdown'];
  readonly labels = null;
  readonly place: RowReader['place'];
  readonly #events: EventReader;
  readonly #masks: MatcherMasks;
  /** Whether the breakdown is the person's first value: then events that no matcher fits are seen too. */
  readonly #seesAll: boolean;

  constructor(events: EventReader, matchers: readonly Matcher[], place: RowReader['place']) {
    this.#events = events;
    this.#masks = new MatcherMasks(events.source, matchers);
    this.needs = events.needs(matcherColumns(matchers));
    this.breakdown = events.breakdown;
    this.#seesAll = events.breakdown.groupedBy === 'person';
    this.place = place;
  }

  use(columns: EventColumns): CodedRows | null {
    this.#events.use(columns);
    this.#masks.use(columns);
    return this.#events.isFiltered || this.#seesAll ? null : this.#masks.coded;
  }

  /** Most rows fit no matcher by their name: for those the filter is not tested and nothing it reads is unpacked. */
  code(row: number): number {
    if (!this.#seesAll && this.#masks.nameMask(row) === 0) return NOTHING;
    return this.#events.passes(row) ? this.#masks.mask(row) : OUT;
  }
}
