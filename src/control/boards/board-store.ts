/**
 * Board store: all SQL of the table `boards`. What ends with a board, its share links and its answers, ends in the same batch.
 */
import { LIMITS } from '../../core/limits.ts';
import { err, ok, type Result } from '../../core/std/result.ts';
import { KEY_ID_LENGTH } from '../../core/tenant/tenant.ts';
import type { Tile } from '../../wire/boards/board.ts';
import { endShares } from '../shares/end-shares.ts';

export interface Board {
  readonly id: string;
  readonly name: string;
  readonly tiles: readonly Tile[];
  readonly revision: number;
  readonly updatedAtMs: number;
}
export type BoardEntry = Omit<Board, 'tiles'> & { readonly tileCount: number };

export type BoardRow = Omit<Board, 'tiles'> & { readonly tiles: string };

const COLUMNS = 'board_id AS id, name, revision, updated_at_ms AS updatedAtMs';

/** Lists the boards by name, without their tiles. */
export async function listBoards(db: D1Database, uid: string): Promise<BoardEntry[]> {
  const { results } = await db
    .prepare(`SELECT ${COLUMNS}, tile_count AS tileCount FROM boards WHERE uid = ? ORDER BY name, board_id`)
    .bind(uid)
    .all<BoardEntry>();
  return results;
}

export async function findBoard(db: D1Database, uid: string, id: string): Promise<Board | null> {
  const row = await db
    .prepare(`SELECT ${COLUMNS}, tiles FROM boards WHERE uid = ? AND board_id = ?`)
    .bind(uid, id)
    .first<BoardRow>();
  return row && boardOf(row);
}

/** A board to be put. */
export interface BoardChange extends Omit<Board, 'revision'> {
  /** The revision that it replaces, 0 for none; null replaces whatever is there. */
  readonly replaces: number | null;
}
export type BoardRefusal = { readonly reason: 'full' } | { readonly reason: 'changed'; readonly revision: number };

/** Adds or replaces a board. Returns its revision. */
export async function putBoard(
  db: D1Database,
  uid: string,
  { id, name, tiles, updatedAtMs, replaces }: BoardChange,
): Promise<Result<number, BoardRefusal>> {
  const current = 'SELECT revision FROM boards WHERE uid = ?1 AND board_id = ?2';
  const put = db
    .prepare(
      `INSERT INTO boards (uid, board_id, name, tiles, tile_count, revision, updated_at_ms)
         SELECT ?1, ?2, ?3, ?4, json_array_length(?4), 1, ?5 WHERE (?6 IS NULL OR ?6 = coalesce((${current}), 0))
           AND (EXISTS (${current}) OR (SELECT count(*) FROM boards WHERE uid = ?1) < ?7)
         ON CONFLICT (uid, board_id) DO UPDATE SET name = excluded.name, tiles = excluded.tiles,
           tile_count = excluded.tile_count, revision = boards.revision + 1, updated_at_ms = excluded.updated_at_ms
         RETURNING revision`,
    )
    .bind(uid, id, name, JSON.stringify(tiles), updatedAtMs, replaces, LIMITS.boardsMax);
  const forget = db
    .prepare(
      `DELETE FROM tile_answers WHERE uid = ?1 AND board_id = ?2 AND tile_id NOT IN (SELECT value FROM json_each(?3))`,
    )
    .bind(uid, id, JSON.stringify(tiles.map((tile) => tile.id)));
  const read = db.prepare(current).bind(uid, id);
  const [stored, , found] = await db.batch<{ revision: number }>([put, forget, read]);
  const revision = stored?.results[0]?.revision;
  if (revision !== undefined) return ok(revision);
  const existing = found?.results[0]?.revision ?? 0;
  return err(
    replaces === null || replaces === existing ? { reason: 'full' } : { reason: 'changed', revision: existing },
  );
}

export interface BoardEnd {
  readonly id: string;
  /** The hash of the admin key that removes it. */
  readonly keyHash: string;
  readonly nowMs: number;
}

/** Removes a board with its links and answers. Returns false when there was no such board. */
export async function deleteBoard(db: D1Database, uid: string, { id, keyHash, nowMs }: BoardEnd): Promise<boolean> {
  const actor = keyHash.slice(0, KEY_ID_LENGTH);
  const results = await db.batch([
    ...endShares(db, { condition: 'uid = ?3 AND board_id = ?4', parameters: [uid, id], actor, nowMs }),
    db.prepare('DELETE FROM tile_answers WHERE uid = ? AND board_id = ?').bind(uid, id),
    db.prepare('DELETE FROM boards WHERE uid = ? AND board_id = ?').bind(uid, id),
  ]);
  return (results.at(-1)?.meta.changes ?? 0) > 0;
}

export function boardOf({ tiles, ...row }: BoardRow): Board {
  return { ...row, tiles: JSON.parse(tiles) };
}
