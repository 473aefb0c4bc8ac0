/** EventRows: the reader of journeys to which every event that passes the filter is alike. */
import type { EventColumns } from '../../event/columns.ts';
import { EventReader, type Reading } from './event-reader.ts';
import type { JourneyQuestion } from './request.ts';
import { OUT, type RowNeeds, type RowReader } from './row-reader.ts';

const EVENT = 1;

/** `place`: see RowReader. */
export function eventRows(question: JourneyQuestion, reading: Reading, place: RowReader['place']): RowReader {
  return new EventRows(new EventReader(question, reading), place);
}

class EventRows implements RowReader {
  readonly needs: RowNeeds;
  readonly breakdown: EventReader['breakdown'];
  readonly excluded: EventReader['excluded'];
  readonly labels = null;
  readonly mark = null;
  readonly place: RowReader['place'];
  readonly #events: EventReader;

  constructor(events: EventReader, place: RowReader['place']) {
    this.#events = events;
    this.needs = events.needs([]);
    this.breakdown = events.breakdown;
    this.excluded = events.excluded;
    this.place = place;
  }

  use(columns: EventColumns): null {
    this.#events.use(columns);
    return null;
  }

  sift(columns: EventColumns, rows: Uint32Array): Uint32Array {
    return this.#events.sift(columns, rows);
  }

  code(row: number): number {
    if (!this.#events.passes(row)) return OUT;
    if (!this.#events.isLeftOut(row)) return EVENT;
    this.#events.noteLeftOut(row);
    return OUT;
  }
}
