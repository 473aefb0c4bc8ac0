/**
 * Answer store: all SQL of the table `tile_answers`, but for the end of a board or of a tile: the latest answer of each tile.
 *
 * An answer is kept only for the revision of the board that it belongs to, so none is left behind by a tile that was removed
 * while it was answered.
 */
import { LIMITS } from '../../core/limits.ts';

/** A tile of a board as it was read. */
export interface TilePlace {
  readonly boardId: string;
  readonly revision: number;
  readonly tileId: string;
}

export interface KeptTileAnswer {
  /** JSON of the answer. */
  readonly answer: string;
  readonly answeredAtMs: number;
}

/** The kept answer to the question; null when there is none, or one to another question. */
export function findTileAnswer(
  db: D1Database,
  uid: string,
  { boardId, tileId }: TilePlace,
  questionHash: string,
): Promise<KeptTileAnswer | null> {
  return db
    .prepare(
      `SELECT answer, answered_at_ms AS answeredAtMs FROM tile_answers
         WHERE uid = ? AND board_id = ? AND tile_id = ? AND question_hash = ?`,
    )
    .bind(uid, boardId, tileId, questionHash)
    .first<KeptTileAnswer>();
}

/** Claims the answering of a question whose kept answer is old. Returns false while another call has the claim. */
export async function claimTile(
  db: D1Database,
  uid: string,
  { boardId, tileId }: TilePlace,
  nowMs: number,
): Promise<boolean> {
  const { meta } = await db
    .prepare(
      `UPDATE tile_answers SET claimed_at_ms = ?4
         WHERE uid = ?1 AND board_id = ?2 AND tile_id = ?3 AND claimed_at_ms <= ?5`,
    )
    .bind(uid, boardId, tileId, nowMs, nowMs - LIMITS.tileClaimMs)
    .run();
  return meta.changes > 0;
}

/** Replaces the kept answer. An answer over the size limit is not kept. */
export async function keepTileAnswer(
  db: D1Database,
  uid: string,
  { boardId, revision, tileId }: TilePlace,
  { questionHash, answer, answeredAtMs }: KeptTileAnswer & { readonly questionHash: string },
): Promise<void> {
  if (new TextEncoder().encode(answer).length > LIMITS.insightAnswerSizeBytesMax) return;
  await db
    .prepare(
      `INSERT INTO tile_answers (uid, board_id, tile_id, question_hash, answer, answered_at_ms)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE EXISTS
           (SELECT 1 FROM boards WHERE uid = ?1 AND board_id = ?2 AND revision = ?7)
         ON CONFLICT (uid, board_id, tile_id) DO UPDATE SET question_hash = excluded.question_hash,
           answer = excluded.answer, answered_at_ms = excluded.answered_at_ms, claimed_at_ms = 0`,
    )
    .bind(uid, boardId, tileId, questionHash, answer, answeredAtMs, revision)
    .run();
}
