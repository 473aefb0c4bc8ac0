/**
 * Rows: a file as a stream of batches of rows, in order. Memory stays bounded for a file of any size.
 *
 * - CSV: the header names the columns (read/csv.ts).
 * - NDJSON: each line is one JSON value; or each element of the one array that the file is. Lines: each row is the text
 *   of a line. Blank lines count as rows, not as events.
 * - A row that cannot be read has its place and number like any other (`Unreadable`).
 *
 * The stream has batches instead of single rows: half a million turns of an async iterator cost more than the parsing.
 */

import { parseJsonText } from '../../edge/protocols/kit/loose.ts';
import type { Format } from './mapping.ts';
import { openBytes } from './read/bytes.ts';
import { readCsv } from './read/csv.ts';
import { codecOf, toStage } from './read/encoding.ts';
import { readElements } from './read/json-elements.ts';
import { type Line, readLines } from './read/lines.ts';
import { BLANK, Unreadable } from './read/row.ts';
import { type FileShape, layoutOf, markOf, SAMPLE_SIZE_BYTES, sampleText, surveyFile } from './survey.ts';

/**
 * `onBytes` receives the number of bytes just read from the file, still packed when the file is. When only the format is
 * given, the rest of the shape is guessed.
 */
export async function* readRows(
  path: string,
  shapeOrFormat: FileShape | Format,
  onBytes: (count: number) => void = () => {},
): AsyncGenerator<unknown[]> {
  const shape =
    typeof shapeOrFormat === 'string'
      ? await surveyFile(path, { format: shapeOrFormat, hasHeader: true })
      : shapeOrFormat;
  const { format, layout, codec } = shape;
  const stored = openBytes(path, (chunk) => onBytes(chunk.length));
  const source = toStage(stored, codec.encoding, shape.bomSizeBytes);
  if (format === 'csv') yield* readCsv(source, shape);
  else if (layout !== 'lines')
    for await (const elements of readElements(source, codec, layout)) yield elements.map(toJson);
  else for await (const lines of readLines(source, shape)) yield lines.map(format === 'lines' ? toText : toJson);
}

/**
 * The JSON values of a stream that can be read once alone, such as standard input: one a line, or the elements of one
 * array. Text is UTF-8, unless a mark at its start says otherwise.
 */
export async function* readJson(stream: AsyncIterable<Uint8Array | string>): AsyncGenerator<unknown[]> {
  const source = toBuffers(stream);
  const head: Buffer[] = [];
  let sizeBytes = 0;
  let isWhole = true;
  while (sizeBytes < SAMPLE_SIZE_BYTES) {
    const { value, done } = await source.next();
    if (done) break;
    head.push(value);
    sizeBytes += value.length;
    isWhole = sizeBytes < SAMPLE_SIZE_BYTES;
  }
  const sample = Buffer.concat(head);
  const mark = markOf(sample);
  const codec = codecOf(mark?.encoding ?? 'utf-8', false);
  const layout = layoutOf(sampleText(sample.subarray(mark?.sizeBytes ?? 0), codec), isWhole);
  const bytes = toStage(joined(sample, source), codec.encoding, mark?.sizeBytes ?? 0);
  if (layout === 'lines') for await (const lines of readLines(bytes, { codec })) yield lines.map(toJson);
  else for await (const elements of readElements(bytes, codec, layout)) yield elements.map(toJson);
}

async function* toBuffers(stream: AsyncIterable<Uint8Array | string>): AsyncGenerator<Buffer, undefined> {
  for await (const chunk of stream) yield typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk);
}

async function* joined(head: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head;
  yield* rest;
}

function toText(line: Line): unknown {
  return line === '' ? BLANK : line;
}

function toJson(line: Line): unknown {
  if (typeof line !== 'string') return line;
  // Files that were joined have the mark of each at the start of a line.
  const text = line.charCodeAt(0) === 0xfeff ? line.slice(1) : line;
  if (text.trim() === '') return BLANK;
  // Integers beyond 2^53 are texts, as in live events: a double would make one id of several.
  const value = parseJsonText(text);
  if (value !== undefined) return value;
  try {
    return JSON.parse(text);
  } catch (error) {
    const bare = withoutFrame(text);
    if (bare !== text) return toJson(bare);
    return new Unreadable(`it is not JSON: ${(error as Error).message}`, text);
  }
}

const RECORD_SEPARATOR = 0x1e;

/** A line of an array without its brackets loses the comma at its end; one of a JSON text sequence (RFC 7464) its mark. */
function withoutFrame(text: string): string {
  return text.slice(text.charCodeAt(0) === RECORD_SEPARATOR ? 1 : 0).replace(/,\s*$/, '');
}
