/**
 * Shared cells: chunks of cells that write each person once, whatever number of windows and keys the person is in.
 *
 * An hour of minutes holds each of its people some fifteen times, a day of quarters a hundred times. Here a hash takes its eight
 * bytes once, and a bit to a byte in each cell. People lie by the first key that has them, because most dimensions divide people:
 * a cell's people are then neighbours.
 *
 * ```text
 * chunk   header of version 4 | varint memberships, the people of all cells | varint people | their hashes, 8 bytes each, little-endian | windows as in cell-codec.ts
 * cell    as in cell-codec.ts, with its people as
 *         varint 2 * n + form, of n people, then
 *         n = 0       nothing
 *         n >= 1,000  registers (distinct.ts), n = 1,000
 *         form 0      varint first place | varint place - place before - 1, of each further
 *         form 1      varint first byte | varint length | so many bytes of the bit set of places
 * ```
 *
 * The shorter form is taken, form 0 of equal ones, so that equal cells give equal bytes.
 */
import { LIMITS } from '../limits.ts';
import { ByteWriter } from '../std/bytes.ts';
import { HashIndex } from '../std/hash-index.ts';
import type { Cell } from './cell.ts';
import { encodeCounts, encodeNumbers } from './cell-body.ts';
import { type CellKind, encodeHeader, HEADER_SIZE_BYTES_MAX, KeyWriter, REF_END } from './cells-header.ts';
import { encodePlaces } from './people-places.ts';
import type { RollupCells } from './rollup-cells.ts';
import { addAll, addPlaces, type Entry, encodePeople, placesIn } from './shared-people.ts';

/** Size of an entry but for its key, people and numbers. */
const ENTRY_SIZE_BYTES_MAX = 40;
/** Size of a place, as most are: a cell with wider gaps makes a chunk longer than it was taken to be, which is then halved. */
const PLACE_SIZE_BYTES = 1;
const HASH_SIZE_BYTES = 8;

/** Turns cells, written in ascending order, into chunks. */
export class SharedChunks {
  readonly #cells: RollupCells;
  readonly #sizeBytesMax: number;
  readonly #kind: CellKind;
  readonly #chunks: Uint8Array[] = [];
  readonly #scratch = new ByteWriter();
  #entries: Entry[] = [];
  #keys = new Set<string>();
  #people = new HashIndex();
  /** About the size of the entries. */
  #sizeBytes = 0;
  #memberships = 0;

  constructor(cells: RollupCells, sizeBytesMax: number, kind: CellKind) {
    this.#cells = cells;
    this.#sizeBytesMax = sizeBytesMax;
    this.#kind = kind;
  }

  write(startMs: number, key: string, cell: Cell): void {
    const entry = { startMs, key, cell, words: this.#kind === 'counts' ? new Uint32Array(0) : cell.people.words() };
    this.#add(entry);
    const isOver = this.#sizeBytes > this.#sizeBytesMax || this.#memberships > LIMITS.chunkMembershipsMax;
    if (!isOver || this.#entries.length === 1) return;
    this.#entries.pop();
    this.#close();
    this.#add(entry);
  }

  finish(): Uint8Array[] {
    if (this.#entries.length > 0) this.#close();
    return this.#chunks;
  }

  #add(entry: Entry): void {
    const { key, words } = entry;
    const before = this.#people.size;
    if (words !== null) addAll(this.#people, words);
    this.#sizeBytes += (this.#people.size - before) * HASH_SIZE_BYTES + this.#entrySize(entry);
    this.#memberships += words === null ? 0 : words.length / 2;
    this.#keys.add(key);
    this.#entries.push(entry);
  }

  #entrySize({ key, cell, words }: Entry): number {
    const scratch = this.#scratch;
    scratch.length = 0;
    if (!this.#keys.has(key)) scratch.text(key);
    if (words === null) cell.people.encode(scratch);
    if (this.#kind !== 'people') encodeNumbers(scratch, cell);
    return ENTRY_SIZE_BYTES_MAX + scratch.length + (words === null ? 0 : (words.length / 2) * PLACE_SIZE_BYTES);
  }

  #close(): void {
    this.#encode(this.#entries);
    this.#entries = [];
    this.#keys = new Set();
    this.#people = new HashIndex();
    this.#sizeBytes = 0;
    this.#memberships = 0;
  }

  #encode(entries: readonly Entry[]): void {
    const chunk = encodeChunk(this.#cells, this.#kind, entries);
    if (chunk.length <= this.#sizeBytesMax + HEADER_SIZE_BYTES_MAX || entries.length === 1) {
      this.#chunks.push(chunk);
      return;
    }
    const half = entries.length >> 1;
    this.#encode(entries.slice(0, half));
    this.#encode(entries.slice(half));
  }
}

function encodeChunk(cells: RollupCells, kind: CellKind, entries: readonly Entry[]): Uint8Array {
  const places = new HashIndex();
  addPlaces(places, entries);
  const chunk = new ByteWriter(places.size * HASH_SIZE_BYTES + HEADER_SIZE_BYTES_MAX + 16 * entries.length);
  encodeHead(chunk, cells, { kind, entries });
  encodePeople(chunk, places);
  encodeWindows(chunk, { entries, places, kind });
  return chunk.finish();
}

/** Writes the header of a chunk, and the number of people of all of its cells. */
export function encodeHead(
  writer: ByteWriter,
  cells: RollupCells,
  { kind, entries }: { readonly kind: CellKind; readonly entries: readonly Entry[] },
): void {
  const bounds = { startMsMin: entries[0]!.startMs, startMsMax: entries.at(-1)!.startMs };
  encodeHeader(writer, cells, { kind, sharesPeople: true, ...bounds });
  writer.varint(entries.reduce((sum, { words }) => sum + (words?.length ?? 0) / 2, 0));
}

/** Writes the windows of a chunk. */
export function encodeWindows(
  writer: ByteWriter,
  {
    entries,
    places,
    kind,
  }: { readonly entries: readonly Entry[]; readonly places: HashIndex; readonly kind: CellKind },
): void {
  const keys = new KeyWriter();
  let lastMs = entries[0]!.startMs;
  writer.varint(0);
  for (const { startMs, key, cell, words } of entries) {
    if (startMs !== lastMs) {
      writer.varint(REF_END);
      writer.varint(startMs - lastMs);
    }
    lastMs = startMs;
    keys.write(writer, key);
    encodeCounts(writer, cell, kind !== 'counts');
    if (kind !== 'counts') encodePlaces(writer, cell.people, words && placesIn(places, words));
    if (kind !== 'people') encodeNumbers(writer, cell);
  }
  writer.varint(REF_END);
}
