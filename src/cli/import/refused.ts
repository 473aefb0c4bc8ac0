/**
 * Refused rows: the rows of an import that are not in the lake, with the reasons: those that could not be read or mapped,
 * and those that the server rejected.
 *
 * All of them are written to `<file>.refused.ndjson` beside the file, one a line: `{row, code, path, message, text}`. An
 * earlier run's list is replaced. The first few are kept to be shown.
 */
import { appendFileSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import type { Format } from './mapping.ts';
import { BLANK, Unreadable } from './read/row.ts';

/** A refused row, before it is written down. */
export interface Refusal {
  /** The row's number in its file, from 1. */
  readonly number: number;
  readonly row: unknown;
  readonly code: string;
  /** JSON pointer into the event; empty for the row itself. */
  readonly path: string;
  readonly message: string;
}

export interface ShownRefusal {
  readonly file: string;
  readonly row: number;
  readonly code: string;
  readonly path: string;
  readonly message: string;
}

const SHOWN_MAX = 10;
/** Lines are written together: a file of refused rows alone would otherwise be a million small writes. */
const PENDING_LENGTH_MAX = 1024 * 1024;

export class RefusedRows {
  readonly #input: RefusedInput;
  readonly #file: string;
  #pending = '';
  #writeFailure: string | undefined;
  readonly first: ShownRefusal[] = [];
  readonly byCode: Record<string, number> = {};
  count = 0;

  constructor(input: RefusedInput) {
    this.#input = input;
    this.#file = `${input.path}.refused.ndjson`;
    if (input.isWritten) rmSync(this.#file, { force: true });
  }

  /** The file with the rows; null when there are none, or when it cannot be written. */
  get file(): string | null {
    return this.count > 0 && this.#input.isWritten && this.#writeFailure === undefined ? this.#file : null;
  }

  /** The reason why the file could not be written. */
  get writeFailure(): string | undefined {
    return this.#writeFailure;
  }

  add({ number, row, code, path, message }: Refusal): void {
    this.count++;
    this.byCode[code] = (this.byCode[code] ?? 0) + 1;
    if (this.first.length < SHOWN_MAX) {
      this.first.push({ file: basename(this.#input.path), row: number, code, path, message });
    }
    const text = textOf(row, this.#input);
    this.#pending += `${JSON.stringify({ row: number, code, path, message, text })}\n`;
    if (this.#pending.length > PENDING_LENGTH_MAX) this.flush();
  }

  flush(): void {
    const text = this.#pending;
    this.#pending = '';
    if (text === '' || !this.#input.isWritten || this.#writeFailure !== undefined) return;
    try {
      appendFileSync(this.#file, text);
    } catch (error) {
      this.#writeFailure = (error as Error).message;
    }
  }
}

export interface RefusedInput {
  readonly path: string;
  readonly format: Format;
  readonly separator: string;
  readonly columns: readonly string[];
  /** False for a preview, which leaves nothing behind. */
  readonly isWritten: boolean;
}

/** The row as a line of its file, to be mended and imported again. */
function textOf(row: unknown, { format, separator, columns }: RefusedInput): string {
  if (row instanceof Unreadable) return row.text;
  if (typeof row === 'string') return row;
  if (row === BLANK) return '';
  if (format !== 'csv') return JSON.stringify(row);
  const fields = columns.map((column) => String((row as Record<string, unknown>)[column] ?? ''));
  return fields.map((field) => quoted(field, separator)).join(separator);
}

function quoted(field: string, separator: string): string {
  return field.includes(separator) || /["\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
