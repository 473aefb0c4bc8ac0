/**
 * Version store: the SQL of the versions of imports: drawing, finish, undo.
 *
 * A finish is one batch, so that nobody reads half of a version. Its statements are guarded by `IS_READY`, and the last of
 * them ends what the guard asks for: a second finish does nothing. Its segments come into the manifest at that moment, above
 * every `covered_seq` there is, so that no seal covers what nobody read (CORRECTNESS J1).
 */
import type { DrawnVersion, ImportState, VersionRequest } from '../../core/event/import.ts';
import { LAKE_DROPPED } from '../manifest/dropped.ts';
import { afterScans, throwAwayFound } from '../manifest/garbage.ts';
import { importIncarnationSql, importLinkSource } from './names.ts';

export interface ImportKey {
  readonly uid: string;
  readonly importId: string;
}

export interface VersionKey extends ImportKey {
  readonly version: number;
}

export interface StoredVersion {
  readonly version: number;
  readonly state: ImportState;
  readonly fingerprint: string;
  readonly receivedAtMs: number;
  /** Null until the finish; 0 in an undo. */
  readonly chunkCount: number | null;
  readonly copies: number;
}

/** All versions of the import, the newest first. */
export async function readVersions(db: D1Database, key: ImportKey): Promise<StoredVersion[]> {
  return (await selectVersions(db, key).all<StoredVersion>()).results;
}

export const VERSION_COLUMNS =
  'version, state, fingerprint, received_at_ms AS receivedAtMs, chunk_count AS chunkCount, copies';

export function selectVersions(db: D1Database, { uid, importId }: ImportKey): D1PreparedStatement {
  return db
    .prepare(`SELECT ${VERSION_COLUMNS} FROM import_versions WHERE uid = ?1 AND import_id = ?2 ORDER BY version DESC`)
    .bind(uid, importId);
}

/** The version that counts, or the undo that nothing counts since: the greatest finished one. */
export function finishedOf(versions: readonly StoredVersion[]): StoredVersion | undefined {
  return versions.find(({ state }) => state === 'finished');
}

export function isUndo({ chunkCount }: StoredVersion): boolean {
  return chunkCount === 0;
}

/** Tries of a draw, each of which another draw of the same import may be ahead of. */
const TRIES = 5;

export async function drawVersion(
  db: D1Database,
  key: ImportKey,
  request: VersionRequest,
  nowMs: number,
): Promise<DrawnVersion> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const versions = await readVersions(db, key);
    const chosen = chooseVersion(versions, request);
    if (chosen.status === 'exists' || !chosen.isNew) return chosen;
    const { meta } = await insertVersion(db, { ...key, version: chosen.version }, request.fingerprint, nowMs).run();
    if (meta.changes > 0) return chosen;
  }
  throw new Error(`the next version of import ${key.importId} is drawn by others again and again`);
}

/** The version that a client of the fingerprint goes on with, or the next number. */
export function chooseVersion(
  versions: readonly StoredVersion[],
  { fingerprint, replaces }: VersionRequest,
): DrawnVersion {
  const finished = finishedOf(versions);
  const isOpen = ({ version, state }: StoredVersion) => state === 'open' && version > (finished?.version ?? 0);
  const open = versions.find((version) => isOpen(version) && version.fingerprint === fingerprint);
  const next = { status: 'drawn', version: (versions[0]?.version ?? 0) + 1, isNew: true } as const;
  if (finished !== undefined && !replaces) {
    const undone = isUndo(finished);
    // A version that chunks without a number have started has no fingerprint: its chunks tell by themselves what they are.
    const isSame = finished.fingerprint === '' || finished.fingerprint === fingerprint;
    if (undone || !isSame) return { status: 'exists', undone };
    return { status: 'drawn', version: finished.version, isNew: false };
  }
  return open === undefined ? next : { status: 'drawn', version: open.version, isNew: false };
}

/** Adds the version unless there is one as great. All versions have the receipt of the first. */
function insertVersion(
  db: D1Database,
  { uid, importId, version }: VersionKey,
  fingerprint: string,
  nowMs: number,
): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO import_versions (uid, import_id, version, state, fingerprint, received_at_ms, used_at_ms)
       SELECT ?1, ?2, ?3, 'open', ?4, COALESCE(MIN(received_at_ms), ?5), ?5 FROM import_versions WHERE uid = ?1 AND import_id = ?2
       HAVING COALESCE(MAX(version), 0) < ?3`,
    )
    .bind(uid, importId, version, fingerprint, nowMs);
}

/** Whether a greater version is finished, so that version `v` counts no more. Parameters 1 and 2: uid, importId. */
export function isSupersededSql(version: string): string {
  return `EXISTS (SELECT 1 FROM import_versions g WHERE g.uid = ?1 AND g.import_id = ?2 AND g.version > ${version} AND g.state = 'finished')`;
}

/** Whether the version may be finished with `?4` chunks. Parameters 1 to 4: uid, importId, version, number of chunks. */
const IS_READY = `EXISTS (SELECT 1 FROM import_versions v WHERE v.uid = ?1 AND v.import_id = ?2 AND v.version = ?3 AND v.state = 'open')
  AND NOT ${isSupersededSql('?3')}
  AND (SELECT COUNT(*) FROM import_chunks c WHERE c.uid = ?1 AND c.import_id = ?2 AND c.version = ?3 AND c.verdict <> '' AND c.chunk < ?4) = ?4
  AND NOT EXISTS (SELECT 1 FROM import_chunks c WHERE c.uid = ?1 AND c.import_id = ?2 AND c.version = ?3 AND c.verdict <> '' AND c.chunk >= ?4)`;

/** The version whose segments count until this one is finished; null when there is none. */
const BEFORE = `(SELECT MAX(s.import_version) FROM segments s
  WHERE s.uid = ?1 AND s.import_id = ?2 AND s.import_version < ?3 AND s.superseded_seq IS NULL)`;
const LATEST_SUPERSESSION = '(SELECT MAX(x.supersession_seq) FROM supersessions x WHERE x.uid = ?1)';

/** Makes the version count in place of the one before. False when it was not open and whole. */
export async function finishVersion(
  db: D1Database,
  key: VersionKey,
  { chunks, copies }: { readonly chunks: number; readonly copies: number },
  nowMs: number,
): Promise<boolean> {
  const results = await db.batch(finishStatements(db, key, { chunks, copies }, nowMs));
  return results.at(-1)!.meta.changes > 0;
}

/** Takes the import back by a finished version without chunks. False when there is nothing to take back. */
export async function undoImport(db: D1Database, key: ImportKey, nowMs: number): Promise<boolean> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const versions = await readVersions(db, key);
    const finished = finishedOf(versions);
    const isOpen = versions.some(({ version, state }) => state === 'open' && version > (finished?.version ?? 0));
    if (!isOpen && (finished === undefined || isUndo(finished))) return false;
    const version = versions[0]!.version + 1;
    const results = await db.batch([
      insertVersion(db, { ...key, version }, '', nowMs),
      ...finishStatements(db, { ...key, version }, { chunks: 0, copies: 0 }, nowMs),
    ]);
    if (results.at(-1)!.meta.changes > 0) return true;
  }
  throw new Error(`versions of import ${key.importId} are drawn by others again and again`);
}

function finishStatements(
  db: D1Database,
  { uid, importId, version }: VersionKey,
  { chunks, copies }: { readonly chunks: number; readonly copies: number },
  nowMs: number,
): D1PreparedStatement[] {
  const guarded = (sql: string, ...values: (string | number)[]) =>
    db.prepare(sql.replace('IS_READY', IS_READY)).bind(uid, importId, version, chunks, ...values);
  return [
    guarded(
      `INSERT INTO supersessions (uid, import_id, version, at_ms) SELECT ?1, ?2, ${BEFORE}, ?5 WHERE ${BEFORE} IS NOT NULL AND IS_READY`,
      nowMs,
    ),
    guarded(
      `INSERT INTO superseded_days (uid, day, superseded_seq)
       SELECT d.uid, d.day, ${LATEST_SUPERSESSION} FROM import_days d
       WHERE d.uid = ?1 AND d.import_id = ?2 AND d.version = ${BEFORE} AND d.day >= ${LAKE_DROPPED} AND IS_READY
       ON CONFLICT (uid, day) DO UPDATE SET superseded_seq = excluded.superseded_seq`,
    ),
    ...linkStatements(guarded, importLinkSource(importId, version), importLinkSource(importId, '')),
    guarded(
      `UPDATE segments SET superseded_seq = ${LATEST_SUPERSESSION}
       WHERE uid = ?1 AND import_id = ?2 AND import_version < ?3 AND superseded_seq IS NULL AND IS_READY`,
    ),
    guarded(
      `INSERT INTO segments (uid, incarnation, seq_from, seq_to, source, path, row_count, size_bytes, at_min_ms, at_max_ms,
         content_hash, footer, import_id, import_version)
       SELECT w.uid, ${importIncarnationSql('w.import_id', 'w.version', 'w.chunk')}, 0, w.row_count, 'import', w.path, w.row_count,
         w.size_bytes, w.at_min_ms, w.at_max_ms, w.content_hash, w.footer, w.import_id, w.version
       FROM waiting_segments w WHERE w.uid = ?1 AND w.import_id = ?2 AND w.version = ?3 AND IS_READY ORDER BY w.chunk`,
    ),
    guarded(
      `INSERT INTO segment_days (uid, day, manifest_seq, row_count, uncounted)
       SELECT s.uid, j.value ->> 'day', s.manifest_seq, j.value ->> 'rowCount', j.value ->> 'uncounted'
       FROM waiting_segments w JOIN segments s ON s.uid = w.uid AND s.path = w.path, json_each(w.days) j
       WHERE w.uid = ?1 AND w.import_id = ?2 AND w.version = ?3 AND IS_READY`,
    ),
    ...forgetStatements(guarded, nowMs),
    guarded(
      `UPDATE import_versions SET state = 'finished', chunk_count = ?4, copies = ?5, finished_at_ms = ?6
       WHERE uid = ?1 AND import_id = ?2 AND version = ?3 AND IS_READY`,
      copies,
      nowMs,
    ),
  ];
}

type Guarded = (sql: string, ...values: (string | number)[]) => D1PreparedStatement;

/** Marks the links of the version before as undone, under new positions, and adds those of this one. */
function linkStatements(guarded: Guarded, source: string, sourcePrefix: string): D1PreparedStatement[] {
  return [
    guarded(
      `INSERT OR REPLACE INTO links (uid, kind, from_hash, to_hash, at_ms, source, undone)
       SELECT l.uid, l.kind, l.from_hash, l.to_hash, l.at_ms, l.source, 1 FROM links l
       WHERE l.uid = ?1 AND l.source = ?5 || ${BEFORE} AND l.undone = 0 AND IS_READY ORDER BY l.link_seq`,
      sourcePrefix,
    ),
    guarded(
      `INSERT INTO links (uid, kind, from_hash, to_hash, at_ms, source)
       SELECT w.uid, w.kind, w.from_hash, w.to_hash, w.at_ms, ?5 FROM waiting_links w
       WHERE w.uid = ?1 AND w.import_id = ?2 AND w.version = ?3 AND IS_READY`,
      source,
    ),
  ];
}

/** Takes away what waits, of this version and of those before, which nobody can finish any more. */
function forgetStatements(guarded: Guarded, nowMs: number): D1PreparedStatement[] {
  const waiting = (table: string) =>
    guarded(`DELETE FROM ${table} WHERE uid = ?1 AND import_id = ?2 AND version <= ?3 AND IS_READY`);
  return [
    guarded(
      `INSERT OR IGNORE INTO garbage (path, after_ms)
       SELECT j.value, ?5 FROM waiting_segments w, json_each(json_array(w.ids_path, IIF(w.version < ?3, w.path, NULL))) j
       WHERE w.uid = ?1 AND w.import_id = ?2 AND w.version <= ?3 AND j.value IS NOT NULL AND IS_READY`,
      afterScans(nowMs),
    ),
    waiting('waiting_segments'),
    waiting('waiting_links'),
    guarded(
      `DELETE FROM import_days WHERE uid = ?1 AND import_id = ?2 AND version < ?3 AND IS_READY AND version IN (
         SELECT o.version FROM import_versions o WHERE o.uid = ?1 AND o.import_id = ?2 AND o.state = 'open')`,
    ),
    guarded(
      `UPDATE import_versions SET state = 'dropped'
       WHERE uid = ?1 AND import_id = ?2 AND version < ?3 AND state = 'open' AND IS_READY`,
    ),
  ];
}

/** An open version that had no new chunk since. */
export interface IdleVersion extends VersionKey {
  readonly usedAtMs: number;
}

export async function findIdleVersions(db: D1Database, usedBeforeMs: number, countMax: number): Promise<IdleVersion[]> {
  const { results } = await db
    .prepare(
      `SELECT uid, import_id AS importId, version, used_at_ms AS usedAtMs FROM import_versions
       WHERE state = 'open' AND used_at_ms < ?1 LIMIT ?2`,
    )
    .bind(usedBeforeMs, countMax)
    .all<IdleVersion>();
  return results;
}

/** Drops the version unless it was used meanwhile. Its rows were in no answer. */
export async function dropVersion(
  db: D1Database,
  { uid, importId, version, usedAtMs }: IdleVersion,
  nowMs: number,
): Promise<boolean> {
  const isIdle = `EXISTS (SELECT 1 FROM import_versions v WHERE v.uid = ?1 AND v.import_id = ?2 AND v.version = ?3
    AND v.state = 'open' AND v.used_at_ms = ?4)`;
  const key = [uid, importId, version, usedAtMs] as const;
  const ofVersion = 'uid = ?1 AND import_id = ?2 AND version = ?3';
  const results = await db.batch([
    throwAwayFound(
      db,
      `SELECT j.value, ?5 FROM waiting_segments w, json_each(json_array(w.path, w.ids_path)) j
       WHERE w.uid = ?1 AND w.import_id = ?2 AND w.version = ?3 AND j.value IS NOT NULL AND ${isIdle}`,
      ...key,
      nowMs,
    ),
    ...['waiting_segments', 'waiting_links', 'import_days'].map((table) =>
      db.prepare(`DELETE FROM ${table} WHERE ${ofVersion} AND ${isIdle}`).bind(...key),
    ),
    db.prepare(`UPDATE import_versions SET state = 'dropped' WHERE ${ofVersion} AND ${isIdle}`).bind(...key),
  ]);
  return results.at(-1)!.meta.changes > 0;
}
