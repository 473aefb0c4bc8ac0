/**
 * Chunk store: the SQL of the chunks of an import, until their version is finished.
 *
 * A row of `import_chunks` without a verdict is a chunk on its way: its `started_at_ms` is the clock of every try. The
 * verdict is written in the batch of what waits, and only while the chunk has none (CORRECTNESS C2).
 */
import type { ImportChunk, ImportStart, ImportState, ImportVerdict } from '../../core/event/import.ts';
import type { Link } from '../../core/people/links.ts';
import { afterScans, throwAwayFound } from '../manifest/garbage.ts';
import { type PlacedSegment, segmentDaysJson, segmentValues } from '../manifest/segment-rows.ts';
import type { NamesToKeep } from '../names/keep-names.ts';
import { jsonParameters } from '../std/json-parameters.ts';
import { isSupersededSql, type VersionKey } from './version-store.ts';

interface ChunkRow {
  readonly state: ImportState;
  readonly isSuperseded: number;
  readonly receivedAtMs: number;
  /** Null when the chunk could not be noted: its version is not open. */
  readonly contentHash: string | null;
  readonly verdict: string | null;
  readonly startedAtMs: number | null;
}

/** Notes the chunk, once, and version 1 with the first of its chunks. Returns the times of its first try, or its verdict. */
export async function startChunk(db: D1Database, chunk: ImportChunk, nowMs: number): Promise<ImportStart> {
  const { uid, importId, version, contentHash } = chunk;
  const [, , , known] = await db.batch<unknown>([
    db
      .prepare(
        `INSERT INTO import_versions (uid, import_id, version, state, fingerprint, received_at_ms, used_at_ms)
         SELECT ?1, ?2, 1, 'open', '', ?4, ?4 WHERE ?3 = 1
         AND NOT EXISTS (SELECT 1 FROM import_versions v WHERE v.uid = ?1 AND v.import_id = ?2)`,
      )
      .bind(uid, importId, version, nowMs),
    db
      .prepare(
        `INSERT OR IGNORE INTO import_chunks (uid, import_id, version, chunk, content_hash, verdict, started_at_ms)
         SELECT ?1, ?2, ?3, ?4, ?5, '', ?6 WHERE ${IS_OPEN}`,
      )
      .bind(uid, importId, version, chunk.chunk, contentHash, nowMs),
    db
      .prepare(
        `UPDATE import_versions SET used_at_ms = MAX(used_at_ms, ?4)
         WHERE uid = ?1 AND import_id = ?2 AND version = ?3 AND state = 'open'`,
      )
      .bind(uid, importId, version, nowMs),
    db
      .prepare(
        `SELECT v.state, ${isSupersededSql('?3')} AS isSuperseded, v.received_at_ms AS receivedAtMs,
           c.content_hash AS contentHash, c.verdict, c.started_at_ms AS startedAtMs
         FROM import_versions v LEFT JOIN import_chunks c
           ON c.uid = v.uid AND c.import_id = v.import_id AND c.version = v.version AND c.chunk = ?4
         WHERE v.uid = ?1 AND v.import_id = ?2 AND v.version = ?3`,
      )
      .bind(uid, importId, version, chunk.chunk),
  ]);
  return startOf((known!.results as ChunkRow[])[0], contentHash);
}

function startOf(row: ChunkRow | undefined, contentHash: string): ImportStart {
  if (row === undefined) return { status: 'unknown' };
  if (row.isSuperseded === 1) return { status: 'superseded' };
  if (row.contentHash === null) return { status: 'closed' };
  if (row.contentHash !== contentHash) return { status: 'conflict' };
  if (row.verdict !== '') return { status: 'kept', verdict: JSON.parse(row.verdict!) };
  if (row.state !== 'open') return { status: 'closed' };
  return { status: 'new', receivedAtMs: row.receivedAtMs, startedAtMs: row.startedAtMs! };
}

/** Whether the version takes chunks. Parameters 1 to 3: uid, importId, version. */
const IS_OPEN = `EXISTS (SELECT 1 FROM import_versions v WHERE v.uid = ?1 AND v.import_id = ?2 AND v.version = ?3 AND v.state = 'open')
  AND NOT ${isSupersededSql('?3')}`;
/** Whether the chunk has no verdict and its version takes it. Parameters 1 to 4: uid, importId, version, chunk. */
const IS_NEW = `${IS_OPEN} AND EXISTS (SELECT 1 FROM import_chunks c
  WHERE c.uid = ?1 AND c.import_id = ?2 AND c.version = ?3 AND c.chunk = ?4 AND c.verdict = '')`;

export interface StoredChunk {
  /** Null when no event of the chunk was accepted. */
  readonly segment: PlacedSegment | null;
  /** The file with the ids that the sender gave; null when it gave none. */
  readonly idsPath: string | null;
  readonly links: readonly Link[];
  /** Names that the events of the chunk bring. */
  readonly names: NamesToKeep;
  readonly verdict: ImportVerdict;
}

/**
 * Writes what waits and the verdict, in one batch. False when the chunk had a verdict already, or its version takes no
 * chunks any more: then nothing was written but names.
 */
export async function storeChunk(
  db: D1Database,
  { uid, importId, version, chunk }: ImportChunk,
  { segment, idsPath, links, names, verdict }: StoredChunk,
): Promise<boolean> {
  const key = [uid, importId, version, chunk] as const;
  const results = await db.batch([
    ...names.statements,
    ...(segment === null ? [] : waitStatements(db, key, segment, idsPath)),
    ...linkStatements(db, key, links),
    db
      .prepare(
        `UPDATE import_chunks SET verdict = ?5
         WHERE uid = ?1 AND import_id = ?2 AND version = ?3 AND chunk = ?4 AND ${IS_NEW}`,
      )
      .bind(...key, JSON.stringify(verdict)),
  ]);
  names.remember();
  return results.at(-1)!.meta.changes > 0;
}

type Key = readonly [uid: string, importId: string, version: number, chunk: number];

function waitStatements(
  db: D1Database,
  key: Key,
  segment: PlacedSegment,
  idsPath: string | null,
): D1PreparedStatement[] {
  const days = segmentDaysJson(segment.encoded);
  return [
    db
      .prepare(
        `INSERT INTO waiting_segments (uid, import_id, version, chunk, path, row_count, size_bytes, at_min_ms, at_max_ms,
           content_hash, footer, days, ids_path)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13 WHERE ${IS_NEW}`,
      )
      .bind(...key, segment.path, ...segmentValues(segment), days, idsPath),
    db
      .prepare(
        `INSERT INTO import_days (uid, import_id, version, day, row_count)
         SELECT ?1, ?2, ?3, j.value ->> 'day', j.value ->> 'rowCount' FROM json_each(?5) j WHERE ${IS_NEW}
         ON CONFLICT (uid, import_id, version, day) DO UPDATE SET row_count = row_count + excluded.row_count`,
      )
      .bind(...key, days),
  ];
}

/** Upper bound of one link as JSON. */
const LINK_SIZE_BYTES = 100;

function linkStatements(db: D1Database, key: Key, links: readonly Link[]): D1PreparedStatement[] {
  return jsonParameters(links, () => LINK_SIZE_BYTES).map((json) =>
    db
      .prepare(
        `INSERT INTO waiting_links (uid, import_id, version, kind, from_hash, to_hash, at_ms)
         SELECT ?1, ?2, ?3, j.value ->> 'kind', j.value ->> 'from', j.value ->> 'to', j.value ->> 'atMs' FROM json_each(?5) j
         WHERE ${IS_NEW}
         ON CONFLICT (uid, import_id, version, kind, from_hash, to_hash) DO UPDATE SET at_ms = MIN(at_ms, excluded.at_ms)`,
      )
      .bind(...key, json),
  );
}

/** A chunk that waits, as the comparison of ids reads it. */
export interface WaitingSegment {
  readonly chunk: number;
  readonly path: string;
  readonly sizeBytes: number;
  readonly rowCount: number;
  readonly idsPath: string | null;
}

/** The chunks of the version that wait, in their order. */
export async function readWaiting(db: D1Database, { uid, importId, version }: VersionKey): Promise<WaitingSegment[]> {
  const { results } = await db
    .prepare(
      `SELECT chunk, path, size_bytes AS sizeBytes, row_count AS rowCount, ids_path AS idsPath FROM waiting_segments
       WHERE uid = ?1 AND import_id = ?2 AND version = ?3 ORDER BY chunk`,
    )
    .bind(uid, importId, version)
    .all<WaitingSegment>();
  return results;
}

/** Puts another file in the place of one that waits; null when none of its rows stays. */
export async function replaceWaiting(
  db: D1Database,
  { uid, importId, version }: VersionKey,
  { chunk, path }: WaitingSegment,
  segment: PlacedSegment | null,
  nowMs: number,
): Promise<void> {
  const stillWaits = `EXISTS (SELECT 1 FROM waiting_segments w
    WHERE w.uid = ?1 AND w.import_id = ?2 AND w.version = ?3 AND w.chunk = ?4 AND w.path = ?5)`;
  const key = [uid, importId, version, chunk, path] as const;
  const days = segment === null ? '[]' : segmentDaysJson(segment.encoded);
  const [rowCount, sizeBytes, atMinMs, atMaxMs, contentHash, footer] = segment === null ? [] : segmentValues(segment);
  await db.batch([
    throwAwayFound(db, `SELECT ?5, ?6 WHERE ${stillWaits}`, ...key, afterScans(nowMs)),
    db
      .prepare(
        `UPDATE import_days SET row_count = row_count
           - COALESCE((SELECT j.value ->> 'rowCount' FROM waiting_segments w, json_each(w.days) j WHERE w.uid = ?1 AND w.import_id = ?2
               AND w.version = ?3 AND w.chunk = ?4 AND j.value ->> 'day' = import_days.day), 0)
           + COALESCE((SELECT j.value ->> 'rowCount' FROM json_each(?6) j WHERE j.value ->> 'day' = import_days.day), 0)
         WHERE uid = ?1 AND import_id = ?2 AND version = ?3 AND ${stillWaits}`,
      )
      .bind(...key, days),
    segment === null
      ? db
          .prepare(
            'DELETE FROM waiting_segments WHERE uid = ?1 AND import_id = ?2 AND version = ?3 AND chunk = ?4 AND path = ?5',
          )
          .bind(...key)
      : db
          .prepare(
            `UPDATE waiting_segments SET path = ?6, row_count = ?7, size_bytes = ?8, at_min_ms = ?9, at_max_ms = ?10,
               content_hash = ?11, footer = ?12, days = ?13
             WHERE uid = ?1 AND import_id = ?2 AND version = ?3 AND chunk = ?4 AND path = ?5`,
          )
          .bind(...key, segment.path, rowCount!, sizeBytes!, atMinMs!, atMaxMs!, contentHash!, footer!, days),
  ]);
}
