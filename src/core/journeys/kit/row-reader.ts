/**
 * RowReader: what a journey makes of each row of a batch: the code under which the event is kept, if it is, and the group
 * of its breakdown.
 */
import type { EventColumns } from '../../event/columns.ts';
import type { CodedRows } from './matchers.ts';
import type { TextCodes } from './text-codes.ts';

/** Where the breakdown of a journey is read: nowhere, at each event, or at the person's first event that has it. */
export type GroupedBy = 'none' | 'event' | 'person';

/** The row does not pass the question's filter: it is as if it were not there. */
export const OUT = -1;
/** The row passes, and no step is it: it is seen (for the person's first value) and not kept. */
export const NOTHING = 0;

/** What a journey reads of the rows of a batch. */
export interface RowReader {
  readonly startMs: number;
  readonly endMs: number;
  readonly groupedBy: GroupedBy;
  /** The batch that rows are of from now on. */
  use(columns: EventColumns): void;
  /** OUT, NOTHING, or the positive code to keep. */
  code(row: number): number;
  /** Codes of the batch's rows, where they are all NOTHING or to be kept and hang on a repeating text; else null. */
  readonly coded?: CodedRows | null;
  /** Code of the breakdown's text; 0: it has none. */
  group(row: number): number;
  /** Whether the first of two groups goes before the other, when a person's first instant has both. */
  groupPrecedes(group: number, other: number): boolean;
  /** The texts that groups stand for. */
  readonly groupTexts: TextCodes;
  /** The texts that codes stand for; null: they stand for none. */
  readonly labelTexts: TextCodes | null;
  /** The code with the label `labels` has for the one that it has. */
  relabelled(code: number, labels: Uint32Array): number;
  /** The instant to keep instead of the event's own, where only the day or week matters; equal neighbours are kept once. */
  place?(atMs: number): number;
}
