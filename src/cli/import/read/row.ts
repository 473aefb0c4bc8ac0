/**
 * Row: one record of a file in the form that a mapping takes; or what stands in its place when it cannot be read.
 */

/** Stands in the place of a row that could not be read. */
export class Unreadable {
  readonly reason: string;
  /** The row as far as it was kept, for the report. */
  readonly text: string;
  constructor(reason: string, text: string) {
    this.reason = reason;
    this.text = text.slice(0, TEXT_LENGTH_MAX);
  }
}

/** The refusal of a row by the command itself. */
export class RefusedRow extends Error {
  override name = 'RefusedRow';
  readonly code: string;
  /** JSON pointer into the event; empty for the row itself. */
  readonly path: string;
  constructor(code: string, message: string, options: ErrorOptions & { readonly path?: string } = {}) {
    super(message, options);
    this.code = code;
    this.path = options.path ?? '';
  }
}

/** Stands in the place of a blank line. */
export const BLANK = Symbol('blank');

/** A row longer than this is unreadable and never held as a whole: no event is so large. */
export const ROW_LENGTH_MAX = 1024 * 1024;
/** The part of an unreadable row that a report shows. Rows to be mended by hand are far shorter. */
const TEXT_LENGTH_MAX = 16 * 1024;

export function tooLong(text: string): Unreadable {
  return new Unreadable(`the row is longer than ${ROW_LENGTH_MAX} characters`, text.slice(0, 200));
}
