/**
 * Piece: rows of one people range of a day, as a spread leaves them for the task of the range.
 *
 *   raw    u32 rows | u32 each: ms of the day | u32 each: low words of the receipt | u32 x 2 each: person
 *   dense  u32 columns of text, bytes of both UTF-8 | u32 each: high words of the receipt | u8 each: whether the key is another
 *          hash than the person | u32 x 2 of each such row: key | u32 each: row, less the row before | u8 each: late | of each
 *          column of text: u32 units of its name, entries (0: none), then u32 units of each entry and u8 or u16 each: entry; or
 *          u32 units of each, 2^32 - 1 for null | names and entries, UTF-8 | texts without entries, UTF-8
 *
 * It is compressed at once: a column of its own for each text, as in Parquet, would cost a context of zstd each, which is more than
 * the texts of a few rows do.
 */
import { codedTexts, type EventColumns, type PackedTexts, packedTexts } from '../../core/event/columns.ts';
import type { StringColumn } from '../../core/event/event.ts';
import { DAY_MS } from '../../core/limits.ts';
import { defineLazy } from '../std/lazy.ts';
import type { Frame } from './frames.ts';
import type { ChosenTexts } from './held-texts.ts';
import { joinPlanes, PlaneReader } from './planes.ts';

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

export function encodePiece({ at, receivedAt, people, keys, late, rows, texts }: PieceRows): Frame {
  const parts: TextParts = { shared: [], plain: [] };
  const planes = texts.flatMap((column) => textPlanes(column, parts));
  const [shared, plain] = [parts.shared, parts.plain].map((each) => encoder.encode(each.join(''))) as [
    Uint8Array,
    Uint8Array,
  ];
  const [low, high] = splitTimes(receivedAt);
  const head = Uint32Array.of(texts.length, shared.length, plain.length);
  return {
    raw: joinPlanes([Uint32Array.of(rows.length), at, low, people]),
    dense: joinPlanes([head, high, ...ownKeys(keys, people), stepsOf(rows), late, ...planes, shared, plain]),
  };
}

interface TextParts {
  /** Names of columns, each followed by its entries. */
  readonly shared: string[];
  readonly plain: string[];
}

function splitTimes(times: Float64Array): [Uint32Array, Uint32Array] {
  const [low, high] = [new Uint32Array(times.length), new Uint32Array(times.length)];
  for (let at = 0; at < times.length; at++) {
    low[at] = times[at]! % TWO_32;
    high[at] = Math.floor(times[at]! / TWO_32);
  }
  return [low, high];
}

/** Says of which rows the key is not the person, and gives those keys. */
function ownKeys(keys: Uint32Array, people: Uint32Array): [Uint8Array, Uint32Array] {
  const isOwn = new Uint8Array(keys.length / 2);
  const own: number[] = [];
  for (let at = 0; at < isOwn.length; at++) {
    if (keys[2 * at] === people[2 * at] && keys[2 * at + 1] === people[2 * at + 1]) continue;
    isOwn[at] = 1;
    own.push(keys[2 * at]!, keys[2 * at + 1]!);
  }
  return [isOwn, Uint32Array.from(own)];
}

function readKeys(reader: PlaneReader, people: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const isOwn = reader.bytes(people.length / 2);
  const own = reader.words(2 * isOwn.reduce((sum, each) => sum + each, 0));
  const keys = people.slice();
  for (let at = 0, next = 0; at < isOwn.length; at++) {
    if (isOwn[at] === 0) continue;
    keys[2 * at] = own[next++]!;
    keys[2 * at + 1] = own[next++]!;
  }
  return keys;
}

function stepsOf(rows: Uint32Array): Uint32Array {
  const steps = rows.slice();
  for (let at = rows.length - 1; at > 0; at--) steps[at] = rows[at]! - rows[at - 1]!;
  return steps;
}

function lengthsOf(texts: readonly (string | null)[], from = 0): Uint32Array {
  const lengths = new Uint32Array(texts.length - from);
  for (let at = from; at < texts.length; at++) lengths[at - from] = texts[at]?.length ?? NULL;
  return lengths;
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
    return [Uint32Array.of(column.length, 0), lengthsOf(texts.plain)];
  }
  const { entries, codes } = texts;
  for (let at = 1; at < entries.length; at++) shared.push(entries[at]!);
  return [
    Uint32Array.of(column.length, entries.length),
    lengthsOf(entries, 1),
    entries.length <= BYTE_CODES_MAX ? new Uint8Array(codes) : codes,
  ];
}

/** The texts come in the forms of a segment, so that selected rows do not keep the texts of the others in memory. */
export function decodePiece({ raw, dense }: Frame, day: number): Piece {
  const numbers = new PlaneReader(raw);
  const [rowCount = 0] = numbers.words(1);
  const [times, low, people] = [numbers.words(rowCount), numbers.words(rowCount), numbers.words(2 * rowCount)];
  const reader = new PlaneReader(dense);
  const [columnCount, sharedSizeBytes, plainSizeBytes] = [...reader.words(3)] as [number, number, number];
  const receivedAt = joinTimes(low, reader.words(rowCount), 0);
  const keys = readKeys(reader, people);
  const rows = reader.words(rowCount);
  for (let at = 1; at < rowCount; at++) rows[at] = rows[at]! + rows[at - 1]!;
  const late = reader.bytes(rowCount);
  const planned = Array.from({ length: columnCount }, () => readTextPlanes(reader, rowCount));
  const [shared, plain] = [sharedSizeBytes, plainSizeBytes].map((size) => decoder.decode(reader.bytes(size)));
  const columns: EventColumns = {
    rowCount,
    at: joinTimes(times, null, day * DAY_MS),
    receivedAt,
    person: hashesOf(people),
    keyHash: hashesOf(keys),
    late,
    ...textColumns(planned, shared!, plain!),
  };
  return { columns, rows };
}

function hashesOf(words: Uint32Array<ArrayBuffer>): BigInt64Array {
  return new BigInt64Array(words.buffer, words.byteOffset, words.length / 2);
}

function joinTimes(low: Uint32Array, high: Uint32Array | null, fromMs: number): Float64Array {
  const times = new Float64Array(low.length);
  for (let at = 0; at < times.length; at++) times[at] = fromMs + (high === null ? 0 : high[at]! * TWO_32) + low[at]!;
  return times;
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
