/**
 * Cell codec: RollupCells as bytes, the payload of a part, of a sealed row and of a live answer.
 *
 * The encoding is deterministic: equal cells give equal bytes whatever the order of insertion (windows ascending, keys
 * by code points, hashes and bins sorted), so a part's checksum proves its content. It is split into chunks of whole
 * cells, each readable alone, so that a chunk as base64 fits a D1 row.
 *
 * ```text
 * chunk   header (cells-header.ts) | windows, to the end
 * window  varint start - start before (of the first: - first start) | cells | varint 0
 * cell    key (cells-header.ts)
 *         varint 4 * count + flags (1: exact people, 2: floor) [varint exact people] [varint floor]
 *         Distinct, unless it has no people | numbers, unless it has none
 * number  varint 0 when there is none, else
 *         varint 2 * count + (min = max ? 1 : 0) | f64 min | ExactSum [f64 max | Quantiles, unless min = max]
 * ```
 *
 * A chunk writes each key once: minutes repeat the keys of the minutes before them. Chunks that write each person once, too, are
 * shared-cells.ts's.
 */

import { LIMITS } from '../limits.ts';
import { ByteReader, ByteWriter } from '../std/bytes.ts';
import { compareCodePoints } from '../std/text.ts';
import type { Cell } from './cell.ts';
import {
  decodeCount,
  decodeCounts,
  decodeNumbers,
  encodeCounts,
  encodeNumbers,
  mergeCounts,
  mergeNumbers,
} from './cell-body.ts';
import {
  type CellKind,
  type CellsHeader,
  decodeHeader,
  encodeHeader,
  HEADER_SIZE_BYTES_MAX,
  KeyReader,
  KeyWriter,
  REF_END,
} from './cells-header.ts';
import { Distinct } from './distinct.ts';
import { RollupCells } from './rollup-cells.ts';
import { SharedChunks } from './shared-cells.ts';
import { decodeSharedCells, type WindowOf, type WindowOptions } from './shared-windows.ts';

export type { CellKind, CellsHeader };

/** Size of a chunk. Base64 makes four characters of three bytes, and a kilobyte is left for the row's other columns. */
const CHUNK_SIZE_BYTES_MAX = Math.floor((LIMITS.d1RowSizeBytesMax - 1024) / 4) * 3;

export interface EncodeOptions {
  /** A chunk ends before the cell that would make it longer than this; a single cell may exceed it. */
  readonly sizeBytesMax?: number;
  /** Only windows that start in [startMs, endMs) are encoded. */
  readonly startMs?: number;
  readonly endMs?: number;
  /** Default: 'all'. */
  readonly kind?: CellKind;
  /** Whether a chunk writes each person once. Default: false, which takes less time and a release from before can read. */
  readonly sharesPeople?: boolean;
}

/** Returns the chunks, in order; an empty list when no cell is in range. */
export function encodeRollupCells(cells: RollupCells, options: EncodeOptions = {}): Uint8Array[] {
  const { sizeBytesMax = CHUNK_SIZE_BYTES_MAX, startMs = -Infinity, endMs = Infinity, kind = 'all' } = options;
  const Chunks = options.sharesPeople ? SharedChunks : ChunkWriter;
  const chunks = new Chunks(cells, sizeBytesMax - HEADER_SIZE_BYTES_MAX, kind);
  const starts = [...cells.windows.keys()].filter((start) => start >= startMs && start < endMs).sort((a, b) => a - b);
  for (const start of starts) {
    const window = cells.windows.get(start)!;
    for (const key of [...window.keys()].sort(compareCodePoints)) chunks.write(start, key, window.get(key)!);
  }
  return chunks.finish();
}

/** Reads the header of a chunk without decoding its cells. */
export function readCellsHeader(bytes: Uint8Array): CellsHeader {
  return decodeHeader(new ByteReader(bytes));
}

/** Bytes of a chunk that `countMemberships` needs. */
export const CHUNK_HEAD_SIZE_BYTES = HEADER_SIZE_BYTES_MAX + 9;

/** How many people all cells of a chunk have together, at most. `head` is its beginning. */
export function countMemberships(head: Uint8Array, sizeBytes: number): number {
  const reader = new ByteReader(head);
  const { hasPeople, sharesPeople } = decodeHeader(reader);
  if (sharesPeople) return reader.varint();
  return hasPeople ? Math.ceil(sizeBytes / 8) : 0;
}

export interface DecodeOptions {
  /** False skips people: every cell then says that it has none, which decodes several times faster. Default: true. */
  readonly withPeople?: boolean;
  /** Puts windows together while they are decoded, which takes a fraction of the memory. Default: each is one of its own. */
  readonly windowOf?: WindowOf | undefined;
}

/**
 * Returns the cells of one chunk, which may have any number of cells in a window. Throws an InvariantError when the
 * bytes are not a chunk.
 */
export function decodeRollupCells(bytes: Uint8Array, { withPeople = true, windowOf }: DecodeOptions = {}): RollupCells {
  const reader = new ByteReader(bytes);
  const header = decodeHeader(reader);
  const cells = new RollupCells(header.dimensionCount, header.numberCount, Number.MAX_SAFE_INTEGER);
  cells.windowMs = header.windowMs;
  if (header.sharesPeople) decodeSharedCells(reader, cells, { header, withPeople, windowOf });
  else decodeWindows(reader, cells, { header, withPeople, windowOf });
  cells.overflowed = header.overflowed;
  return cells;
}

function decodeWindows(reader: ByteReader, cells: RollupCells, options: WindowOptions): void {
  const { header, windowOf } = options;
  const keys = new KeyReader();
  let startMs = header.startMsMin;
  // The cells of the window that is put together, by the places of their keys: minutes repeat the keys of the minutes before.
  let known: Cell[] = [];
  let knownMs = Number.NaN;
  while (reader.left > 0) {
    startMs += reader.varint();
    const windowMs = windowOf === undefined ? startMs : windowOf(startMs, header.windowMs);
    if (windowMs !== knownMs) known = [];
    knownMs = windowMs;
    for (let key = keys.read(reader); key !== null; key = keys.read(reader)) {
      known[keys.place] ??= cells.cell(windowMs, key);
      const cell = known[keys.place]!;
      if (cell.isEmpty) decodeCell(reader, cell, options);
      else if (!header.hasPeople && header.numberCount === 0) cell.count += decodeCount(reader);
      else mergeCell(reader, cell, options);
    }
  }
}

/** Turns cells, written in ascending order, into chunks. */
class ChunkWriter {
  readonly #cells: RollupCells;
  readonly #sizeBytesMax: number;
  readonly #kind: CellKind;
  readonly #body = new ByteWriter(4096);
  readonly #chunks: Uint8Array[] = [];
  #keys = new KeyWriter();
  #firstMs = Number.NaN;
  #lastMs = Number.NaN;

  constructor(cells: RollupCells, sizeBytesMax: number, kind: CellKind) {
    this.#cells = cells;
    this.#sizeBytesMax = sizeBytesMax;
    this.#kind = kind;
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
    this.#keys.write(this.#body, key);
    encodeCell(this.#body, cell, this.#kind);
  }

  #close(): void {
    this.#body.varint(REF_END);
    const body = this.#body.finish();
    const chunk = new ByteWriter(body.length + HEADER_SIZE_BYTES_MAX);
    const bounds = { startMsMin: this.#firstMs, startMsMax: this.#lastMs };
    encodeHeader(chunk, this.#cells, { kind: this.#kind, sharesPeople: false, ...bounds });
    chunk.raw(body);
    this.#chunks.push(chunk.finish());
    this.#body.length = 0;
    this.#keys = new KeyWriter();
  }
}

function encodeCell(writer: ByteWriter, cell: Cell, kind: CellKind): void {
  encodeCounts(writer, cell, kind !== 'counts');
  if (kind !== 'counts') cell.people.encode(writer);
  if (kind !== 'people') encodeNumbers(writer, cell);
}

/** Reads a cell into a new one. */
function decodeCell(reader: ByteReader, cell: Cell, { header, withPeople }: WindowOptions): void {
  decodeCounts(reader, cell);
  if (header.hasPeople && withPeople) cell.people.decodeInto(reader);
  else if (header.hasPeople) Distinct.skip(reader);
  if (header.hasNumbers) decodeNumbers(reader, cell);
}

/** Reads a cell into one that has events. Its people, who take the most time, are no set of their own first. */
function mergeCell(reader: ByteReader, cell: Cell, { header, withPeople }: WindowOptions): void {
  mergeCounts(reader, cell);
  if (header.hasPeople && withPeople) cell.people.decodeInto(reader);
  else if (header.hasPeople) Distinct.skip(reader);
  if (header.hasNumbers) mergeNumbers(reader, cell);
}
