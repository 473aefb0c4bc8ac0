/** Status store: the SQL that tells how imports stand. */
import type { ImportStatus, ImportVersion, ListedImport, ListPosition } from '../../core/event/import.ts';
import { dayText } from '../../core/std/day.ts';
import {
  finishedOf,
  type ImportKey,
  isUndo,
  type StoredVersion,
  selectVersions,
  VERSION_COLUMNS,
  type VersionKey,
} from './version-store.ts';

interface DayRow {
  readonly version: number;
  readonly day: number;
  readonly rows: number;
  readonly isOpen: number;
}

interface CountRow {
  readonly version: number;
  readonly chunks: number;
  readonly rows: number;
}

/** The status, and the days that are not sealed as the import stands now. Null when there is no such import. */
export async function readImport(
  db: D1Database,
  { uid, importId }: ImportKey,
): Promise<{ readonly status: ImportStatus; readonly open: readonly number[] } | null> {
  const [versions, counts, days] = await db.batch<unknown>([
    selectVersions(db, { uid, importId }),
    db.prepare(COUNTS).bind(uid, importId),
    db.prepare(DAYS).bind(uid, importId),
  ]);
  const stored = versions!.results as StoredVersion[];
  if (stored.length === 0) return null;
  const told = toldVersions(stored, counts!.results as CountRow[]);
  const finished = finishedOf(stored);
  const shown = told.find(({ version }) => version === finished?.version) ?? told[0]!;
  const touched = daysOf(shown, days!.results as DayRow[]);
  const open = touched.flatMap(({ day, sealed }) => (sealed ? [] : [day]));
  const { version, state, chunks, rows, copies } = shown;
  return {
    status: {
      importId,
      version,
      state,
      undone: finished !== undefined && isUndo(finished),
      chunks,
      rows,
      copies,
      days: touched.map(({ day, ...rest }) => ({ day: dayText(day), ...rest })),
      sealed: touched.length - open.length,
      of: touched.length,
      versions: told,
    },
    open,
  };
}

const COUNT_COLUMNS = "version, COUNT(*) AS chunks, COALESCE(SUM(verdict ->> 'accepted'), 0) AS rows";
/** Parameters: uid, importId. */
const COUNTS = `SELECT ${COUNT_COLUMNS} FROM import_chunks
  WHERE uid = ?1 AND import_id = ?2 AND verdict <> '' GROUP BY version`;

/**
 * The days of finished versions. A day is open while its seal does not count, or while a segment of the import that counts is
 * not in it. Parameters: uid, importId.
 */
const DAYS = `
  SELECT i.version, i.day, i.row_count AS rows,
    (d.day IS NOT NULL AND c.day IS NULL) OR EXISTS (
      SELECT 1 FROM segment_days sd JOIN segments s ON s.manifest_seq = sd.manifest_seq
      WHERE sd.uid = ?1 AND sd.day = i.day AND sd.manifest_seq > COALESCE(c.covered_seq, 0)
        AND s.import_id = ?2 AND s.superseded_seq IS NULL) AS isOpen
  FROM import_versions v JOIN import_days i ON i.uid = v.uid AND i.import_id = v.import_id AND i.version = v.version
  LEFT JOIN sealed_days d ON d.uid = ?1 AND d.day = i.day
  LEFT JOIN counting_seals c ON c.uid = ?1 AND c.day = i.day
  WHERE v.uid = ?1 AND v.import_id = ?2 AND v.state = 'finished' ORDER BY i.day, i.version`;

/** The days of the version, and those of versions before it, from which its finish took their rows. */
function daysOf({ version, state }: ImportVersion, rows: readonly DayRow[]) {
  const days = new Map<number, { day: number; rows: number; sealed: boolean }>();
  if (state !== 'finished') return [];
  for (const row of rows) {
    const isOwn = row.version === version;
    const known = days.get(row.day);
    days.set(row.day, {
      day: row.day,
      rows: (known?.rows ?? 0) + (isOwn ? row.rows : 0),
      sealed: row.isOpen === 0,
    });
  }
  return [...days.values()].filter(({ rows, sealed }) => rows > 0 || !sealed);
}

function toldVersions(stored: readonly StoredVersion[], counts: readonly CountRow[]): ImportVersion[] {
  const finished = finishedOf(stored);
  const byVersion = new Map(counts.map((count) => [count.version, count]));
  return stored.map(({ version, state, fingerprint, copies }) => ({
    version,
    state,
    fingerprint,
    counts: version === finished?.version && !isUndo(finished),
    chunks: byVersion.get(version)?.chunks ?? 0,
    rows: (byVersion.get(version)?.rows ?? 0) - copies,
    copies,
  }));
}

/** The first chunks of `count` that are not stored. */
export async function findMissing(
  db: D1Database,
  { uid, importId, version }: VersionKey,
  count: number,
): Promise<number[]> {
  const { results } = await db
    .prepare(
      `SELECT chunk FROM import_chunks WHERE uid = ?1 AND import_id = ?2 AND version = ?3 AND verdict <> '' AND chunk < ?4`,
    )
    .bind(uid, importId, version, count)
    .all<{ chunk: number }>();
  const stored = new Set(results.map(({ chunk }) => chunk));
  const missing: number[] = [];
  for (let chunk = 0; chunk < count && missing.length < MISSING_TOLD_MAX; chunk++) {
    if (!stored.has(chunk)) missing.push(chunk);
  }
  return missing;
}

const MISSING_TOLD_MAX = 20;

/** The number of the last stored chunk, plus 1; 0 when none is stored. */
export async function countChunks(db: D1Database, { uid, importId, version }: VersionKey): Promise<number> {
  const count = await db
    .prepare(
      `SELECT COALESCE(MAX(chunk) + 1, 0) AS count FROM import_chunks
       WHERE uid = ?1 AND import_id = ?2 AND version = ?3 AND verdict <> ''`,
    )
    .bind(uid, importId, version)
    .first<number>('count');
  return count ?? 0;
}

type Listed<T> = T & { readonly importId: string };

/** Imports by their first start, the newest first. */
export async function listImports(
  db: D1Database,
  uid: string,
  before: ListPosition | null,
  countMax: number,
): Promise<ListedImport[]> {
  const { results: starts } = await db
    .prepare(
      `SELECT v.import_id AS importId, v.received_at_ms AS startedAtMs FROM import_versions v
       WHERE v.uid = ?1 AND v.version = 1 AND (v.received_at_ms, v.import_id) < (?2, ?3)
       ORDER BY v.received_at_ms DESC, v.import_id DESC LIMIT ?4`,
    )
    .bind(uid, before?.startedAtMs ?? Number.MAX_SAFE_INTEGER, before?.importId ?? '', countMax)
    .all<{ importId: string; startedAtMs: number }>();
  const ids = JSON.stringify(starts.map(({ importId }) => importId));
  const [versions, counts] = await db.batch<unknown>([
    db
      .prepare(
        `SELECT import_id AS importId, ${VERSION_COLUMNS} FROM import_versions
         WHERE uid = ?1 AND import_id IN (SELECT value FROM json_each(?2)) ORDER BY version DESC`,
      )
      .bind(uid, ids),
    db
      .prepare(
        `SELECT import_id AS importId, ${COUNT_COLUMNS} FROM import_chunks
         WHERE uid = ?1 AND import_id IN (SELECT value FROM json_each(?2)) AND verdict <> '' GROUP BY import_id, version`,
      )
      .bind(uid, ids),
  ]);
  const versionsOf = Map.groupBy(versions!.results as Listed<StoredVersion>[], ({ importId }) => importId);
  const countsOf = Map.groupBy(counts!.results as Listed<CountRow>[], ({ importId }) => importId);
  return starts.map(({ importId, startedAtMs }) => {
    const stored = versionsOf.get(importId)!;
    const finished = finishedOf(stored);
    const [newest] = toldVersions(stored, countsOf.get(importId) ?? []);
    return { importId, startedAtMs, undone: finished !== undefined && isUndo(finished), newest: newest! };
  });
}
