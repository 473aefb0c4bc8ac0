/**
 * JSON text: the bytes of a body as strict UTF-8 and JSON, whole or line by line.
 *
 * Newline-delimited JSON fails line by line: a line that is no JSON, or no UTF-8, is one rejected event among its
 * neighbours. Lines can be cut before they are decoded, because no longer UTF-8 sequence and no JSON text has a newline in it.
 */
import { err, ok, type Result } from '../../core/std/result.ts';
import type { Refusal } from '../request/refusal.ts';
import { parseExactJson } from './exact-json.ts';
import { UnreadableEvent } from './protocol.ts';

const NEWLINE = 0x0a;
const SPACE = 0x20;
const DELETE = 0x7f;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

const BAD_LINE_JSON = new UnreadableEvent({ code: 'json-invalid', path: '', message: 'The line is not valid JSON.' });
const BAD_LINE_TEXT = new UnreadableEvent({ code: 'text-invalid', path: '', message: 'The line is not valid UTF-8.' });

export function parseJsonBody(bytes: Uint8Array): Result<unknown, Refusal> {
  const text = decodeText(bytes);
  if (text === null) return err({ code: 'utf8-invalid', detail: 'The body is not valid UTF-8.' });
  const value = parseJson(text);
  return value === undefined ? err({ code: 'json-invalid', detail: 'The body is not valid JSON.' }) : ok(value);
}

/** The value of a body that `parseJsonBody` has read, with numbers beyond 2^53 as texts. */
export function parseExactBody(bytes: Uint8Array): unknown {
  return parseExactJson(strictUtf8.decode(bytes));
}

/**
 * The lines of a body that are not blank, one value each. A line is parsed when its turn comes: it may have two bytes where
 * its value has fifty, so too many lines are counted and refused before they are values.
 */
export class Lines implements Iterable<unknown> {
  /** The text of the body. Bytes when some line is no UTF-8: each line is then decoded by itself. */
  #source: string | Uint8Array;
  /** Where each line that is not blank begins. Null until a line is read again. */
  #starts: number[] | null = null;

  constructor(bytes: Uint8Array) {
    this.#source = decodeText(bytes) ?? bytes;
  }

  count(): number {
    const source = this.#source;
    let count = 0;
    for (let start = 0; start < source.length; ) {
      const end = endOfLine(source, start);
      if (!isBlank(source, start, end)) count++;
      start = end + 1;
    }
    return count;
  }

  *[Symbol.iterator](): Generator<unknown> {
    const source = this.#source;
    for (let start = 0; start < source.length; ) {
      const end = endOfLine(source, start);
      if (!isBlank(source, start, end)) yield parseLine(textOf(source, start, end));
      start = end + 1;
    }
  }

  /** The value of a line that could be read, with numbers beyond 2^53 as texts. Blank lines have no index. */
  exactAt(index: number): unknown {
    const source = this.#source;
    this.#starts ??= startsOf(source);
    const start = this.#starts[index]!;
    return parseExactJson(textOf(source, start, endOfLine(source, start)) ?? 'null');
  }

  /** Lets go of the body. No lines are left afterwards. */
  release(): void {
    this.#source = '';
    this.#starts = null;
  }
}

function startsOf(source: string | Uint8Array): number[] {
  const starts: number[] = [];
  for (let start = 0; start < source.length; ) {
    const end = endOfLine(source, start);
    if (!isBlank(source, start, end)) starts.push(start);
    start = end + 1;
  }
  return starts;
}

/** The text of a stretch of a body. Null when its bytes are no UTF-8. */
function textOf(source: string | Uint8Array, start: number, end: number): string | null {
  return typeof source === 'string' ? source.slice(start, end) : decodeText(source.subarray(start, end));
}

function endOfLine(source: string | Uint8Array, start: number): number {
  const newline = typeof source === 'string' ? source.indexOf('\n', start) : source.indexOf(NEWLINE, start);
  return newline === -1 ? source.length : newline;
}

/** Whether the line is blank. The first character tells for most lines, so counting cuts and decodes nothing. */
function isBlank(source: string | Uint8Array, start: number, end: number): boolean {
  if (typeof source !== 'string') return source.subarray(start, end).every((byte) => byte <= SPACE);
  const first = start < end ? source.charCodeAt(start) : SPACE;
  if (first > SPACE && first < DELETE) return false;
  return source.slice(start, end).trim() === '';
}

function parseLine(line: string | null): unknown {
  if (line === null) return BAD_LINE_TEXT;
  const value = parseJson(line);
  return value === undefined ? BAD_LINE_JSON : value;
}

/** The text without its byte order mark. Null when the bytes are no UTF-8. */
export function decodeText(bytes: Uint8Array): string | null {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return null;
  }
}

/** The value. Undefined, which JSON cannot express, when the text is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
