/**
 * Cells: the tables `parts` and `sealed_cells`: the cells of a rollup that count for a range of days.
 */
import { MINUTE_MS } from '../../core/limits.ts';
import { chunkOfSection } from '../../core/rollup/cell-bundle.ts';
import { dayRange } from '../../core/std/day.ts';
import type { TimeRange } from '../../core/std/time-range.ts';
import { unpack } from '../encoding/packed.ts';
import { fromBase64 } from '../std/base64.ts';
import { fromHex } from '../std/hex.ts';
import { DAY_MIN } from './dropped.ts';

export interface StoredPart {
  /** Told apart by it from every other part of its rollup and kind. */
  readonly key: string;
  readonly incarnation: string;
  readonly seqFrom: number;
  readonly seqTo: number;
  readonly dayMin: number;
  readonly dayMax: number;
  readonly overflowed: boolean;
  /** Late corrections in the whole flush: the same number in each of its parts. */
  readonly corrections: number;
  /** Encoded RollupCells of minute windows, or of quarters of an hour once merged, with what was asked for. Windows of covered days may be among them: the reader drops them by the day's vector. Null when the reader said that it knows the part. */
  readonly cells: Uint8Array | null;
}

/** The encoded cells of one rollup and grain of a sealed day, as one row stores them. */
export interface CellRow {
  readonly rollupId: string;
  /** `hour-counts`: cells by the hour without people. */
  readonly grain: 'hour' | 'day' | 'hour-counts';
  readonly chunk: number;
  readonly overflowed: boolean;
  readonly cells: Uint8Array;
}

/** `rollup_id` and `grain` of a row with the cells of all rollups of a day. */
export const BUNDLED = '*';

/** A piece of a row's cells. */
export type Piece = readonly [offset: number, sizeBytes: number];

/** The column `sections`: where the pieces of a bundled row lie. */
export interface BundleSections {
  /** Bytes of the list of people, which comes first. */
  readonly people: number;
  /** By rollup: packed sections of cells by the day, then packed chunks of cells by the hour without people. */
  readonly day: Readonly<Record<string, Piece>>;
  readonly hour: Readonly<Record<string, Piece>>;
  /** Where the pieces by the hour begin, which expire earlier. */
  readonly hourFrom: number;
}

/** The cells of all rollups of a day, as one row stores them. */
export interface BundleRow {
  readonly cells: Uint8Array;
  readonly sections: BundleSections;
}

export interface SealedCells {
  readonly day: number;
  /** Told apart by it from all other cells of its rollup. Absent where one key does not name all cells of the grain. */
  readonly key?: string;
  /** Encoded RollupCells of one grain of the day's current revision. */
  readonly cells: Uint8Array;
}

/** Cells of a day's current revision that the reader knows by their key. */
export type KnownCells = Required<Pick<SealedCells, 'day' | 'key'>>;

export interface CellsRow {
  day: number;
  grain: 'hour' | 'day';
  /** Null unless the row is a bundled one. */
  key: string | null;
  /** 1 when the reader knows the cells, which the row then lacks. */
  isKnown: number;
  /** Base64; null of a bundled row. */
  cells: string | null;
  /** Hex: the piece of a bundled row, and the list of people where it is wanted. */
  piece: string | null;
  people: string | null;
}

function sealedCellsOf({ day, grain, key, cells, piece, people }: CellsRow): SealedCells {
  if (piece === null) return { day, cells: unpack(fromBase64(cells!)) };
  const bytes = unpack(fromHex(piece));
  const chunk = grain === 'hour' ? bytes : chunkOfSection(bytes, people === null ? null : fromHex(people));
  return { day, ...(key !== null && { key }), cells: chunk };
}

/** The cells of the rows, and those that the reader knows. */
export function cellsOf(result: D1Result<unknown> | undefined): {
  readonly cells: SealedCells[];
  readonly known: KnownCells[];
} {
  const rows = (result?.results ?? []) as CellsRow[];
  const read = rows.filter(({ isKnown }) => isKnown === 0);
  const known = rows.flatMap(({ day, key, isKnown }) => (isKnown === 1 && key !== null ? [{ day, key }] : []));
  return { cells: read.map(sealedCellsOf), known };
}

export interface CellsRequest {
  readonly uid: string;
  readonly rollupId: string;
  /** The first and the last day of the range, both included. */
  readonly dayFrom: number;
  readonly dayTo: number;
  readonly grain: 'hour' | 'day';
  /** Days whose cells are wanted by the hour although `grain` is the day. */
  readonly hourDays: readonly number[];
  /** What is wanted of the cells. People by the hour are in the lake, but for days that an older release has sealed. */
  readonly kind: 'counts' | 'people';
  /** Keys of cells that the reader knows. They are not read. */
  readonly knownCells: readonly string[];
}

/**
 * The cells of the seals that count, each with its grain, without days that have expired. `g.grain` is the one that is wanted of the
 * day; a row with all rollups of a day has a piece of each grain.
 */
const CURRENT_CELLS = `
  FROM (SELECT d.uid, d.day, d.revision, CASE WHEN d.day IN (SELECT value FROM json_each(?6)) THEN 'hour' ELSE ?5 END AS grain
    FROM counting_seals d WHERE d.uid = ?1 AND d.day BETWEEN ?3 AND ?4) g
  JOIN sealed_cells c ON c.uid = g.uid AND c.rollup_id IN (?2, '${BUNDLED}') AND c.day = g.day AND c.revision = g.revision
  WHERE g.day >= COALESCE((SELECT day_before FROM dropped WHERE uid = ?1 AND tier = g.grain AND name = ''), ${DAY_MIN})
    AND (c.grain = g.grain OR (?7 = 'counts' AND g.grain = 'hour' AND c.grain = 'hour-counts')
      OR (c.grain = '${BUNDLED}' AND (?7 = 'counts' OR g.grain = 'day') AND ${pieceSql(1)} IS NOT NULL))`;

/** The offset or the number of bytes of the wanted piece of a bundled row; null when the rollup has none. */
function pieceSql(field: 0 | 1): string {
  return `(c.sections ->> ('$.' || g.grain || '."' || ?2 || '"[${field}]'))`;
}

const PEOPLE_SIZE = `IIF(?7 = 'people', c.sections ->> '$.people', 0)`;

/** The sizes of the cells as text. */
const SIZE = `COALESCE(SUM(IIF(c.grain = '${BUNDLED}', 2 * (${pieceSql(1)} + ${PEOPLE_SIZE}), length(c.cells))), 0)`;

/** Selects the size of the sealed cells. */
export function selectSealedSize(db: D1Database, request: CellsRequest): D1PreparedStatement {
  return db.prepare(`SELECT ${SIZE} AS sizeBytes ${CURRENT_CELLS}`).bind(...cellsValues(request));
}

/** A bundled row has all cells of its grains; others may have some of them. A revision of a day never changes. */
const CELLS_KEY = `IIF(c.grain = '${BUNDLED}', c.day || ' ' || g.grain || ' ' || c.revision, NULL)`;
const IS_KNOWN_CELLS = `COALESCE(${CELLS_KEY} IN (SELECT value FROM json_each(?9)), 0)`;
const IS_READ = `c.grain = '${BUNDLED}' AND NOT (${IS_KNOWN_CELLS})`;

/** Selects the sealed cells; none when they are larger together than `sizeBytesMax`. */
export function selectSealedCells(db: D1Database, request: CellsRequest, sizeBytesMax: number): D1PreparedStatement {
  return db
    .prepare(
      `SELECT c.day, g.grain, ${CELLS_KEY} AS key, ${IS_KNOWN_CELLS} AS isKnown,
         IIF(c.grain = '${BUNDLED}', NULL, c.cells) AS cells,
         IIF(${IS_READ}, hex(substr(c.cells, 1 + ${pieceSql(0)}, ${pieceSql(1)})), NULL) AS piece,
         IIF(${IS_READ} AND ?7 = 'people', hex(substr(c.cells, 1, c.sections ->> '$.people')), NULL) AS people
       ${CURRENT_CELLS} AND (SELECT ${SIZE} ${CURRENT_CELLS}) <= ?8
       ORDER BY c.day, c.chunk`,
    )
    .bind(...cellsValues(request), sizeBytesMax, JSON.stringify(request.knownCells));
}

function cellsValues({ uid, rollupId, dayFrom, dayTo, grain, hourDays, kind }: CellsRequest) {
  return [uid, rollupId, dayFrom, dayTo, grain, JSON.stringify(hourDays), kind];
}

export interface PartRow {
  key: string;
  incarnation: string;
  seqFrom: number;
  seqTo: number;
  dayMin: number;
  dayMax: number;
  overflowed: number;
  corrections: number;
  cells: string | null;
}

export function storedPartOf(row: PartRow): StoredPart {
  return new ReadPart(row);
}

/** Parts are many, and the cells of each are decoded when its turn comes. */
class ReadPart implements StoredPart {
  readonly key: string;
  readonly incarnation: string;
  readonly seqFrom: number;
  readonly seqTo: number;
  readonly dayMin: number;
  readonly dayMax: number;
  readonly overflowed: boolean;
  readonly corrections: number;
  readonly #cells: string | null;

  constructor({ key, incarnation, seqFrom, seqTo, dayMin, dayMax, overflowed, corrections, cells }: PartRow) {
    this.key = key;
    this.incarnation = incarnation;
    this.seqFrom = seqFrom;
    this.seqTo = seqTo;
    this.dayMin = dayMin;
    this.dayMax = dayMax;
    this.overflowed = overflowed === 1;
    this.corrections = corrections;
    this.#cells = cells;
  }

  get cells(): Uint8Array | null {
    return this.#cells === null ? null : fromBase64(this.#cells);
  }
}

export interface PartsRequest extends TimeRange {
  readonly uid: string;
  readonly rollupId: string;
  /** What is wanted of the cells; parts of earlier releases have all. */
  readonly kind: 'counts' | 'people';
  /** Bounds the size of the parts together: where it is more, none is read. */
  readonly sizeBytesMax: number;
  /** Keys of parts whose cells the reader knows. They are not read. */
  readonly knownParts: readonly string[];
}

/**
 * Every part that may count for the range, by its windows. Parts of one covered day are left out here, the others by the
 * reader. A seal that does not count leaves them out too, because of a void day no part counts.
 */
const COUNTING_PARTS = `
  FROM parts p LEFT JOIN sealed_days d ON d.uid = p.uid AND d.day = p.day_min AND p.day_min = p.day_max
  WHERE p.uid = ?1 AND p.rollup_id = ?2 AND p.kind IN (?3, 'all') AND p.day_min <= ?5 AND p.day_max >= ?4
    AND p.start_ms_min < ?7 AND p.start_ms_max >= ?6
    AND COALESCE((SELECT v.value FROM json_each(d.vector) v WHERE v.key = p.incarnation), 0) < p.seq_to`;

const PART_KEY = `p.incarnation || ' ' || p.day_min || ' ' || p.seq_from || ' ' || p.seq_to || ' ' || p.chunk`;
const IS_KNOWN = `${PART_KEY} IN (SELECT value FROM json_each(?8))`;
const UNKNOWN_SIZE = `SELECT COALESCE(SUM(p.size_bytes), 0) AS sizeBytes ${COUNTING_PARTS} AND NOT (${IS_KNOWN})`;

/** The start of the minute that an instant lies in. A part tells its windows by the first and the last minute that they hold. */
const minuteOf = (atMs: number) => Math.floor(atMs / MINUTE_MS) * MINUTE_MS;

/** Selects the size of the parts that count for the range and are not known. */
export function selectPartsSize(db: D1Database, request: PartsRequest): D1PreparedStatement {
  return db.prepare(UNKNOWN_SIZE).bind(...partsValues(request));
}

function partsValues({ uid, rollupId, kind, startMs, endMs, knownParts }: PartsRequest) {
  const { dayFrom, dayTo } = dayRange({ startMs, endMs });
  return [uid, rollupId, kind, dayFrom, dayTo, minuteOf(startMs), endMs, JSON.stringify(knownParts)];
}

/** Selects the parts; none when they are too large together. */
export function selectParts(db: D1Database, request: PartsRequest): D1PreparedStatement {
  return db
    .prepare(
      `SELECT ${PART_KEY} AS key, p.incarnation, p.seq_from AS seqFrom, p.seq_to AS seqTo, p.day_min AS dayMin, p.day_max AS dayMax,
         p.overflowed, p.corrections, CASE WHEN ${IS_KNOWN} THEN NULL ELSE p.cells END AS cells
       ${COUNTING_PARTS} AND (${UNKNOWN_SIZE}) <= ?9
       ORDER BY p.incarnation, p.seq_from, p.chunk`,
    )
    .bind(...partsValues(request), request.sizeBytesMax);
}
