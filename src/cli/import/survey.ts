/**
 * Survey: the first look through a whole file, before anything of it is sent: its hash, its format, and how to read it.
 *
 * What the user did not say is guessed, and the guess is told (`describeShape`):
 * - encoding: a mark at the start decides; then NUL bytes in every other place mean UTF-16; a file that is valid UTF-8 is
 *   that; one with no valid character beyond ASCII, whose bytes Windows-1252 all has, is Windows-1252. Anything else is
 *   UTF-8 with rows that cannot be read.
 * - separator and columns: from the first rows.
 * - A file of JSON lines that begins with one array, or with an object over several lines, is read element by element.
 *
 * The look costs one pass without parsing. It finds a damaged or shortened gzip file before the first event is sent.
 */
import { isAscii, isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { CliError } from '../kit/command.ts';
import type { Format } from './mapping.ts';
import { openBytes } from './read/bytes.ts';
import { type Codec, codecOf, type Encoding, utf8SizeAt, WINDOWS_1252_GAPS } from './read/encoding.ts';
import type { ElementLayout } from './read/json-elements.ts';
import { guessSeparator, showSeparator, splitRows } from './read/separator.ts';

/** What the user said of the file; the rest is guessed. */
export interface ShapeRequest {
  readonly format: Format;
  readonly encoding?: Encoding | undefined;
  readonly separator?: string | undefined;
  readonly hasHeader: boolean;
}

export interface FileShape {
  readonly format: Format;
  /** How the values of an NDJSON file lie in it. */
  readonly layout: 'lines' | ElementLayout;
  readonly codec: Codec;
  readonly bomSizeBytes: number;
  readonly separator: string;
  readonly hasHeader: boolean;
  /** Whether a carriage return is anywhere in the file. */
  readonly hasReturns: boolean;
  /** The line end of a file that is not CSV: `\r` when its beginning has no other. */
  readonly lineEnd: '\n' | '\r';
  /** The columns of a CSV file; empty for other formats. */
  readonly columns: readonly string[];
  /** The SHA-256 of the file as it lies on disk, in hexadecimal. */
  readonly hash: string;
  readonly sizeBytes: number;
}

export const SAMPLE_SIZE_BYTES = 64 * 1024;

export async function surveyFile(path: string, request: ShapeRequest): Promise<FileShape> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const content = new ContentSurvey();
  const onStored = (chunk: Buffer) => {
    hash.update(chunk);
    sizeBytes += chunk.length;
  };
  for await (const chunk of openBytes(path, onStored)) content.add(chunk);
  content.end();
  return { ...shapeOf(content, request), hash: hash.digest('hex'), sizeBytes };
}

function shapeOf(content: ContentSurvey, request: ShapeRequest): Omit<FileShape, 'hash' | 'sizeBytes'> {
  const mark = markOf(content.sample);
  const encoding = request.encoding ?? mark?.encoding ?? guessEncoding(content);
  const codec = codecOf(encoding, content.isValidUtf8);
  const bomSizeBytes = mark?.encoding === encoding ? mark.sizeBytes : 0;
  const text = sampleText(content.sample.subarray(bomSizeBytes), codec);
  const isWhole = content.sizeBytes <= SAMPLE_SIZE_BYTES;
  const separator = request.separator ?? guessSeparator(text, isWhole);
  const isCsv = request.format === 'csv';
  const first = isCsv ? (splitRows(text, separator, 1)[0] ?? []) : [];
  return {
    format: request.format,
    layout: request.format === 'ndjson' ? layoutOf(text, isWhole) : 'lines',
    codec,
    bomSizeBytes,
    separator,
    hasHeader: request.hasHeader,
    hasReturns: content.hasReturns,
    lineEnd: text.includes('\r') && !text.includes('\n') ? '\r' : '\n',
    columns: request.hasHeader ? first : first.map((_, index) => String(index + 1)),
  };
}

/** The mark at the start of a text file (BOM), which names its encoding. */
export function markOf(sample: Buffer): { readonly encoding: Encoding; readonly sizeBytes: number } | undefined {
  const [a, b, c, d] = sample;
  if (a === 0xff && b === 0xfe && c === 0 && d === 0)
    throw new CliError('The file is UTF-32, which is not read', 'Save it as UTF-8.');
  if (a === 0xff && b === 0xfe) return { encoding: 'utf-16le', sizeBytes: 2 };
  if (a === 0xfe && b === 0xff) return { encoding: 'utf-16be', sizeBytes: 2 };
  if (a === 0xef && b === 0xbb && c === 0xbf) return { encoding: 'utf-8', sizeBytes: 3 };
}

function guessEncoding(content: ContentSurvey): Encoding {
  const { sample } = content;
  const pairs = Math.floor(sample.length / 2);
  let even = 0;
  let odd = 0;
  for (let index = 0; index < pairs * 2; index++) if (sample[index] === 0) index % 2 === 0 ? even++ : odd++;
  // Most characters of a table are ASCII: separators, digits, line ends.
  if (odd > pairs / 2 && even < pairs / 8) return 'utf-16le';
  if (even > pairs / 2 && odd < pairs / 8) return 'utf-16be';
  return content.isWindows1252 ? 'windows-1252' : 'utf-8';
}

export function sampleText(sample: Buffer, codec: Codec): string {
  if (codec.encoding.startsWith('utf-16')) return new TextDecoder(codec.encoding).decode(sample);
  if (codec.encoding === 'utf-8') return sample.toString();
  const text = sample.toString('latin1');
  return codec.finish?.(text) ?? text;
}

/** The beginning of an object that answers of APIs are: its first field is the list. */
const WRAPPER = /^\{\s*"(events|data|batch|records|rows|results)"\s*:\s*\[\s*\{/i;

/** How JSON values lie in a text that begins with `text`. */
export function layoutOf(text: string, isWhole: boolean): FileShape['layout'] {
  const bare = text.trimStart();
  const lineEnd = bare.search(/[\r\n]/);
  const line = lineEnd === -1 ? bare : bare.slice(0, lineEnd);
  const isOneLine = lineEnd === -1 || bare.slice(lineEnd).trim() === '';
  if (WRAPPER.test(bare) && (!isJson(line) || (isOneLine && isWhole))) return 'wrapped';
  if (bare.startsWith('[') && (!isJson(line) || (isOneLine && isWhole))) return 'array';
  // An object that is cut off, or one wrong line, is no reason to leave the reading line by line.
  return /^\{\s*$/.test(line) || (/^\{/.test(line) && !isJson(line) && /^\s+"/.test(bare.slice(lineEnd + 1)))
    ? 'objects'
    : 'lines';
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** What the bytes allow, chunk by chunk. */
class ContentSurvey {
  #sample: Buffer = Buffer.alloc(0);
  /** The beginning of a character that the next chunk goes on with. */
  #rest: Buffer = Buffer.alloc(0);
  #hasCharacters = false;
  #hasInvalid = false;
  #hasGaps = false;
  hasReturns = false;
  sizeBytes = 0;

  get sample(): Buffer {
    return this.#sample;
  }

  get isValidUtf8(): boolean {
    return !this.#hasInvalid;
  }

  get isWindows1252(): boolean {
    return this.#hasInvalid && !this.#hasCharacters && !this.#hasGaps;
  }

  add(chunk: Buffer): void {
    this.sizeBytes += chunk.length;
    if (this.#sample.length < SAMPLE_SIZE_BYTES)
      this.#sample = Buffer.concat([this.#sample, chunk.subarray(0, SAMPLE_SIZE_BYTES - this.#sample.length)]);
    this.hasReturns ||= chunk.includes(0x0d);
    if (this.#hasInvalid && this.#hasCharacters) return;
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const end = wholeCharactersEnd(bytes);
    this.#rest = bytes.subarray(end);
    this.#look(bytes.subarray(0, end));
  }

  end(): void {
    this.#look(this.#rest);
  }

  #look(bytes: Buffer): void {
    if (isAscii(bytes)) return;
    if (isUtf8(bytes)) {
      this.#hasCharacters = true;
      return;
    }
    this.#hasInvalid = true;
    for (let index = 0; index < bytes.length; ) {
      const size = utf8SizeAt(bytes, index);
      if (size > 1) {
        this.#hasCharacters = true;
        return;
      }
      if (size === 0 && WINDOWS_1252_GAPS.includes(bytes[index] as number)) this.#hasGaps = true;
      index += size || 1;
    }
  }
}

/** The end of the last whole character, or of the bytes when their end is no beginning of one. */
function wholeCharactersEnd(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80) break;
    if (byte < 0xc0) continue;
    const size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return size > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** The shape in words, for the user: `csv, separated by semicolons, 3 columns, windows-1252`. */
export function describeShape({ format, layout, codec, separator, columns, hasHeader }: FileShape): string {
  if (format === 'csv') {
    const header = hasHeader ? '' : ' without a header';
    return `csv${header}, separated by ${showSeparator(separator)}, ${columns.length} columns, ${codec.encoding}`;
  }
  const layouts = {
    lines: format,
    array: 'one JSON array',
    wrapped: 'one JSON array in an object',
    objects: 'JSON objects over several lines',
  };
  return `${layouts[layout]}, ${codec.encoding}`;
}
