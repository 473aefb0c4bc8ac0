/**
 * Note: a value of an event that was taken in another form than it was sent, or not at all, while the event itself was
 * accepted. The closed list of codes is part of the API: codes are only ever added.
 */

export const EVENT_NOTE_CODES = [
  'junk-id',
  'text-repaired',
  'number-as-text',
  'timestamp-clamped',
  'address-removed',
  'parameters-removed',
  'credentials-removed',
  'alias-untrusted',
  'person-full',
] as const;
export type EventNoteCode = (typeof EVENT_NOTE_CODES)[number];

export interface EventNote {
  readonly code: EventNoteCode;
  /** JSON pointer into the event. */
  readonly path: string;
}

/** A note in a verdict. */
export interface ToldNote extends EventNote {
  /** Position of the event; null when the value stands in the context of the whole request. */
  readonly index: number | null;
  /** The id of the event; null when `index` is null. */
  readonly id: string | null;
}

export const NO_NOTES: readonly EventNote[] = Object.freeze([]);
