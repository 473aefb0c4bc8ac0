/**
 * Cell codec: RollupCells as bytes, the payload of a part, of a sealed row and of a live answer.
 *
 * The encoding is deterministic: equal cells give equal bytes whatever the order of insertion (windows ascending, keys
 * by code points, hashes and bins sorted), so a part's checksum proves its content. It is split into chunks of whole
 * cells, each readable alone, so that a chunk as base64 fits a D1 row.
 *
 * ```text
 * chunk   u8 version | u8 flags (1: overflowed, 2: no people, 4: no numbers, 8: windows of a quarter of an hour)
 *         varint dimensions | varint numbers
 *         signed first start | varint last start - first start | windows, to the end
 * window  varint start - start before (of the first: - first start) | cells | varint 0
 * cell    varint ref: 1 OTHER, 2 a new key (text follows), 3 + n the nth new key of this chunk
 *         varint 4 * count + flags (1: exact people, 2: floor) [varint exact people] [varint floor]
 *         Distinct, unless it has no people | numbers, unless it has none
 * number  varint 0 when there is none, else
 *         varint 2 * count + (min = max ? 1 : 0) | f64 min | ExactSum [f64 max | Quantiles, unless min = max]
 * ```
 *
 * A chunk writes each key once: minutes repeat the keys of the minutes before them.
 */

import { LIMITS, MINUTE_MS } from '../limits.ts';
import { ByteReader, ByteWriter } from '../std/bytes.ts';
import { assert } from '../std/result.ts';
import { compareCodePoints } from '../std/text.ts';
import { type Cell, NumberCell } from './cell.ts';
import { Distinct } from './distinct.ts';
import { ExactSum } from './exact-sum.ts';
import { Quantiles } from './quantile.ts';
import { QUARTER_HOUR_MS } from './quarter-hours.ts';
import { OTHER_KEY, RollupCells } from './rollup-cells.ts';

/** Chunks with all of their cells. */
const VERSION_ALL = 1;
/** Chunks that may lack people or numbers. */
const VERSION_BY_KIND = 2;
/** Chunks of quarter hours, of any kind. A release that does not know them must refuse them, not take them for minutes. */
const VERSION_QUARTERS = 3;
const OVERFLOWED = 1;
const NO_PEOPLE = 2;
const NO_NUMBERS = 4;
const QUARTERS = 8;
const EXACT_PEOPLE = 1;
const PEOPLE_FLOOR = 2;
const REF_END = 0;
const REF_OTHER = 1;
const REF_NEW = 2;
const REF_KNOWN = 3;

/** Size of a chunk. Base64 makes four characters of three bytes, and a kilobyte is left for the row's other columns. */
const CHUNK_SIZE_BYTES_MAX = Math.floor((LIMITS.d1RowSizeBytesMax - 1024) / 4) * 3;
/** Size of version, flags and six varints. */
const HEADER_SIZE_BYTES_MAX = 48;

/** The part of each cell that a chunk has beside the number of its events: numbers, people, or both. */
export type CellKind = 'counts' | 'people' | 'all';

const FLAGS: Readonly<Record<CellKind, number>> = { all: 0, counts: NO_PEOPLE, people: NO_NUMBERS };

export interface EncodeOptions {
  /** A chunk ends before the cell that would make it longer than this; a single cell may exceed it. */
  readonly sizeBytesMax?: number;
  /** Only windows that start in [startMs, endMs) are encoded. */
  readonly startMs?: number;
  readonly endMs?: number;
  /** Default: 'all'. */
  readonly kind?: CellKind;
}

/** Returns the chunks, in order; an empty list when no cell is in range. */
export function encodeRollupCells(cells: RollupCells, options: EncodeOptions = {}): Uint8Array[] {
  const { sizeBytesMax = CHUNK_SIZE_BYTES_MAX, startMs = -Infinity, endMs = Infinity, kind = 'all' } = options;
  const chunks = new ChunkWriter(cells, sizeBytesMax - HEADER_SIZE_BYTES_MAX, kind);
  const starts = [...cells.windows.keys()].filter((start) => start >= startMs && start < endMs).sort((a, b) => a - b);
  for (const start of starts) {
    const window = cells.windows.get(start)!;
    for (const key of [...window.keys()].sort(compareCodePoints)) chunks.write(start, key, window.get(key)!);
  }
  return chunks.finish();
}

export interface CellsHeader {
  readonly dimensionCount: number;
  readonly numberCount: number;
  readonly overflowed: boolean;
  readonly hasPeople: boolean;
  readonly hasNumbers: boolean;
  readonly windowMs: number;
  /** Starts of the first and the last window. */
  readonly startMsMin: number;
  readonly startMsMax: number;
}

/** Reads the header of a chunk without decoding its cells. */
export function readCellsHeader(bytes: Uint8Array): CellsHeader {
  return decodeHeader(new ByteReader(bytes));
}

export interface DecodeOptions {
  /** False skips people: every cell then says that it has none, which decodes several times faster. Default: true. */
  readonly withPeople?: boolean;
}

/**
 * Returns the cells of one chunk, which may have any number of cells in a window. Throws an InvariantError when the
 * bytes are not a chunk.
 */
export function decodeRollupCells(bytes: Uint8Array, { withPeople = true }: DecodeOptions = {}): RollupCells {
  const reader = new ByteReader(bytes);
  const header = decodeHeader(reader);
  const cells = new RollupCells(header.dimensionCount, header.numberCount, Number.MAX_SAFE_INTEGER);
  const keys: string[] = [];
  let startMs = header.startMsMin;
  while (reader.left > 0) {
    startMs += reader.varint();
    for (let ref = reader.varint(); ref !== REF_END; ref = reader.varint()) {
      decodeCell(reader, cells.cell(startMs, decodeKey(reader, ref, keys)), header, withPeople);
    }
  }
  cells.overflowed = header.overflowed;
  cells.windowMs = header.windowMs;
  return cells;
}

/** Turns cells, written in ascending order, into chunks. */
class ChunkWriter {
  readonly #cells: RollupCells;
  readonly #sizeBytesMax: number;
  readonly #flags: number;
  readonly #body = new ByteWriter(4096);
  readonly #chunks: Uint8Array[] = [];
  #keys = new Map<string, number>();
  #firstMs = Number.NaN;
  #lastMs = Number.NaN;

  constructor(cells: RollupCells, sizeBytesMax: number, kind: CellKind) {
    this.#cells = cells;
    this.#sizeBytesMax = sizeBytesMax;
    this.#flags = FLAGS[kind] | (cells.windowMs === QUARTER_HOUR_MS ? QUARTERS : 0);
  }

  write(startMs: number, key: string, cell: Cell): void {
    const mark = this.#body.length;
    const lastMs = this.#lastMs;
    this.#append(startMs, key, cell);
    if (this.#body.length <= this.#sizeBytesMax || mark === 0) return;
    this.#body.length = mark;
    this.#lastMs = lastMs;
    this.#close();
    this.#append(startMs, key, cell);
  }

  finish(): Uint8Array[] {
    if (this.#body.length > 0) this.#close();
    return this.#chunks;
  }

  #append(startMs: number, key: string, cell: Cell): void {
    if (this.#body.length === 0) {
      this.#firstMs = startMs;
      this.#body.varint(0);
    } else if (startMs !== this.#lastMs) {
      this.#body.varint(REF_END);
      this.#body.varint(startMs - this.#lastMs);
    }
    this.#lastMs = startMs;
    this.#appendKey(key);
    encodeCell(this.#body, cell, this.#flags);
  }

  #appendKey(key: string): void {
    const known = this.#keys.get(key);
    if (key === OTHER_KEY) {
      this.#body.varint(REF_OTHER);
    } else if (known !== undefined) {
      this.#body.varint(REF_KNOWN + known);
    } else {
      this.#body.varint(REF_NEW);
      this.#body.text(key);
      this.#keys.set(key, this.#keys.size);
    }
  }

  #close(): void {
    this.#body.varint(REF_END);
    const body = this.#body.finish();
    const chunk = new ByteWriter(body.length + HEADER_SIZE_BYTES_MAX);
    chunk.u8(versionOf(this.#flags));
    chunk.u8(this.#flags | (this.#cells.overflowed ? OVERFLOWED : 0));
    chunk.varint(this.#cells.dimensionCount);
    chunk.varint(this.#cells.numberCount);
    chunk.signed(this.#firstMs);
    chunk.varint(this.#lastMs - this.#firstMs);
    chunk.raw(body);
    this.#chunks.push(chunk.finish());
    this.#body.length = 0;
    this.#keys = new Map();
  }
}

function versionOf(flags: number): number {
  if ((flags & QUARTERS) !== 0) return VERSION_QUARTERS;
  return flags === 0 ? VERSION_ALL : VERSION_BY_KIND;
}

function decodeHeader(reader: ByteReader): CellsHeader {
  const version = reader.u8();
  assert(version >= VERSION_ALL && version <= VERSION_QUARTERS, `cells of version ${version}`);
  const flags = reader.u8();
  const has = {
    overflowed: (flags & OVERFLOWED) !== 0,
    hasPeople: (flags & NO_PEOPLE) === 0,
    hasNumbers: (flags & NO_NUMBERS) === 0,
    windowMs: (flags & QUARTERS) !== 0 ? QUARTER_HOUR_MS : MINUTE_MS,
  };
  const dimensionCount = reader.varint();
  const numberCount = reader.varint();
  const startMsMin = reader.signed();
  return { dimensionCount, numberCount, ...has, startMsMin, startMsMax: startMsMin + reader.varint() };
}

function decodeKey(reader: ByteReader, ref: number, keys: string[]): string {
  if (ref === REF_OTHER) return OTHER_KEY;
  if (ref === REF_NEW) {
    const key = reader.text();
    keys.push(key);
    return key;
  }
  const key = keys[ref - REF_KNOWN];
  assert(key !== undefined, `cells refer to key ${ref - REF_KNOWN} of ${keys.length}`);
  return key;
}

function encodeCell(writer: ByteWriter, cell: Cell, flags: number): void {
  const { count } = cell;
  const hasPeople = (flags & NO_PEOPLE) === 0;
  const exactPeople = hasPeople ? cell.exactPeople : null;
  const peopleFloor = hasPeople ? cell.peopleFloor : 0;
  writer.varint(4 * count + (exactPeople === null ? 0 : EXACT_PEOPLE) + (peopleFloor === 0 ? 0 : PEOPLE_FLOOR));
  if (exactPeople !== null) writer.varint(exactPeople);
  if (peopleFloor !== 0) writer.varint(peopleFloor);
  if (hasPeople) cell.people.encode(writer);
  if ((flags & NO_NUMBERS) === 0) for (const number of cell.numbers) encodeNumber(writer, number);
}

/** Reads a cell into a new one. */
function decodeCell(reader: ByteReader, cell: Cell, header: CellsHeader, withPeople: boolean): void {
  const head = reader.varint();
  cell.count = Math.floor(head / 4);
  if ((head & EXACT_PEOPLE) !== 0) cell.exactPeople = reader.varint();
  if ((head & PEOPLE_FLOOR) !== 0) cell.peopleFloor = reader.varint();
  if (header.hasPeople && withPeople) cell.people = Distinct.decode(reader);
  else if (header.hasPeople) Distinct.skip(reader);
  if (!header.hasNumbers) return;
  for (let at = 0; at < cell.numbers.length; at++) cell.numbers[at] = decodeNumber(reader);
}

function encodeNumber(writer: ByteWriter, number: NumberCell): void {
  if (number.count === 0) {
    writer.varint(0);
    return;
  }
  const isSame = number.min === number.max;
  writer.varint(2 * number.count + (isSame ? 1 : 0));
  writer.f64(number.min);
  number.sum.encode(writer);
  if (isSame) return;
  writer.f64(number.max);
  number.quantiles.encode(writer);
}

function decodeNumber(reader: ByteReader): NumberCell {
  const number = new NumberCell();
  const head = reader.varint();
  if (head === 0) return number;
  number.count = Math.floor(head / 2);
  number.min = reader.f64();
  number.sum = ExactSum.decode(reader);
  if (head % 2 === 1) {
    number.max = number.min;
    number.quantiles.add(number.min, number.count);
  } else {
    number.max = reader.f64();
    number.quantiles = Quantiles.decode(reader);
  }
  return number;
}
