/**
 * CSV: the bytes of a file as rows, one object for each record after the header.
 *
 * - A record with another number of fields than the header is unreadable; so is one with a wrong quote.
 * - A wrong quote costs its own row alone: reading goes on behind the line on which the quote stands. The parser cannot do
 *   that by itself, for it takes all up to the next quote for a part of the field, so a new one starts there.
 * - Blank lines are passed over and have no number.
 */
import { parse } from 'csv-parse';
import { CliError } from '../../kit/command.ts';
import { type Codec, invalidReason, shownText } from './encoding.ts';
import { ROW_LENGTH_MAX, Unreadable } from './row.ts';

export interface CsvShape {
  readonly codec: Codec;
  readonly separator: string;
  readonly hasHeader: boolean;
  /** Whether a carriage return is anywhere in the file. Looking for one line end alone is faster. */
  readonly hasReturns: boolean;
}

const QUOTE = 0x22;
const LF = 0x0a;
const CR = 0x0d;

const REASONS: Readonly<Record<string, string>> = {
  CSV_INVALID_CLOSING_QUOTE: 'text follows the quote that closes a field (a quote within a text is written twice)',
  INVALID_OPENING_QUOTE: 'a quote stands in the middle of a field (quote the whole field, and write the quote twice)',
  CSV_QUOTE_NOT_CLOSED: 'a quote is not closed',
  CSV_MAX_RECORD_SIZE: `a quote is not closed, or the row is longer than ${ROW_LENGTH_MAX} characters`,
};

export async function* readCsv(source: AsyncIterable<Buffer>, shape: CsvShape): AsyncGenerator<unknown[]> {
  const reader = new CsvReader(shape);
  for await (const chunk of source) {
    await reader.write(chunk);
    yield reader.take();
  }
  await reader.end();
  yield reader.take();
}

type Parser = ReturnType<typeof parse>;

class CsvReader {
  readonly #shape: CsvShape;
  #parser: Parser;
  #columns: readonly string[] | undefined;
  #batch: unknown[] = [];
  /** The bytes behind the last whole row. */
  #held: Buffer = Buffer.alloc(0);
  /** The number of bytes that this parser has made rows of since `#held` was cut. */
  #doneBytes = 0;
  /** The number of bytes that the parser had been given when `#held` began. */
  #heldFromBytes = 0;
  /** The reason why the row that `#held` begins with is wrong, while its end has not come. */
  #failed: string | undefined;

  constructor(shape: CsvShape) {
    this.#shape = shape;
    this.#parser = this.#newParser();
  }

  take(): unknown[] {
    const batch = this.#batch;
    this.#batch = [];
    return batch;
  }

  async write(chunk: Buffer): Promise<void> {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    let next: Buffer | undefined = this.#failed === undefined ? chunk : this.#passRow(false);
    while (next) {
      const error = await this.#feed(next);
      this.#cutHeld();
      if (!error) return;
      this.#fail(error);
      next = this.#passRow(false);
    }
    // Only the end of a row that is too long is waited for.
    if (this.#failed !== undefined && this.#held.length > ROW_LENGTH_MAX * 2)
      this.#held = this.#held.subarray(0, ROW_LENGTH_MAX);
  }

  async end(): Promise<void> {
    let next = this.#failed === undefined ? Buffer.alloc(0) : this.#passRow(true);
    while (next) {
      const error = (next.length > 0 ? await this.#feed(next) : undefined) ?? (await this.#finish());
      this.#cutHeld();
      if (!error) return;
      this.#fail(error);
      next = this.#passRow(true);
    }
  }

  /** Gives bytes to the parser, which calls `#takeRecord` before it returns. */
  #feed(bytes: Buffer): Promise<Error | undefined> {
    return new Promise((resolve) => this.#parser.write(bytes, (error) => resolve(error ?? undefined)));
  }

  #finish(): Promise<Error | undefined> {
    return new Promise((resolve) => {
      this.#parser.once('error', resolve);
      this.#parser.end(() => resolve(undefined));
    });
  }

  #cutHeld(): void {
    this.#held = this.#held.subarray(this.#doneBytes - this.#heldFromBytes);
    this.#heldFromBytes = this.#doneBytes;
  }

  #fail(error: Error): void {
    const reason = REASONS[(error as { code?: string }).code ?? ''];
    if (reason === undefined) throw error;
    this.#failed = reason;
  }

  /** Takes the wrong row off `#held` and starts a new parser; the bytes for it, undefined while the row has no end. */
  #passRow(isEnd: boolean): Buffer | undefined {
    const end = endOfWrongRow(this.#held, this.#shape, isEnd);
    if (end === undefined) return undefined;
    const text = this.#held.toString(this.#shape.codec.stage, 0, Math.min(end, ROW_LENGTH_MAX)).trim();
    if (!this.#columns && this.#shape.hasHeader)
      throw new CliError(`The header cannot be read: ${this.#failed}`, `The file begins with ${text.slice(0, 200)}`);
    this.#batch.push(new Unreadable(this.#failed ?? '', shownText(text, this.#shape.codec)));
    this.#failed = undefined;
    this.#held = this.#held.subarray(end);
    this.#heldFromBytes = 0;
    this.#doneBytes = 0;
    this.#parser = this.#newParser();
    return this.#held.length > 0 || isEnd ? this.#held : undefined;
  }

  #newParser(): Parser {
    const { separator, codec, hasReturns } = this.#shape;
    const parser = parse({
      delimiter: separator,
      encoding: codec.stage,
      record_delimiter: hasReturns ? ['\r\n', '\n', '\r'] : '\n',
      skip_empty_lines: true,
      relax_column_count: true,
      max_record_size: ROW_LENGTH_MAX,
      // A callback takes the records within `write`, which saves the cost of a stream for each of them.
      on_record: (record: string[], { bytes }) => {
        const startBytes = this.#doneBytes;
        this.#doneBytes = bytes;
        this.#takeRecord(record, startBytes, bytes);
        return null;
      },
    });
    parser.on('error', () => {});
    // The stream yields nothing, but a Transform finishes only when it is read.
    return parser.resume();
  }

  #takeRecord(record: string[], startBytes: number, endBytes: number): void {
    const { codec, hasHeader } = this.#shape;
    const { finish } = codec;
    const invalid = finish === null ? undefined : finishAll(record, finish);
    if (this.#columns === undefined) {
      if (invalid !== undefined && hasHeader)
        throw new CliError(`The header cannot be read: ${invalidReason(invalid, codec)}`);
      this.#columns = hasHeader ? record : record.map((_, index) => String(index + 1));
      if (hasHeader) return;
    }
    const columns = this.#columns;
    if (invalid === undefined && record.length === columns.length) return void this.#batch.push(toRow(columns, record));
    const start = startBytes - this.#heldFromBytes;
    const text = this.#held.toString(codec.stage, start, endBytes - this.#heldFromBytes).trim();
    const reason =
      invalid === undefined ? `it has ${record.length} fields, not ${columns.length}` : invalidReason(invalid, codec);
    this.#batch.push(new Unreadable(reason, shownText(text, codec)));
  }
}

/** Finishes each field in place. The first one that is not valid is returned. */
function finishAll(record: string[], finish: (text: string) => string | undefined): string | undefined {
  for (let index = 0; index < record.length; index++) {
    const field = record[index] as string;
    const text = finish(field);
    if (text === undefined) return field;
    record[index] = text;
  }
}

function toRow(columns: readonly string[], fields: readonly string[]): Record<string, string> {
  const row: Record<string, string> = {};
  for (let index = 0; index < columns.length; index++) {
    const name = columns[index] as string;
    if (name === '__proto__') Object.defineProperty(row, name, { value: fields[index], enumerable: true });
    else row[name] = fields[index] as string;
  }
  return row;
}

/**
 * The place behind the line end that follows the wrong quote of the row that `bytes` begin with; undefined when it has
 * not come yet. The wrong quote of a field that spans lines is the one that opens it: most often it should not be there.
 */
function endOfWrongRow(bytes: Buffer, { separator }: CsvShape, isEnd: boolean): number | undefined {
  const quote = wrongQuoteAt(bytes, separator.charCodeAt(0));
  for (let index = quote; index < bytes.length; index++) {
    if (bytes[index] === LF) return index + 1;
    if (bytes[index] !== CR) continue;
    if (index + 1 === bytes.length && !isEnd) return undefined;
    return bytes[index + 1] === LF ? index + 2 : index + 1;
  }
  return isEnd ? bytes.length : undefined;
}

/** The place of the wrong quote, or of the end of the row when it has none and is only too long. */
function wrongQuoteAt(bytes: Buffer, separator: number): number {
  const isLineEnd = (byte: number | undefined) => byte === LF || byte === CR;
  const isEnd = (byte: number | undefined) => byte === undefined || byte === separator || isLineEnd(byte);
  let start = 0;
  while (isLineEnd(bytes[start])) start++;
  let isFieldStart = true;
  for (let index = start; index < bytes.length; index++) {
    if (isLineEnd(bytes[index])) return index;
    if (bytes[index] !== QUOTE) {
      isFieldStart = isEnd(bytes[index]);
      continue;
    }
    const close = isFieldStart ? closingQuoteAt(bytes, index) : -1;
    if (close === -1 || !isEnd(bytes[close + 1])) return index;
    index = close;
    isFieldStart = false;
  }
  return bytes.length;
}

function closingQuoteAt(bytes: Buffer, open: number): number {
  let close = bytes.indexOf(QUOTE, open + 1);
  while (close !== -1 && bytes[close + 1] === QUOTE) close = bytes.indexOf(QUOTE, close + 2);
  return close;
}
