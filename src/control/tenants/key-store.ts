/**
 * Key store: all SQL of the table `keys`, but for the look-up of a request (tenants.ts) and the end of a tenant.
 *
 * - Keys are stored as SHA-256 only. A revoked key stays listed, because people ask when it ended.
 * - A key that was revoked makes and revokes nothing, although an isolate may still know it as active: the statements look.
 * - Of two admin keys that revoke each other in one instant one stays: the statement that comes second finds its own caller
 *   revoked, and no statement leaves a tenant without an admin key, unless the root key asks for it.
 */
import { LIMITS } from '../../core/limits.ts';
import { err, ok, type Result } from '../../core/std/result.ts';
import { KEY_ID_LENGTH, type KeyScope } from '../../core/tenant/tenant.ts';
import { insertEntry } from '../audit/audit-store.ts';
import { endShares } from '../shares/end-shares.ts';

/** A key as it is stored: without the secret, which was shown once. */
export interface KeyToStore {
  readonly hash: string;
  readonly scope: KeyScope;
  readonly hint: string;
}
export interface KeyRecord {
  /** The public name of the key: the first 16 hex digits of its hash. */
  readonly id: string;
  readonly scope: KeyScope;
  readonly hint: string;
  readonly createdAtMs: number;
  readonly revokedAtMs: number | null;
  /** `root`, or the id of a key; null for a key from before makers were noted. */
  readonly madeBy: string | null;
}

/** The root key, or the hash of an admin key. */
export type KeyMaker = 'root' | { readonly hash: string };

interface KeyRow {
  readonly hash: string;
  readonly scope: KeyScope;
  readonly hint: string;
  readonly created_at_ms: number;
  readonly revoked_at_ms: number | null;
  readonly made_by: string | null;
}

/** Adds a key; refuses at the limit of active keys, and when its maker was revoked. */
export async function createKey(
  db: D1Database,
  uid: string,
  key: KeyToStore,
  { maker, nowMs }: { readonly maker: KeyMaker; readonly nowMs: number },
): Promise<Result<KeyRecord, 'keys-full' | 'maker-revoked'>> {
  const madeBy = actorOf(maker);
  const isStored = { sql: 'EXISTS (SELECT 1 FROM keys WHERE hash = ?7)', parameters: [key.hash] };
  const entry = { atMs: nowMs, uid, actor: madeBy, action: 'key-made', subject: idOf(key.hash) } as const;
  const [inserted] = await db.batch([insertKey(db, uid, key, { maker, nowMs }), ...insertEntry(db, entry, isStored)]);
  if (inserted?.meta.changes) return ok({ ...key, id: idOf(key.hash), createdAtMs: nowMs, revokedAtMs: null, madeBy });
  return err((await isActive(db, maker)) ? 'keys-full' : 'maker-revoked');
}

/** The insert adds nothing when the tenant does not exist, has the largest number of active keys, or the maker ended. */
export function insertKey(
  db: D1Database,
  uid: string,
  { hash, scope, hint }: KeyToStore,
  { maker, nowMs }: { readonly maker: KeyMaker; readonly nowMs: number },
): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO keys (hash, uid, scope, hint, created_at_ms, made_by)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE EXISTS (SELECT 1 FROM tenants WHERE uid = ?2 AND deleted_at_ms IS NULL)
           AND (SELECT count(*) FROM keys WHERE uid = ?2 AND revoked_at_ms IS NULL) < ?7
           AND ${activeSql('?8')}`,
    )
    .bind(hash, uid, scope, hint, nowMs, actorOf(maker), LIMITS.keysMax, hashOf(maker));
}

export interface KeyPage {
  /** The id of a key: lists those that were made after it. Null begins with the oldest. */
  readonly afterId: string | null;
  readonly countMax: number;
  /** Whether revoked keys are left out. */
  readonly isActiveOnly: boolean;
}

/** A page of keys in the order of their making. */
export async function listKeys(db: D1Database, uid: string, page: KeyPage): Promise<KeyRecord[]> {
  const { afterId, countMax, isActiveOnly } = page;
  const { results } = await db
    .prepare(
      `SELECT hash, scope, hint, created_at_ms, revoked_at_ms, made_by FROM keys
         WHERE uid = ?1 AND (?3 = 0 OR revoked_at_ms IS NULL)
           AND (?2 IS NULL OR (created_at_ms, hash) >
             (SELECT created_at_ms, hash FROM keys WHERE uid = ?1 AND substr(hash, 1, ${KEY_ID_LENGTH}) = ?2))
         ORDER BY created_at_ms, hash LIMIT ?4`,
    )
    .bind(uid, afterId, isActiveOnly ? 1 : 0, countMax)
    .all<KeyRow>();
  return results.map(keyFrom);
}

export interface Revocation {
  /** 16 hex digits of the key's hash, or all of it. */
  readonly id: string;
  readonly by: KeyMaker;
  /** Whether the keys that it made, and those that they made, end too; null when the caller does not say. */
  readonly descendants: 'keep' | 'revoke' | null;
  readonly nowMs: number;
}
export type RevocationRefusal =
  | { readonly reason: 'not-found' | 'last-admin' | 'caller-revoked' }
  | { readonly reason: 'has-descendants'; readonly ids: readonly string[] };

/**
 * Revokes a key. Returns the ids of the descendants that ended with it: keys and share links. A key with active descendants is
 * refused until the caller says what becomes of them: an app may live by them, or a thief. The caller's own key is no
 * descendant here, so that a key can end the one that made it. Revoking again changes nothing.
 */
export async function revokeKey(
  db: D1Database,
  uid: string,
  revocation: Revocation,
): Promise<Result<readonly string[], RevocationRefusal>> {
  const { id, by, descendants, nowMs } = revocation;
  const { lineage, shareIds } = await readLineage(db, uid, revocation);
  const target = lineage.find(({ hash }) => hash.startsWith(id));
  if (target === undefined) return err({ reason: 'not-found' });
  const active = lineage.filter(({ revoked_at_ms }) => revoked_at_ms === null);
  const heirs = [...active.filter((key) => key !== target).map(({ hash }) => idOf(hash)), ...shareIds];
  if (heirs.length > 0 && descendants === null) return err({ reason: 'has-descendants', ids: heirs });
  const ends = descendants === 'revoke' ? [...active, ...shareIds] : active.filter((key) => key === target);
  if (ends.length === 0) return ok([]);

  const parameters = [uid, id, hashOf(by), descendants === 'revoke' ? 1 : 0, nowMs];
  const [, ended, , links] = await db.batch<{ hash: string }>([
    db
      .prepare(
        `${DOOMED} INSERT INTO audit (at_ms, owner_uid, tenant, actor, action, subject)
           SELECT ?5, ?1, (SELECT id FROM tenants WHERE uid = ?1), ?6, 'key-revoked', substr(hash, 1, ${KEY_ID_LENGTH})
             FROM keys WHERE ${MAY_END}`,
      )
      .bind(...parameters, actorOf(by)),
    db.prepare(`${DOOMED} UPDATE keys SET revoked_at_ms = ?5 WHERE ${MAY_END} RETURNING hash`).bind(...parameters),
    ...endLinksOf(db, uid, lineage, revocation),
  ]);
  const gone = [ended, links].flatMap((result) => result?.results.map(({ hash }) => hash) ?? []);
  if (gone.length > 0) return ok(gone.filter((hash) => hash !== target.hash).map(idOf));
  return err({ reason: (await isActive(db, by)) ? 'last-admin' : 'caller-revoked' });
}

/**
 * Statements that end the share links of a lineage, once its keys are revoked in the same batch, maybe the caller's own among
 * them: the links of a key that is not revoked stay. A link that such a key has made meanwhile ends too.
 */
function endLinksOf(
  db: D1Database,
  uid: string,
  lineage: readonly KeyRow[],
  { by, descendants, nowMs }: Revocation,
): D1PreparedStatement[] {
  const hashes = descendants === 'revoke' ? lineage.map(({ hash }) => hash) : [];
  const mayEnd = `(?5 = '' OR EXISTS (SELECT 1 FROM keys WHERE hash = ?5 AND coalesce(revoked_at_ms, ?1) = ?1))`;
  const condition = `uid = ?3 AND ${mayEnd} AND made_by IN (SELECT substr(hash, 1, ${KEY_ID_LENGTH}) FROM keys
    WHERE uid = ?3 AND revoked_at_ms IS NOT NULL AND hash IN (SELECT value FROM json_each(?4)))`;
  const parameters = [uid, JSON.stringify(hashes), hashOf(by)];
  return endShares(db, { condition, parameters, actor: actorOf(by), nowMs });
}

/** The key (?2), and with ?4 all that it made, without the caller's (?3) and what the caller made. */
const DOOMED = `WITH RECURSIVE doomed(hash) AS (
  SELECT hash FROM keys WHERE uid = ?1 AND substr(hash, 1, ${KEY_ID_LENGTH}) = substr(?2, 1, ${KEY_ID_LENGTH})
    AND hash LIKE ?2 || '%'
  UNION SELECT keys.hash FROM keys JOIN doomed ON keys.made_by = substr(doomed.hash, 1, ${KEY_ID_LENGTH})
    WHERE ?4 = 1 AND keys.uid = ?1 AND keys.hash <> ?3)`;
const ADMINS = `SELECT 1 FROM keys WHERE uid = ?1 AND scope = 'admin' AND revoked_at_ms IS NULL AND hash`;
const MAY_END = `uid = ?1 AND revoked_at_ms IS NULL AND hash IN doomed AND ${activeSql('?3')}
  AND (?3 = '' OR NOT EXISTS (${ADMINS} IN doomed) OR EXISTS (${ADMINS} NOT IN doomed))`;

interface Lineage {
  /** The key and the keys among its descendants, revoked ones too. */
  readonly lineage: readonly KeyRow[];
  /** Ids of the active share links that these made. */
  readonly shareIds: readonly string[];
}

async function readLineage(db: D1Database, uid: string, { id, by, nowMs }: Revocation): Promise<Lineage> {
  const [keys, shares] = (await db.batch<unknown>([
    db.prepare(`${DOOMED} SELECT * FROM keys WHERE uid = ?1 AND hash IN doomed`).bind(uid, id, hashOf(by), 1),
    db
      .prepare(
        `${DOOMED} SELECT hash FROM shares WHERE uid = ?1 AND (expires_at_ms IS NULL OR expires_at_ms > ?5)
           AND made_by IN (SELECT substr(hash, 1, ${KEY_ID_LENGTH}) FROM doomed)`,
      )
      .bind(uid, id, hashOf(by), 1, nowMs),
  ])) as [D1Result<KeyRow>, D1Result<{ hash: string }>];
  return { lineage: keys.results, shareIds: shares.results.map(({ hash }) => idOf(hash)) };
}

/** A condition: the parameter is empty, for the root key, or the hash of an active key. */
export function activeSql(parameter: string): string {
  return `(${parameter} = '' OR EXISTS (SELECT 1 FROM keys WHERE hash = ${parameter} AND revoked_at_ms IS NULL))`;
}

async function isActive(db: D1Database, maker: KeyMaker): Promise<boolean> {
  const row = await db
    .prepare(`SELECT ${activeSql('?1')} AS active`)
    .bind(hashOf(maker))
    .first<{ active: number }>();
  return row?.active === 1;
}

function hashOf(maker: KeyMaker): string {
  return maker === 'root' ? '' : maker.hash;
}

function actorOf(maker: KeyMaker): string {
  return maker === 'root' ? 'root' : idOf(maker.hash);
}

function idOf(hash: string): string {
  return hash.slice(0, KEY_ID_LENGTH);
}

function keyFrom(row: KeyRow): KeyRecord {
  return {
    id: idOf(row.hash),
    scope: row.scope,
    hint: row.hint,
    createdAtMs: row.created_at_ms,
    revokedAtMs: row.revoked_at_ms,
    madeBy: row.made_by,
  };
}
