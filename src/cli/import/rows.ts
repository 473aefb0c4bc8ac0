/**
 * Rows: a file as a stream of batches of rows, in order. Memory stays bounded for a file of any size.
 *
 * - CSV: the header names the columns; a record with another number of fields, or with broken quotes, is unreadable.
 * - NDJSON: each line is one JSON value. Lines: each row is the text of a line. Blank lines count as rows, not as
 *   events.
 * - A line longer than LINE_LENGTH_MAX is unreadable and never held as a whole.
 *
 * The stream has batches instead of single rows: half a million turns of an async iterator cost more than the parsing.
 */
import { createReadStream } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import type { Format } from './mapping.ts';

/** Stands in the place of a row that could not be read. */
export class Unreadable {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}
/** Stands in the place of a blank line. */
export const BLANK = Symbol('blank');

const READ_SIZE_BYTES = 256 * 1024;
const LINE_LENGTH_MAX = 1024 * 1024;

/** `onBytes` receives the number of bytes just read from the file, still packed when the file is. */
export async function* readRows(
  path: string,
  format: Format,
  onBytes: (count: number) => void,
): AsyncGenerator<unknown[]> {
  const source = openBytes(path, onBytes);
  if (format === 'csv') yield* readCsv(source, path.toLowerCase().replace(/\.gz$/, '').endsWith('.tsv') ? '\t' : ',');
  else for await (const lines of readLines(source)) yield format === 'lines' ? lines.map(toText) : lines.map(toJson);
}

async function* openBytes(path: string, onBytes: (count: number) => void): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: READ_SIZE_BYTES });
  file.on('data', (chunk) => onBytes(chunk.length));
  file.pause();
  if (!path.toLowerCase().endsWith('.gz')) return yield* file;
  const unpacked = createGunzip({ chunkSize: READ_SIZE_BYTES });
  file.on('error', (error) => unpacked.destroy(error));
  yield* file.pipe(unpacked);
}

/** The parser runs within `write`; a callback takes the records, which saves the cost of a stream for each of them. */
async function* readCsv(source: AsyncIterable<Buffer>, delimiter: string): AsyncGenerator<unknown[]> {
  let batch: unknown[] = [];
  const parser = parse({
    columns: true,
    bom: true,
    delimiter,
    skip_empty_lines: true,
    skip_records_with_error: true,
    on_record: (record) => {
      batch.push(record);
      return null;
    },
    on_skip: (error) => void batch.push(new Unreadable(error?.message ?? 'not CSV')),
  });
  let failure: Error | undefined;
  parser.on('error', (error) => (failure = error));
  // The stream yields nothing, but a Transform finishes only when it is read.
  parser.resume();
  for await (const chunk of source) {
    await new Promise<void>((resolve) => parser.write(chunk, () => resolve()));
    if (failure) break;
    yield batch;
    batch = [];
  }
  if (!failure) await new Promise<void>((resolve) => parser.once('error', () => resolve()).end(() => resolve()));
  if (failure) batch.push(new Unreadable(failure.message));
  if (batch.length > 0) yield batch;
}

function toText(line: string | Unreadable): unknown {
  return line === '' ? BLANK : line;
}

function toJson(line: string | Unreadable): unknown {
  if (typeof line !== 'string') return line;
  if (line.trim() === '') return BLANK;
  try {
    return JSON.parse(line);
  } catch (error) {
    return new Unreadable((error as Error).message);
  }
}

export async function* readLines(
  source: AsyncIterable<Buffer | Uint8Array | string>,
): AsyncGenerator<(string | Unreadable)[]> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let isTooLong = false;
  for await (const chunk of source) {
    const lines: (string | Unreadable)[] = (
      rest + (typeof chunk === 'string' ? chunk : decoder.write(chunk as Buffer))
    ).split('\n');
    rest = lines.pop() as string;
    for (const [index, line] of lines.entries()) {
      if (index === 0 && isTooLong) lines[0] = tooLong();
      else if ((line as string).length > LINE_LENGTH_MAX) lines[index] = tooLong();
      else if ((line as string).endsWith('\r')) lines[index] = (line as string).slice(0, -1);
    }
    if (lines.length > 0) isTooLong = false;
    if (rest.length > LINE_LENGTH_MAX) {
      isTooLong = true;
      rest = '';
    }
    if (lines.length > 0) yield lines;
  }
  rest += decoder.end();
  if (isTooLong) yield [tooLong()];
  else if (rest !== '') yield [rest.endsWith('\r') ? rest.slice(0, -1) : rest];
}

function tooLong(): Unreadable {
  return new Unreadable(`the line is longer than ${LINE_LENGTH_MAX} characters`);
}
