/**
 * Import store: all SQL of imports. A row of `imports` with an empty verdict is a chunk on its way: its `stored_at_ms` is
 * the receipt that every try of the chunk uses. The verdict is written in the batch of the segment.
 */
import type { ImportChunk, ImportStart, ImportStatus, ImportVerdict } from '../../core/event/import.ts';
import { MINUTE_MS } from '../../core/limits.ts';
import type { Link } from '../../core/people/links.ts';
import { dayText } from '../../core/std/day.ts';
import { assert } from '../../core/std/result.ts';
import type { NamesToKeep } from '../manifest/keep-names.ts';
import { insertLinks } from '../manifest/link-store.ts';
import { l0PathSql } from '../manifest/paths.ts';
import { INSERT_SEGMENT_DAYS, type PlacedSegment, segmentDaysJson, segmentValues } from '../manifest/segment-rows.ts';
import { waitForImport } from '../seal/dirty-days.ts';

/** An import without a new chunk for this long has ended, even if no call has said so. */
const IMPORT_QUIET_MS = 10 * MINUTE_MS;

/** The incarnation of a chunk's segment. Unambiguous, because the number follows the last hyphen. */
export function importIncarnation(importId: string, chunk: number): string {
  return `import-${importId}-${chunk}`;
}

/** The path of a stored chunk's segment, from its row `i` of `imports`. */
const CHUNK_PATH = l0PathSql('i.uid', "'import-' || i.import_id || '-' || i.chunk", '0', "(i.verdict ->> 'accepted')");

/** Notes the chunk, once. Returns the receipt of its first try, or its verdict when it has one. */
export async function startChunk(db: D1Database, chunk: ImportChunk, nowMs: number): Promise<ImportStart> {
  const key = [chunk.uid, chunk.importId, chunk.chunk] as const;
  const [, known] = await db.batch<{ contentHash: string; verdict: string; receivedAtMs: number }>([
    db
      .prepare(
        `INSERT OR IGNORE INTO imports (uid, import_id, chunk, content_hash, days, verdict, stored_at_ms)
         VALUES (?1, ?2, ?3, ?4, '{}', '', ?5)`,
      )
      .bind(...key, chunk.contentHash, nowMs),
    db
      .prepare(
        `SELECT content_hash AS contentHash, verdict, stored_at_ms AS receivedAtMs FROM imports
         WHERE uid = ?1 AND import_id = ?2 AND chunk = ?3`,
      )
      .bind(...key),
  ]);
  const row = known?.results[0];
  assert(row !== undefined, `chunk ${chunk.chunk} of import ${chunk.importId} was not written down`);
  if (row.contentHash !== chunk.contentHash) return { status: 'conflict' };
  if (row.verdict !== '') return { status: 'kept', verdict: JSON.parse(row.verdict) };
  return { status: 'new', receivedAtMs: row.receivedAtMs };
}

export interface StoredChunk {
  /** Null when no event of the chunk was accepted. */
  readonly segment: PlacedSegment | null;
  readonly links: readonly Link[];
  /** Names that the events of the chunk bring. */
  readonly names?: NamesToKeep;
  readonly verdict: ImportVerdict;
}

/** Writes names, segment, links and verdict in one batch. May be done twice, also at once. */
export async function storeChunk(
  db: D1Database,
  { uid, importId, chunk }: ImportChunk,
  { segment, links, names, verdict }: StoredChunk,
  nowMs: number,
): Promise<void> {
  const days = Object.fromEntries(segment?.encoded.days.map(({ day, rowCount }) => [day, rowCount]) ?? []);
  await db.batch([
    ...(names?.statements ?? []),
    ...(segment ? segmentStatements(db, uid, importIncarnation(importId, chunk), segment) : []),
    waitForImport(db, uid, Object.keys(days).map(Number), nowMs + IMPORT_QUIET_MS),
    ...insertLinks(db, uid, importIncarnation(importId, chunk), links),
    db
      .prepare(
        `UPDATE imports SET verdict = ?4, days = ?5, stored_at_ms = ?6
         WHERE uid = ?1 AND import_id = ?2 AND chunk = ?3 AND verdict = ''`,
      )
      .bind(uid, importId, chunk, JSON.stringify(verdict), JSON.stringify(days), nowMs),
  ]);
  names?.remember();
}

function segmentStatements(
  db: D1Database,
  uid: string,
  incarnation: string,
  segment: PlacedSegment,
): D1PreparedStatement[] {
  const { path, encoded } = segment;
  return [
    db
      .prepare(
        `INSERT INTO segments (uid, incarnation, seq_from, seq_to, source, path, row_count, size_bytes, at_min_ms, at_max_ms, content_hash, footer)
         VALUES (?1, ?2, 0, ?3, 'import', ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (uid, path) DO NOTHING`,
      )
      .bind(uid, incarnation, encoded.rowCount, path, ...segmentValues(segment)),
    db
      .prepare(`${INSERT_SEGMENT_DAYS} ON CONFLICT DO NOTHING`)
      .bind(uid, incarnation, 0, path, segmentDaysJson(encoded)),
  ];
}

/** Days of an import that are not sealed with all of it. */
export interface OpenDay {
  readonly day: number;
  /** The `manifest_seq` of the import's newest segment with rows of the day. */
  readonly manifestSeq: number;
}

/**
 * The progress of the import; null when no chunk of it is stored. A day is sealed when its seal covers every segment of
 * the import with rows of the day.
 */
export async function readImport(
  db: D1Database,
  uid: string,
  importId: string,
): Promise<{ readonly status: ImportStatus; readonly open: readonly OpenDay[] } | null> {
  const [totals, days] = await db.batch<unknown>([
    db
      .prepare(
        `SELECT COUNT(*) AS chunks, COALESCE(SUM(verdict ->> 'accepted'), 0) AS rows FROM imports
         WHERE uid = ?1 AND import_id = ?2 AND verdict <> ''`,
      )
      .bind(uid, importId),
    db
      .prepare(
        `SELECT j.key + 0 AS day, SUM(j.value) AS rows, MAX(s.manifest_seq) AS manifestSeq, MIN(COALESCE(d.covered_seq, 0) >= s.manifest_seq) AS sealed
         FROM imports i
         JOIN segments s ON s.uid = i.uid
           AND s.path = ${CHUNK_PATH}
         JOIN json_each(i.days) j
         LEFT JOIN sealed_days d ON d.uid = i.uid AND d.day = j.key + 0
         WHERE i.uid = ?1 AND i.import_id = ?2 AND i.verdict <> '' GROUP BY 1 ORDER BY 1`,
      )
      .bind(uid, importId),
  ]);
  const [{ chunks, rows }] = totals!.results as [{ chunks: number; rows: number }];
  if (chunks === 0) return null;
  const known = days!.results as (OpenDay & { readonly rows: number; readonly sealed: number })[];
  const touched = known.map(({ day, rows, sealed }) => ({ day: dayText(day), rows, sealed: sealed === 1 }));
  const open = known.filter(({ sealed }) => sealed === 0).map(({ day, manifestSeq }) => ({ day, manifestSeq }));
  const status = { chunks, rows, days: touched, sealed: touched.length - open.length, of: touched.length };
  return { status, open };
}
