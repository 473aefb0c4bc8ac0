/**
 * Cells header: what each chunk of encoded cells begins with, and how its keys are written.
 *
 * ```text
 * chunk   u8 version | u8 flags (1: overflowed, 2: no people, 4: no numbers, 8: windows of a quarter of an hour)
 *         varint dimensions | varint numbers
 *         signed first start | varint last start - first start
 * key     varint ref: 1 OTHER, 2 a new key (text follows), 3 + n the nth new key of this chunk; 0 ends a window
 * ```
 */
import { MINUTE_MS } from '../limits.ts';
import type { ByteReader, ByteWriter } from '../std/bytes.ts';
import { assert } from '../std/result.ts';
import { QUARTER_HOUR_MS } from './quarter-hours.ts';
import { OTHER_KEY, type RollupCells } from './rollup-cells.ts';

/** Chunks with all of their cells. */
const VERSION_ALL = 1;
/** Chunks that may lack people or numbers. */
const VERSION_BY_KIND = 2;
/** Chunks of quarter hours, of any kind. A release that does not know them must refuse them, not take them for minutes. */
const VERSION_QUARTERS = 3;
/** Chunks of any windows and kind that write each person once. */
const VERSION_SHARED = 4;
const OVERFLOWED = 1;
const NO_PEOPLE = 2;
const NO_NUMBERS = 4;
const QUARTERS = 8;
export const REF_END = 0;
const REF_OTHER = 1;
const REF_NEW = 2;
const REF_KNOWN = 3;

/** Size of version, flags and six varints. */
export const HEADER_SIZE_BYTES_MAX = 48;

/** The part of each cell that a chunk has beside the number of its events: numbers, people, or both. */
export type CellKind = 'counts' | 'people' | 'all';

export interface CellsHeader {
  readonly dimensionCount: number;
  readonly numberCount: number;
  readonly overflowed: boolean;
  readonly hasPeople: boolean;
  readonly hasNumbers: boolean;
  /** Whether the chunk writes each person once. */
  readonly sharesPeople: boolean;
  readonly windowMs: number;
  /** Starts of the first and the last window. */
  readonly startMsMin: number;
  readonly startMsMax: number;
}

export function encodeHeader(
  writer: ByteWriter,
  cells: RollupCells,
  {
    kind,
    sharesPeople,
    startMsMin,
    startMsMax,
  }: {
    readonly kind: CellKind;
    readonly sharesPeople: boolean;
    readonly startMsMin: number;
    readonly startMsMax: number;
  },
): void {
  const flags =
    (cells.overflowed ? OVERFLOWED : 0) |
    (kind === 'counts' ? NO_PEOPLE : 0) |
    (kind === 'people' ? NO_NUMBERS : 0) |
    (cells.windowMs === QUARTER_HOUR_MS ? QUARTERS : 0);
  writer.u8(sharesPeople ? VERSION_SHARED : versionOf(flags));
  writer.u8(flags);
  writer.varint(cells.dimensionCount);
  writer.varint(cells.numberCount);
  writer.signed(startMsMin);
  writer.varint(startMsMax - startMsMin);
}

function versionOf(flags: number): number {
  if ((flags & QUARTERS) !== 0) return VERSION_QUARTERS;
  return (flags & (NO_PEOPLE | NO_NUMBERS)) === 0 ? VERSION_ALL : VERSION_BY_KIND;
}

export function decodeHeader(reader: ByteReader): CellsHeader {
  const version = reader.u8();
  assert(version >= VERSION_ALL && version <= VERSION_SHARED, `cells of version ${version}`);
  const flags = reader.u8();
  const has = {
    overflowed: (flags & OVERFLOWED) !== 0,
    hasPeople: (flags & NO_PEOPLE) === 0,
    hasNumbers: (flags & NO_NUMBERS) === 0,
    sharesPeople: version === VERSION_SHARED,
    windowMs: (flags & QUARTERS) !== 0 ? QUARTER_HOUR_MS : MINUTE_MS,
  };
  const dimensionCount = reader.varint();
  const numberCount = reader.varint();
  const startMsMin = reader.signed();
  return { dimensionCount, numberCount, ...has, startMsMin, startMsMax: startMsMin + reader.varint() };
}

/** The keys of one chunk while it is written. */
export class KeyWriter {
  readonly #known = new Map<string, number>();

  write(writer: ByteWriter, key: string): void {
    const known = this.#known.get(key);
    if (key === OTHER_KEY) {
      writer.varint(REF_OTHER);
    } else if (known !== undefined) {
      writer.varint(REF_KNOWN + known);
    } else {
      writer.varint(REF_NEW);
      writer.text(key);
      this.#known.set(key, this.#known.size);
    }
  }
}

/** The keys of one chunk while it is read. */
export class KeyReader {
  readonly #known: string[] = [];
  /** A small number that tells the key read last from all other keys of the chunk. */
  place = 0;

  /** Null at the end of a window. */
  read(reader: ByteReader): string | null {
    const ref = reader.varint();
    if (ref === REF_END) return null;
    this.place = ref === REF_OTHER ? 0 : ref === REF_NEW ? this.#known.length + 1 : ref - REF_KNOWN + 1;
    if (ref === REF_OTHER) return OTHER_KEY;
    if (ref === REF_NEW) {
      const key = reader.text();
      this.#known.push(key);
      return key;
    }
    const key = this.#known[ref - REF_KNOWN];
    assert(key !== undefined, `cells refer to key ${ref - REF_KNOWN} of ${this.#known.length}`);
    return key;
  }
}
