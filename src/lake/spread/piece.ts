/**
 * Piece: rows of one people range of a day, as a spread leaves them for the task of the range.
 *
 *   u32 rows, columns of text, bytes of both UTF-8 | u32 each: ms of the day | u32 each: low, then high words of the receipt |
 *   u32 x 2 each: person | u32 x 2 each: key | u32 each: row, less the row before | u8 each: late | of each column of text:
 *   u32 units of its name, entries (0: none), then u32 units of each entry and u8 or u16 each: entry; or u32 units of each,
 *   2^32 - 1 for null | names and entries, UTF-8 | texts without entries, UTF-8
 *
 * All of it is one frame: a column of its own for each text, as in Parquet, would cost a context of zstd each, which is more than
 * the texts of a few rows do.
 */
import { codedTexts, type EventColumns, type PackedTexts, packedTexts } from '../../core/event/columns.ts';
import type { StringColumn } from '../../core/event/event.ts';
import { DAY_MS } from '../../core/limits.ts';
import { defineLazy } from '../std/lazy.ts';
import type { ChosenTexts } from './held-texts.ts';
import { PlaneReader, PlaneWriter } from './planes.ts';

/** Bounds what a reader holds beside the rows that it keeps. */
export const PIECE_ROWS_MAX = 4_096;

const TWO_32 = 2 ** 32;
/** In the place of the length of a text that is null. */
const NULL = 0xffff_ffff;
const BYTE_CODES_MAX = 256;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export interface PieceRows {
  /** Milliseconds since the day began. */
  readonly at: Uint32Array;
  readonly receivedAt: Float64Array;
  /** Low and high word of each. */
  readonly people: Uint32Array;
  readonly keys: Uint32Array;
  readonly late: Uint8Array;
  /** Numbers of the rows in the day, ascending. */
  readonly rows: Uint32Array;
  /** The columns in which some row has a text. */
  readonly texts: readonly (ChosenTexts & { readonly column: string })[];
}

export interface Piece {
  readonly columns: EventColumns;
  /** Numbers of the rows in the day, ascending. */
  readonly rows: Uint32Array;
}

export function encodePiece({ at, receivedAt, people, keys, late, rows, texts }: PieceRows): Uint8Array {
  const writer = new PlaneWriter();
  const parts: TextParts = { shared: [], plain: [] };
  const planes = texts.flatMap((column) => textPlanes(column, parts));
  const [shared, plain] = [parts.shared, parts.plain].map((each) => encoder.encode(each.join('')));
  writer.add(Uint32Array.of(rows.length, texts.length, shared!.length, plain!.length));
  for (const plane of [at, ...splitTimes(receivedAt), people, keys, stepsOf(rows), late]) writer.add(plane);
  for (const plane of [...planes, shared!, plain!]) writer.add(plane);
  return writer.finish();
}

interface TextParts {
  /** Names of columns, each followed by its entries. */
  readonly shared: string[];
  readonly plain: string[];
}

function splitTimes(times: Float64Array): [Uint32Array, Uint32Array] {
  return [Uint32Array.from(times, (ms) => ms % TWO_32), Uint32Array.from(times, (ms) => Math.floor(ms / TWO_32))];
}

function stepsOf(rows: Uint32Array): Uint32Array {
  return Uint32Array.from(rows, (row, at) => (at === 0 ? row : row - rows[at - 1]!));
}

/** Appends the name and the texts of the column to `parts`. */
function textPlanes(
  texts: ChosenTexts & { readonly column: string },
  { shared, plain }: TextParts,
): (Uint32Array | Uint16Array | Uint8Array)[] {
  const { column } = texts;
  shared.push(column);
  if ('plain' in texts) {
    for (const text of texts.plain) if (text !== null) plain.push(text);
    const lengths = Uint32Array.from(texts.plain, (text) => (text === null ? NULL : text.length));
    return [Uint32Array.of(column.length, 0), lengths];
  }
  const { entries, codes } = texts;
  const own = entries.slice(1) as string[];
  shared.push(...own);
  return [
    Uint32Array.of(column.length, entries.length),
    Uint32Array.from(own, ({ length }) => length),
    entries.length <= BYTE_CODES_MAX ? Uint8Array.from(codes) : codes,
  ];
}

/** The texts come in the forms of a segment, so that selected rows do not keep the texts of the others in memory. */
export function decodePiece(bytes: Uint8Array, day: number): Piece {
  const reader = new PlaneReader(bytes);
  const [rowCount, columnCount, sharedSizeBytes, plainSizeBytes] = [...reader.words(4)] as [
    number,
    number,
    number,
    number,
  ];
  const [times, low, high] = [reader.words(rowCount), reader.words(rowCount), reader.words(rowCount)];
  const [people, keys] = [reader.words(2 * rowCount), reader.words(2 * rowCount)];
  const rows = reader.words(rowCount);
  for (let at = 1; at < rowCount; at++) rows[at] = rows[at]! + rows[at - 1]!;
  const late = reader.bytes(rowCount);
  const planned = Array.from({ length: columnCount }, () => readTextPlanes(reader, rowCount));
  const [shared, plain] = [reader.bytes(sharedSizeBytes), reader.bytes(plainSizeBytes)].map((each) =>
    decoder.decode(each),
  );
  const columns: EventColumns = {
    rowCount,
    at: Float64Array.from(times, (ms) => day * DAY_MS + ms),
    receivedAt: Float64Array.from(low, (word, at) => high[at]! * TWO_32 + word),
    person: new BigInt64Array(people.buffer),
    keyHash: new BigInt64Array(keys.buffer),
    late,
    ...textColumns(planned, shared!, plain!),
  };
  return { columns, rows };
}

interface TextPlanes {
  readonly nameLength: number;
  /** Of the entries but the first, or of all texts. */
  readonly lengths: Uint32Array;
  /** Null where there are no entries. */
  readonly codes: Uint16Array | Uint8Array | null;
}

function readTextPlanes(reader: PlaneReader, rowCount: number): TextPlanes {
  const [nameLength, entryCount] = [...reader.words(2)] as [number, number];
  if (entryCount === 0) return { nameLength, lengths: reader.words(rowCount), codes: null };
  const lengths = reader.words(entryCount - 1);
  const codes = entryCount <= BYTE_CODES_MAX ? reader.bytes(rowCount) : reader.shorts(rowCount);
  return { nameLength, lengths, codes };
}

function textColumns(
  planned: readonly TextPlanes[],
  shared: string,
  plain: string,
): Pick<EventColumns, 'strings' | 'coded' | 'packed'> {
  const columns = { strings: {}, coded: {}, packed: {} };
  let sharedAt = 0;
  const take = (length: number) => {
    sharedAt += length;
    return shared.slice(sharedAt - length, sharedAt);
  };
  let plainAt = 0;
  for (const { nameLength, lengths, codes } of planned) {
    const name = take(nameLength) as StringColumn;
    if (codes !== null) {
      const coded = { entries: [null, ...Array.from(lengths, take)], codes };
      Object.assign(columns.coded, { [name]: coded });
      defineLazy(columns.strings as Strings, name, () => codedTexts(coded));
    } else {
      const packed = packedAt(plain, plainAt, lengths);
      plainAt = packed.starts.at(-1)!;
      Object.assign(columns.packed, { [name]: packed });
      defineLazy(columns.strings as Strings, name, () => packedTexts(packed));
    }
  }
  return columns;
}

type Strings = { [column in StringColumn]?: readonly (string | null)[] };

/** The texts of a column that begin at a place of the text. */
function packedAt(text: string, from: number, lengths: Uint32Array): PackedTexts {
  const starts = new Uint32Array(lengths.length + 1);
  const hasNulls = lengths.includes(NULL);
  starts[0] = from;
  for (let row = 0; row < lengths.length; row++) {
    starts[row + 1] = starts[row]! + (lengths[row] === NULL ? 0 : lengths[row]!);
  }
  return { text, starts, present: hasNulls ? Uint8Array.from(lengths, (length) => Number(length !== NULL)) : null };
}
