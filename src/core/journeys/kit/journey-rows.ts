/** JourneyRows: the reading side that all journeys share: range, filter and breakdown; each says what a passing event is to it. */
import type { EventColumns } from '../../event/columns.ts';
import type { StringColumn } from '../../event/event.ts';
import type { PeopleAsks } from '../../query/rows/asks.ts';
import { EventReader } from './event-reader.ts';
import { TOO_MANY_GROUPS } from './journey.ts';
import type { CodedRows } from './matchers.ts';
import type { JourneyQuestion } from './request.ts';
import { type GroupedBy, OUT, type RowReader } from './row-reader.ts';
import type { TextCodes } from './text-codes.ts';

export interface JourneyReading {
  /** From where events are read: the range's start, or a look-back before it. */
  readonly startMs: number;
  readonly groupedBy: Exclude<GroupedBy, 'none'>;
  /** Text columns beyond those of filter and breakdown. */
  readonly columns: readonly StringColumn[];
}

export abstract class JourneyRows implements RowReader {
  readonly startMs: number;
  readonly endMs: number;
  readonly columns: ReadonlySet<StringColumn>;
  readonly groupedBy: GroupedBy;
  /** Set by `add`: what is counted is too much. */
  protected overflow: string | null = null;
  protected readonly reader: EventReader;

  constructor(question: JourneyQuestion, { startMs, groupedBy, columns }: JourneyReading) {
    this.startMs = startMs;
    this.endMs = question.endMs;
    this.reader = new EventReader(question, groupedBy, columns);
    this.columns = this.reader.columns;
    this.groupedBy = this.reader.groupedBy;
  }

  /** People are what every journey is about. */
  get asks(): PeopleAsks {
    return { ...this.reader.source.asks, identity: true };
  }

  get properties(): ReadonlySet<string> | null {
    return this.reader.source.properties;
  }

  get names(): ReadonlySet<string> {
    return this.reader.source.names;
  }

  get excess(): string | null {
    return this.overflow ?? this.textExcess;
  }

  /** Of which texts there are too many; null: of none. */
  protected get textExcess(): string | null {
    return this.reader.texts.isFull ? TOO_MANY_GROUPS : null;
  }

  /** What an event that passes the filter is: NOTHING, or a positive code. */
  protected abstract codeOf(row: number): number;

  use(columns: EventColumns): void {
    this.reader.use(columns);
  }

  code(row: number): number {
    return this.reader.passes(row) ? this.codeOf(row) : OUT;
  }

  get coded(): CodedRows | null {
    return null;
  }

  get groupTexts(): TextCodes {
    return this.reader.texts;
  }

  get labelTexts(): TextCodes | null {
    return null;
  }

  relabelled(code: number, _labels: Uint32Array): number {
    return code;
  }

  group(row: number): number {
    return this.reader.group(row);
  }

  groupPrecedes(group: number, other: number): boolean {
    return this.reader.texts.compare(group, other) < 0;
  }
}
