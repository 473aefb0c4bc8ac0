/** Shared windows: reads the cells of a chunk that writes each person once (shared-cells.ts). */
import type { ByteReader } from '../std/bytes.ts';
import type { Cell } from './cell.ts';
import { decodeCounts, decodeNumbers, mergeCounts, mergeNumbers } from './cell-body.ts';
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
    for (let key = keys.read(reader); key !== null; key = keys.read(reader)) {
      window.read(reader, window.cell(key, keys.place), options);
    }
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

interface OpenCell {
  readonly cell: Cell;
  /** Null while no people were read. */
  people: PlaceSet | null;
}

/** The cells of one window, whose people are put together before their hashes are looked up. */
class OpenWindow {
  readonly #cells: RollupCells;
  readonly #words: Uint32Array;
  /** By the places of their keys in the chunk. */
  #open: OpenCell[] = [];
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

  cell(key: string, place: number): OpenCell {
    this.#open[place] ??= { cell: this.#cells.cell(this.#startMs, key), people: null };
    return this.#open[place]!;
  }

  read(reader: ByteReader, open: OpenCell, { header, withPeople }: WindowOptions): void {
    const { cell } = open;
    const isNew = cell.isEmpty;
    if (isNew) decodeCounts(reader, cell);
    else mergeCounts(reader, cell);
    if (header.hasPeople && withPeople) {
      open.people ??= this.#free.pop() ?? new PlaceSet(this.#words.length / 2);
      open.people.read(reader);
    } else if (header.hasPeople) skipPlaces(reader);
    if (!header.hasNumbers) return;
    if (isNew) decodeNumbers(reader, cell);
    else mergeNumbers(reader, cell);
  }

  close(): void {
    // Places without a key in this window are passed over.
    this.#open.forEach(({ cell, people }) => {
      if (people === null) return;
      cell.people = people.take(this.#words);
      this.#free.push(people);
    });
    this.#open = [];
  }
}
