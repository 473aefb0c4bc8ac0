/**
 * JSON text: bytes of a body as strict UTF-8 and JSON, whole or line by line.
 *
 * Newline-delimited JSON fails line by line: a line that is no JSON, or no UTF-8, is one rejected event among its
 * neighbours. That is safe to cut, because a newline is never part of a longer UTF-8 sequence or of a JSON text.
 */
import { err, ok, type Result } from '../../core/result.ts';
import type { Refusal } from '../refusal.ts';
import { UnreadableEvent } from './protocol.ts';

const NEWLINE = 0x0a;
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
  readonly #bytes: Uint8Array;
  /** Null: some line is no UTF-8, and each is decoded on its own. */
  readonly #text: string | null;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#text = decodeText(bytes);
  }

  count(): number {
    let count = 0;
    for (const _line of this.#lines()) count++;
    return count;
  }

  *[Symbol.iterator](): Generator<unknown> {
    for (const line of this.#lines()) yield parseLine(line);
  }

  *#lines(): Generator<string | null> {
    for (const line of this.#text === null ? linesOfBytes(this.#bytes) : linesOfText(this.#text)) {
      if (line === null || line.trim() !== '') yield line;
    }
  }
}

function* linesOfText(text: string): Generator<string> {
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    yield text.slice(start, end);
    start = end + 1;
  }
}

function* linesOfBytes(bytes: Uint8Array): Generator<string | null> {
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline === -1 ? bytes.length : newline;
    yield decodeText(bytes.subarray(start, end));
    start = end + 1;
  }
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
