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
import { compareCodePoints } from '../std/text.ts';
import type { Cell } from './cell.ts';
import { encodeCounts, encodeNumbers } from './cell-body.ts';
import { type CellKind, encodeHeader, HEADER_SIZE_BYTES_MAX, KeyWriter, REF_END } from './cells-header.ts';
import { encodePlaces } from './people-places.ts';
import type { RollupCells } from './rollup-cells.ts';

interface Entry {
  readonly startMs: number;
  readonly key: string;
  readonly cell: Cell;
  /** The people of the cell, as words (low, high); null when they are a sketch. */
  readonly words: Uint32Array | null;
}

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
  const places = placesOf(entries);
  const chunk = new ByteWriter(places.size * HASH_SIZE_BYTES + HEADER_SIZE_BYTES_MAX + 16 * entries.length);
  const bounds = { startMsMin: entries[0]!.startMs, startMsMax: entries.at(-1)!.startMs };
  encodeHeader(chunk, cells, { kind, sharesPeople: true, ...bounds });
  chunk.varint(entries.reduce((sum, { words }) => sum + (words?.length ?? 0) / 2, 0));
  chunk.varint(places.size);
  for (let place = 0; place < places.size; place++) {
    chunk.u32(places.low(place));
    chunk.u32(places.high(place));
  }
  encodeWindows(chunk, { entries, places, kind });
  return chunk.finish();
}

/** The place of each person: by the first key that has the person, then by hash. */
function placesOf(entries: readonly Entry[]): HashIndex {
  const wordsOfKey = new Map<string, Uint32Array[]>();
  for (const { key, words } of entries) {
    if (words === null) continue;
    const known = wordsOfKey.get(key);
    if (known === undefined) wordsOfKey.set(key, [words]);
    else known.push(words);
  }
  const places = new HashIndex();
  for (const key of [...wordsOfKey.keys()].sort(compareCodePoints)) {
    const people = new HashIndex();
    for (const words of wordsOfKey.get(key)!) addAll(people, words);
    addAll(places, sortedWords(people));
  }
  return places;
}

function addAll(index: HashIndex, words: Uint32Array): void {
  for (let at = 0; at < words.length; at += 2) index.add(words[at + 1]!, words[at]!);
}

/** The hashes ascending, as words (low, high). */
function sortedWords(people: HashIndex): Uint32Array {
  const words = new Uint32Array(2 * people.size);
  for (let at = 0; at < people.size; at++) {
    words[2 * at] = people.low(at);
    words[2 * at + 1] = people.high(at);
  }
  new BigUint64Array(words.buffer).sort();
  return words;
}

function encodeWindows(
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

/** The places of the people, ascending. */
function placesIn(places: HashIndex, words: Uint32Array): Uint32Array {
  const found = new Uint32Array(words.length / 2);
  for (let at = 0; at < found.length; at++) found[at] = places.find(words[2 * at + 1]!, words[2 * at]!);
  return found.sort();
}
