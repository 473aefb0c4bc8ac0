/** Shared windows: reads the cells of a chunk that writes each person once (shared-cells.ts). */
import type { ByteReader } from '../std/bytes.ts';
import { Cell } from './cell.ts';
import { decodeCounts, decodeNumbers } from './cell-body.ts';
import { type CellsHeader, KeyReader } from './cells-header.ts';
import { PlaceSet, skipPlaces } from './people-places.ts';
import type { RollupCells } from './rollup-cells.ts';

/** The start of the window that a window is put into. It never decreases, and none is beyond the window's own start. */
export type WindowOf = (startMs: number, windowMs: number) => number;

export interface WindowOptions {
  readonly header: CellsHeader;
  /** False skips people. */
  readonly withPeople: boolean;
  /** Undefined leaves each window as it is. */
  readonly windowOf: WindowOf | undefined;
}

/** Reads the chunk from behind its header. */
export function decodeSharedCells(reader: ByteReader, cells: RollupCells, options: WindowOptions): void {
  const { header, windowOf = (startMs: number) => startMs } = options;
  reader.varint();
  const words = readWords(reader);
  const window = new OpenWindow(cells, words);
  const keys = new KeyReader();
  let startMs = header.startMsMin;
  while (reader.left > 0) {
    startMs += reader.varint();
    window.open(windowOf(startMs, header.windowMs));
    for (let key = keys.read(reader); key !== null; key = keys.read(reader)) window.read(reader, key, options);
  }
  window.close();
}

/** The hashes of the chunk's people, as words (low, high). */
function readWords(reader: ByteReader): Uint32Array {
  const count = reader.varint();
  const bytes = reader.raw(8 * count);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const words = new Uint32Array(2 * count);
  for (let at = 0; at < words.length; at++) words[at] = view.getUint32(4 * at, true);
  return words;
}

/** The cells of one window, whose people are put together before their hashes are looked up. */
class OpenWindow {
  readonly #cells: RollupCells;
  readonly #words: Uint32Array;
  readonly #sets = new Map<string, PlaceSet>();
  readonly #free: PlaceSet[] = [];
  #startMs = Number.NaN;

  constructor(cells: RollupCells, words: Uint32Array) {
    this.#cells = cells;
    this.#words = words;
  }

  open(startMs: number): void {
    if (startMs === this.#startMs) return;
    this.close();
    this.#startMs = startMs;
  }

  read(reader: ByteReader, key: string, { header, withPeople }: WindowOptions): void {
    const cell = new Cell(header.numberCount);
    decodeCounts(reader, cell);
    if (header.hasPeople && withPeople) this.#setOf(key).read(reader);
    else if (header.hasPeople) skipPlaces(reader);
    if (header.hasNumbers) decodeNumbers(reader, cell);
    this.#cells.cell(this.#startMs, key).merge(cell);
  }

  #setOf(key: string): PlaceSet {
    const known = this.#sets.get(key);
    if (known !== undefined) return known;
    const set = this.#free.pop() ?? new PlaceSet(this.#words.length / 2);
    this.#sets.set(key, set);
    return set;
  }

  close(): void {
    for (const [key, set] of this.#sets) {
      this.#cells.cell(this.#startMs, key).people = set.take(this.#words);
      this.#free.push(set);
    }
    this.#sets.clear();
  }
}
