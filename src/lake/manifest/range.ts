/**
 * Range: everything that is stored for a range of days, read in one transaction: seals, segments that no seal covers, cells.
 */
import { DAY_MS, LIMITS } from '../../core/limits.ts';
import type { DayRange } from '../../core/std/day.ts';
import type { TimeRange } from '../../core/std/time-range.ts';
import {
  cellsOf,
  type KnownCells,
  type PartRow,
  type Piece,
  type SealedCells,
  type StoredPart,
  selectParts,
  selectPartsSize,
  selectSealedCells,
  selectSealedSize,
  storedPartOf,
} from './cells.ts';
import { type Dropped, droppedOf, selectDropped } from './dropped.ts';
import { hoursPath } from './paths.ts';
import { type SealedDay, type SealedDayRow, sealedDayOf, selectSealedDays } from './sealed-days.ts';
import { type SliceFile, selectSliceFiles, sliceFilesOf } from './slice-files.ts';
import { FROM_UNCOVERED } from './uncovered.ts';
import {
  FROM_VOID,
  importsVersionOf,
  selectImportsVersion,
  selectVoidDays,
  selectWaitingRows,
  voidDaysOf,
  waitingRowsOf,
} from './versions.ts';

/** A segment of a day that no seal covers yet, which makes the day dirty. */
export interface UncoveredSegment {
  readonly day: number;
  readonly source: 'flush' | 'import';
  readonly incarnation: string;
  readonly seqFrom: number;
  readonly seqTo: number;
  readonly rollupIds: readonly string[];
  /** Rows of this day. */
  readonly rowCount: number;
  /** Rows of this day that are in no part: imports, events beyond the allowed lateness, and all rows of a void day. */
  readonly uncounted: number;
  /** The part of `uncounted` that may be copies, which its shard could not decide (CORRECTNESS M1). */
  readonly undecided: number;
}

export interface RangeReading {
  readonly dropped: Dropped;
  readonly days: readonly SealedDay[];
  readonly cells: readonly SealedCells[];
  /** Wanted cells that the reader knows. */
  readonly knownCells: readonly KnownCells[];
  readonly knownDayCells: readonly KnownCells[];
  /** Where the cells lie that are wanted of days whose people by the hour are in the lake. */
  readonly hourPieces: readonly HourPiece[];
  /** Cells by the day of all days; empty unless they are wanted. */
  readonly dayCells: readonly SealedCells[];
  readonly parts: readonly StoredPart[];
  /** Of a rollup those alone that say something of its cells. */
  readonly uncovered: readonly UncoveredSegment[];
  /** Days whose seals do not count any more: of their parts some may be gone, so that only the lake has all their events. */
  readonly voidDays: ReadonlySet<number>;
  /** Rows of imports that are not finished. */
  readonly waitingRows: number;
  /** Differs when a version of an import of these days was finished or superseded; null unless it is wanted. */
  readonly importsVersion: string | null;
  /** Whether the cells or the parts are larger than one question may read; then they are empty. */
  readonly isTooLarge: boolean;
  /** Files with events of the slices that are asked for. */
  readonly sliceFiles: readonly SliceFile[];
}

/** The chunks of one rollup with people by the hour of a sealed day, which lie one after the other in a file of the lake. */
export interface HourPiece {
  readonly day: number;
  readonly path: string;
  readonly chunks: readonly Piece[];
}

export interface RangeRequest {
  readonly uid: string;
  /** Null when only the state of the days is wanted, without cells and parts. */
  readonly rollupId: string | null;
  /** The first and the last day of the range, both included. */
  readonly dayFrom: number;
  readonly dayTo: number;
  /** Grain of the sealed cells. */
  readonly grain: 'hour' | 'day';
  /** Days whose sealed cells are wanted by the hour although `grain` is the day. */
  readonly hourDays?: readonly number[];
  /** Whether the cells by the day are wanted beside those of `hourDays`. Default: false. */
  readonly wantsDayCells?: boolean;
  /** Whether the version of the imports is wanted, which costs a look at each import of the tenant. Default: false. */
  readonly wantsImports?: boolean;
  /** What is wanted of cells. Default: counts. */
  readonly kind?: 'counts' | 'people';
  /** The range whose windows are wanted of parts. Default: the days. */
  readonly startMs?: number;
  readonly endMs?: number;
  /** Keys of parts whose cells are not wanted. Default: none. */
  readonly knownParts?: readonly string[];
  /** Keys of sealed cells that are not wanted. Default: none. */
  readonly knownCells?: readonly string[];
  /** Slices of minutes whose files are wanted. Default: none. */
  readonly slices?: readonly TimeRange[];
}

/**
 * Reads everything stored for a range of days, in one transaction. Parts that a seal of their only day covers are left
 * out.
 */
export async function readRange(db: D1Database, request: RangeRequest): Promise<RangeReading> {
  const { uid, rollupId, dayFrom, dayTo, grain, hourDays = [], wantsDayCells = false, slices = [] } = request;
  const { wantsImports = false } = request;
  const statements = [
    selectDropped(db, uid),
    selectSealedDays(db, uid, dayFrom, dayTo),
    selectUncovered(db, uid, { dayFrom, dayTo }, rollupId),
    selectVoidDays(db, uid, dayFrom, dayTo),
    selectWaitingRows(db, uid, dayFrom, dayTo),
  ];
  const { kind = 'counts' } = request;
  if (rollupId !== null) {
    const { startMs = dayFrom * DAY_MS, endMs = (dayTo + 1) * DAY_MS, knownParts = [], knownCells = [] } = request;
    const sizeBytesMax = LIMITS.queryCellsSizeBytesMax;
    const sealed = { uid, rollupId, dayFrom, dayTo, grain, hourDays, kind, knownCells };
    const ofParts = { uid, rollupId, kind, startMs, endMs, sizeBytesMax, knownParts };
    statements.push(
      selectSealedSize(db, sealed),
      selectPartsSize(db, ofParts),
      selectSealedCells(db, sealed, sizeBytesMax),
      selectParts(db, ofParts),
    );
    if (wantsDayCells) statements.push(selectSealedCells(db, { ...sealed, grain: 'day', hourDays: [] }, sizeBytesMax));
  }
  const last = statements.length;
  statements.push(...slices.map((slice) => selectSliceFiles(db, uid, slice)));
  if (wantsImports) statements.push(selectImportsVersion(db, uid, { dayFrom, dayTo }));
  const results = await db.batch<unknown>(statements);
  const [dropped, days, uncovered, voids, waiting, ...sized] = results.slice(0, last);
  const [sealedSize, partsSize, sealedCells, parts, sealedDayCells] = sized;
  const cells = cellsOf(sealedCells);
  const dayCells = cellsOf(sealedDayCells);
  const voidDays = voidDaysOf(voids!);
  const seals = (days!.results as SealedDayRow[]).map(sealedDayOf);
  const hourPieces = kind === 'people' ? hourPiecesOf(request, seals) : [];
  const sizes = [sizeOf(sealedSize) + sum(hourPieces.map(pieceSize)), sizeOf(partsSize)];
  return {
    dropped: droppedOf(dropped!),
    days: seals,
    hourPieces,
    uncovered: uncoveredOf(uncovered!.results as UncoveredRow[], voidDays),
    voidDays,
    waitingRows: waitingRowsOf(waiting!),
    importsVersion: wantsImports ? importsVersionOf(results.at(-1)!) : null,
    cells: cells.cells,
    knownCells: cells.known,
    dayCells: dayCells.cells,
    knownDayCells: dayCells.known,
    parts: ((parts?.results ?? []) as PartRow[]).map(storedPartOf),
    isTooLarge: sizes.some((size) => size > LIMITS.queryCellsSizeBytesMax),
    sliceFiles: slices.flatMap((slice, index) => sliceFilesOf(slice, results[last + index]!)),
  };
}

/** Days whose hours were dropped have none of them: the reader finds their hours too fine. */
function hourPiecesOf({ uid, rollupId, grain, hourDays = [] }: RangeRequest, days: readonly SealedDay[]): HourPiece[] {
  const wanted = new Set(hourDays);
  return days.flatMap(({ day, hours }) => {
    const chunks = hours?.chunks[rollupId ?? ''];
    if (hours === null || chunks === undefined || !(grain === 'hour' || wanted.has(day))) return [];
    return [{ day, path: hoursPath(uid, day, hours.file), chunks }];
  });
}

function pieceSize({ chunks }: HourPiece): number {
  return sum(chunks.map(([, sizeBytes]) => sizeBytes));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function sizeOf(result: D1Result<unknown> | undefined): number {
  const [row] = (result?.results ?? []) as { readonly sizeBytes: number }[];
  return row?.sizeBytes ?? 0;
}

type UncoveredRow = Omit<UncoveredSegment, 'rollupIds'> & { readonly rollupIds: string };

/** A busy day has a thousand flushes, nearly all of the same rollups: each list of them is parsed once. */
function uncoveredOf(rows: readonly UncoveredRow[], voidDays: ReadonlySet<number>): UncoveredSegment[] {
  const lists = new Map<string, readonly string[]>();
  return rows.map((row) => {
    const rollupIds = lists.get(row.rollupIds) ?? (JSON.parse(row.rollupIds) as string[]);
    lists.set(row.rollupIds, rollupIds);
    return { ...row, uncounted: voidDays.has(row.day) ? row.rowCount : row.uncounted, rollupIds };
  });
}

/**
 * Selects the segments that no seal covers. Of a rollup those alone that say something of its cells: segments with rows that are in no
 * part, and flushes without the rollup. A busy day has a thousand others.
 */
function selectUncovered(
  db: D1Database,
  uid: string,
  { dayFrom, dayTo }: DayRange,
  rollupId: string | null,
): D1PreparedStatement {
  return db
    .prepare(
      `SELECT sd.day, s.source, s.incarnation, s.seq_from AS seqFrom, s.seq_to AS seqTo, s.rollup_ids AS rollupIds,
         sd.row_count AS rowCount, sd.uncounted, sd.undecided
       ${FROM_UNCOVERED} AND sd.day BETWEEN ?2 AND ?3
         AND (?4 IS NULL OR sd.uncounted > 0 OR sd.day IN (SELECT d.day ${FROM_VOID})
           OR (s.source = 'flush' AND instr(s.rollup_ids, '"' || ?4 || '"') = 0))
       ORDER BY sd.day, sd.manifest_seq`,
    )
    .bind(uid, dayFrom, dayTo, rollupId);
}
