/**
 * Cells: the tables `parts` and `sealed_cells`: the cells of a rollup that count for a range of days.
 */
import { unpack } from '../encoding/packed.ts';
import { fromBase64 } from '../std/base64.ts';
import { DAY_MIN } from './dropped.ts';

export interface StoredPart {
  readonly incarnation: string;
  readonly seqFrom: number;
  readonly seqTo: number;
  readonly dayMin: number;
  readonly dayMax: number;
  readonly overflowed: boolean;
  /** Late corrections in the whole flush: the same number in each of its parts. */
  readonly corrections: number;
  /** Encoded RollupCells of minute windows. Windows of covered days may be among them: the reader drops them by the day's vector. */
  readonly cells: Uint8Array;
}

/** The encoded cells of one rollup and grain of a sealed day, as one row stores them. */
export interface CellRow {
  readonly rollupId: string;
  readonly grain: 'hour' | 'day';
  readonly chunk: number;
  readonly overflowed: boolean;
  readonly cells: Uint8Array;
}

export interface SealedCells {
  readonly day: number;
  readonly overflowed: boolean;
  /** Encoded RollupCells of one grain of the day's current revision. */
  readonly cells: Uint8Array;
}

export interface CellsRow {
  day: number;
  overflowed: number;
  cells: string;
}

export function sealedCellsOf({ day, overflowed, cells }: CellsRow): SealedCells {
  return { day, overflowed: overflowed === 1, cells: unpack(fromBase64(cells)) };
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
}

/** The cells of the current revisions, without days that have expired. */
export function selectSealedCells(
  db: D1Database,
  { uid, rollupId, dayFrom, dayTo, grain, hourDays }: CellsRequest,
): D1PreparedStatement {
  return db
    .prepare(
      `SELECT c.day, c.overflowed, c.cells
       FROM sealed_days d JOIN sealed_cells c ON c.uid = d.uid AND c.rollup_id = ?2 AND c.day = d.day AND c.revision = d.revision
         AND c.grain = CASE WHEN d.day IN (SELECT value FROM json_each(?6)) THEN 'hour' ELSE ?5 END
       WHERE d.uid = ?1 AND d.day BETWEEN ?3 AND ?4
         AND c.day >= COALESCE((SELECT day_before FROM dropped WHERE uid = ?1 AND tier = c.grain AND name = ''), ${DAY_MIN})
       ORDER BY c.day, c.chunk`,
    )
    .bind(uid, rollupId, dayFrom, dayTo, grain, JSON.stringify(hourDays));
}

export interface PartRow {
  incarnation: string;
  seqFrom: number;
  seqTo: number;
  dayMin: number;
  dayMax: number;
  overflowed: number;
  corrections: number;
  cells: string;
}

export function storedPartOf(row: PartRow): StoredPart {
  return { ...row, overflowed: row.overflowed === 1, cells: fromBase64(row.cells) };
}

/** Every part that may count for the range. Parts of one covered day are left out here, the others by the reader. */
export function selectParts(
  db: D1Database,
  uid: string,
  rollupId: string,
  dayFrom: number,
  dayTo: number,
): D1PreparedStatement {
  return db
    .prepare(
      `SELECT p.incarnation, p.seq_from AS seqFrom, p.seq_to AS seqTo, p.day_min AS dayMin, p.day_max AS dayMax, p.overflowed, p.corrections, p.cells
       FROM parts p LEFT JOIN sealed_days d ON d.uid = p.uid AND d.day = p.day_min AND p.day_min = p.day_max
       WHERE p.uid = ?1 AND p.rollup_id = ?2 AND p.day_min <= ?4 AND p.day_max >= ?3
         AND COALESCE((SELECT v.value FROM json_each(d.vector) v WHERE v.key = p.incarnation), 0) < p.seq_to
       ORDER BY p.incarnation, p.seq_from, p.chunk`,
    )
    .bind(uid, rollupId, dayFrom, dayTo);
}
