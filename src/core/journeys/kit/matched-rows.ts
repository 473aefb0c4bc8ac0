/**
 * MatchedRows: the reader of journeys to which an event is a mask: a bit for each matcher that fits it.
 */
import type { EventColumns } from '../../event/columns.ts';
import { propertyColumns } from '../../event/property.ts';
import { ValueHashes } from '../../query/fold/value-hashes.ts';
import { EventReader, type Reading } from './event-reader.ts';
import { type Matcher, MatcherMasks, matcherColumns } from './matchers.ts';
import type { JourneyQuestion } from './request.ts';
import { type CodedRows, NOTHING, OUT, type RowNeeds, type RowReader } from './row-reader.ts';

interface MatchedReading extends Reading {
  /** See RowReader. Default: null. */
  readonly place?: RowReader['place'];
  /** The property whose value is the mark of an event. Default: null. */
  readonly markedBy?: string | null;
}

export function matchedRows(
  question: JourneyQuestion,
  matchers: readonly Matcher[],
  reading: MatchedReading,
): RowReader {
  return new MatchedRows(new EventReader(question, reading), matchers, reading);
}

class MatchedRows implements RowReader {
  readonly needs: RowNeeds;
  readonly breakdown: EventReader['breakdown'];
  readonly excluded: EventReader['excluded'];
  readonly labels = null;
  readonly place: RowReader['place'];
  readonly mark: RowReader['mark'];
  readonly #events: EventReader;
  readonly #masks: MatcherMasks;
  /** Whether the breakdown is the person's first value: then events that no matcher fits are seen too. */
  readonly #seesAll: boolean;

  constructor(events: EventReader, matchers: readonly Matcher[], { place = null, markedBy = null }: MatchedReading) {
    this.#events = events;
    this.#masks = new MatcherMasks(events.source, matchers);
    this.mark = markedBy === null ? null : valueMark(events, markedBy);
    this.needs = events.needs([...matcherColumns(matchers), ...(markedBy === null ? [] : propertyColumns(markedBy))]);
    this.breakdown = events.breakdown;
    this.excluded = events.excluded;
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
    if (!this.#events.passes(row)) return OUT;
    const mask = this.#masks.mask(row);
    if (!this.#events.isLeftOut(row)) return mask;
    if (mask !== NOTHING) this.#events.noteLeftOut(row);
    return OUT;
  }
}

/** 21 bits of the high word of a hash beside the 32 of the low one: what a number holds. */
const HIGH_MASK = 0x1fffff;

/** Marks are compared with each other and never placed in a table, so they need no secret key. */
const MARK_KEY = [0, 0, 0, 0] as const;

/** Reads the hash of a row's value; NaN when the event has none. */
export function valueMark({ source }: EventReader, property: string): (row: number) => number {
  const hashes = new ValueHashes(source.value(property), MARK_KEY);
  return (row) => {
    hashes.of(row);
    const { high, low } = hashes;
    return (high | low) === 0 ? Number.NaN : (high & HIGH_MASK) * 2 ** 32 + (low >>> 0);
  };
}
