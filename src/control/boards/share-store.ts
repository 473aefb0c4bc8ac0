/**
 * Share store: all SQL of the table `shares`, the links by which a board is read without a key of the tenant; the end of a key
 * that made links is in tenants/key-store.ts.
 *
 * - A link is stored as the SHA-256 of its key. Revoking it, removing its board or deleting the tenant leaves nothing to find,
 *   so the link ends with the answer of that call: each read looks its row up, and no isolate remembers it.
 * - A key that was revoked makes and revokes no link, although an isolate may still know it as active: the statements look.
 */
import { LIMITS } from '../../core/limits.ts';
import { err, ok, type Result } from '../../core/std/result.ts';
import { KEY_ID_LENGTH } from '../../core/tenant/tenant.ts';
import { insertEntry } from '../audit/audit-store.ts';
import { endShares } from '../shares/end-shares.ts';
import { activeSql } from '../tenants/key-store.ts';

export interface Share {
  /** The first 16 hex digits of the key's hash. */
  readonly id: string;
  readonly boardId: string;
  readonly hint: string;
  readonly createdAtMs: number;
  /** The id of the admin key that made it. */
  readonly madeBy: string;
  /** Null when it does not expire. */
  readonly expiresAtMs: number | null;
}

/** The board that a link shows, as it is stored. */
export interface SharedBoardRow {
  readonly id: string;
  readonly name: string;
  readonly tiles: string;
  readonly revision: number;
  readonly updatedAtMs: number;
  readonly expiresAtMs: number | null;
}

export interface NewShare {
  readonly boardId: string;
  readonly hash: string;
  readonly hint: string;
  /** The hash of the admin key that makes it. */
  readonly makerHash: string;
  readonly expiresAtMs: number | null;
  readonly nowMs: number;
}

const ID = `substr(hash, 1, ${KEY_ID_LENGTH})`;
const COLUMNS = `${ID} AS id, board_id AS boardId, hint, created_at_ms AS createdAtMs, made_by AS madeBy,
  expires_at_ms AS expiresAtMs`;

/** Adds a link; refuses at the limit, without the board, and when its maker was revoked. */
export async function createShare(
  db: D1Database,
  uid: string,
  { boardId, hash, hint, makerHash, expiresAtMs, nowMs }: NewShare,
): Promise<Result<Share, 'full' | 'board-not-found' | 'maker-revoked'>> {
  const madeBy = makerHash.slice(0, KEY_ID_LENGTH);
  const id = hash.slice(0, KEY_ID_LENGTH);
  const isStored = { sql: 'EXISTS (SELECT 1 FROM shares WHERE uid = ?2 AND hash = ?7)', parameters: [hash] };
  const board = 'EXISTS (SELECT 1 FROM boards WHERE uid = ?1 AND board_id = ?2)';
  const [, inserted, , , checked] = await db.batch<{ board: number; active: number }>([
    db.prepare('DELETE FROM shares WHERE uid = ? AND expires_at_ms <= ?').bind(uid, nowMs),
    db
      .prepare(
        `INSERT INTO shares (uid, board_id, hash, hint, created_at_ms, made_by, expires_at_ms)
           SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE ${board}
             AND (SELECT count(*) FROM shares WHERE uid = ?1) < ?8 AND ${activeSql('?9')}`,
      )
      .bind(uid, boardId, hash, hint, nowMs, madeBy, expiresAtMs, LIMITS.sharesMax, makerHash),
    ...insertEntry(db, { atMs: nowMs, uid, actor: madeBy, action: 'share-made', subject: id }, isStored),
    db.prepare(`SELECT ${board} AS board, ${activeSql('?3')} AS active`).bind(uid, boardId, makerHash),
  ]);
  if (inserted?.meta.changes) return ok({ id, boardId, hint, createdAtMs: nowMs, madeBy, expiresAtMs });
  if (!checked?.results[0]?.active) return err('maker-revoked');
  return err(checked.results[0].board ? 'full' : 'board-not-found');
}

/** Lists the active links of a board, or of all boards; the oldest first. */
export async function listShares(
  db: D1Database,
  uid: string,
  { boardId, nowMs }: { readonly boardId: string | null; readonly nowMs: number },
): Promise<Share[]> {
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS} FROM shares WHERE uid = ?1 AND (?2 IS NULL OR board_id = ?2)
         AND (expires_at_ms IS NULL OR expires_at_ms > ?3) ORDER BY created_at_ms, hash`,
    )
    .bind(uid, boardId, nowMs)
    .all<Share>();
  return results;
}

/** Ends a link; refuses when there is none with that id, and when the caller was revoked. */
export async function revokeShare(
  db: D1Database,
  uid: string,
  { id, keyHash, nowMs }: { readonly id: string; readonly keyHash: string; readonly nowMs: number },
): Promise<Result<null, 'not-found' | 'caller-revoked'>> {
  const [, deleted, checked] = await db.batch<{ active: number }>([
    ...endShares(db, {
      condition: `uid = ?3 AND ${ID} = ?4 AND ${activeSql('?5')}`,
      parameters: [uid, id, keyHash],
      actor: keyHash.slice(0, KEY_ID_LENGTH),
      nowMs,
    }),
    db.prepare(`SELECT ${activeSql('?1')} AS active`).bind(keyHash),
  ]);
  if (deleted?.meta.changes) return ok(null);
  return err(checked?.results[0]?.active ? 'not-found' : 'caller-revoked');
}

/** The board of an active link; null when the link, its board or the tenant has ended. */
export function findShared(
  db: D1Database,
  { uid, hash, nowMs }: { readonly uid: string; readonly hash: string; readonly nowMs: number },
): Promise<SharedBoardRow | null> {
  return db
    .prepare(
      `SELECT b.board_id AS id, b.name, b.tiles, b.revision, b.updated_at_ms AS updatedAtMs, s.expires_at_ms AS expiresAtMs
         FROM shares s JOIN boards b ON b.uid = s.uid AND b.board_id = s.board_id JOIN tenants t ON t.uid = s.uid
         WHERE s.uid = ?1 AND s.hash = ?2 AND (s.expires_at_ms IS NULL OR s.expires_at_ms > ?3)
           AND t.deleted_at_ms IS NULL`,
    )
    .bind(uid, hash, nowMs)
    .first<SharedBoardRow>();
}
