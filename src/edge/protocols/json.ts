/**
 * JSON text: bytes of a body as strict UTF-8 and JSON, whole or line by line.
 *
 * Newline-delimited JSON fails line by line: a line that is no JSON, or no UTF-8, is one rejected event among its
 * neighbours. That is safe to cut, because a newline is never part of a longer UTF-8 sequence or of a JSON text.
 */
import { err, ok, type Result } from '../../core/std/result.ts';
import type { Refusal } from '../request/refusal.ts';
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

/**
 * The lines of a body that are not blank, one value each, parsed as they are asked for: a line is two bytes and a value some
 * fifty, so that too many are counted and refused before they are values.
 */
export class Lines implements Iterable<unknown> {
  /** Bytes: some line is no UTF-8, and each is decoded on its own. */
  #source: string | Uint8Array;

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
      if (!isBlank(source, start, end)) {
        yield parseLine(
          typeof source === 'string' ? source.slice(start, end) : decodeText(source.subarray(start, end)),
        );
      }
      start = end + 1;
    }
  }

  /** Lets the body go: there are no lines any more. */
  release(): void {
    this.#source = '';
  }
}

function endOfLine(source: string | Uint8Array, start: number): number {
  const newline = typeof source === 'string' ? source.indexOf('\n', start) : source.indexOf(NEWLINE, start);
  return newline === -1 ? source.length : newline;
}

/** By the first character for most: nothing is cut out or decoded to be counted. */
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

/** Null when it is no UTF-8. A byte order mark is dropped. */
function decodeText(bytes: Uint8Array): string | null {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return null;
  }
}

/** Undefined, which JSON cannot say, when it is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
