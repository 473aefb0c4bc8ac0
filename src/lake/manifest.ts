/**
 * Manifest: the D1 tables that list segments and parts; the only truth about the lake.
 *
 * in: flushes from the sink (`storeFlush`), import chunks and seals (their own files) · out: what counts for a range of days.
 *
 * Rules that bind every reader (CORRECTNESS A5, B2, B3):
 * - the L1 segments that count for a day are those of `sealed_days.revision`, nothing else;
 * - an L0 or import segment counts for a day when its `manifest_seq` is above the day's `covered_seq`;
 * - a part counts for a day when its `seq_from` is at or above the day's vector for its incarnation;
 * - deletes are only garbage collection, so nothing here depends on what was or was not deleted.
 *
 * A flush row is never deleted: it is what makes a redelivery, however late, a no-op.
 */
import { DAY_MS } from '../core/limits.ts';
import type { Link } from '../core/people/links.ts';
import { assert, InvariantError } from '../core/result.ts';
import type { FlushPart, FlushRef, Tally } from '../core/rpc.ts';
import { fromBase64, toBase64 } from './base64.ts';
import { DAY_MAX, DAY_MIN, type Dropped, droppedOf, LAKE_DROPPED, selectDropped } from './dropped.ts';
import { packFooter, unpackFooter } from './footer.ts';
import { jsonParameters } from './json-parameters.ts';
import { insertLinks } from './link-store.ts';
import type { EncodedSegment } from './segment-write.ts';

export type SegmentSourceKind = 'flush' | 'import' | 'seal';

/** A segment as the manifest lists it, with the days for which its rows count in this reading. */
export interface LakeSegment {
  readonly manifestSeq: number;
  readonly path: string;
  readonly source: SegmentSourceKind;
  readonly incarnation: string;
  readonly seqFrom: number;
  readonly seqTo: number;
  /** Rollups every block of the flush was made under; empty for imports and seals. */
  readonly rollupIds: readonly string[];
  readonly rowCount: number;
  readonly sizeBytes: number;
  readonly atMinMs: number;
  readonly atMaxMs: number;
  readonly footer: Uint8Array | null;
  /** Ascending. Rows of other days in the file do not count. */
  readonly days: readonly { readonly day: number; readonly rowCount: number }[];
}

/** Incarnation → the seq below which the seal covers everything. */
export type SealVector = Readonly<Record<string, number>>;

export interface Drift {
  /** Events the day's parts counted, under the seal's vector. */
  readonly live: number;
  /** Events the seal counts. live − sealed = duplicates + expired − beyond − imported + rest. */
  readonly sealed: number;
  /** Further copies of an event, found by (id, partition key). */
  readonly duplicates: number;
  /** Events older than the allowed lateness, in no part. */
  readonly beyond: number;
  readonly imported: number;
  /** Events left out because retention had dropped their names; absent: none. */
  readonly expired?: number;
  /** What none of them explains: must be 0. */
  readonly rest: number;
}

export interface SealedDay {
  readonly day: number;
  readonly revision: number;
  /** Segments of the day with a manifest_seq above it are not in the seal. */
  readonly coveredSeq: number;
  readonly vector: SealVector;
  readonly rollupIds: readonly string[];
  readonly events: number;
  readonly people: number;
  readonly drift: Drift;
  readonly sealedAtMs: number;
  /** Names of events that had expired when the day was sealed: it holds none of them. */
  readonly expired: readonly string[];
}

/** A segment of a day that no seal covers yet: what makes the day dirty. */
export interface UncoveredSegment {
  readonly day: number;
  readonly source: 'flush' | 'import';
  readonly incarnation: string;
  readonly seqFrom: number;
  readonly seqTo: number;
  readonly rollupIds: readonly string[];
  /** Rows of this day. */
  readonly rowCount: number;
  /** Of them, those in no part: imports, and events beyond the allowed lateness. */
  readonly uncounted: number;
}

export interface StoredPart {
  readonly incarnation: string;
  readonly seqFrom: number;
  readonly seqTo: number;
  readonly dayMin: number;
  readonly dayMax: number;
  readonly overflowed: boolean;
  /** Late corrections in the whole flush; the same number in each of its parts. */
  readonly corrections: number;
  /** Encoded RollupCells, minute windows; may hold windows of days that are covered: drop them by the day's vector. */
  readonly cells: Uint8Array;
}

export interface SealedCells {
  readonly day: number;
  readonly overflowed: boolean;
  /** Encoded RollupCells of one grain of the day's current revision. */
  readonly cells: Uint8Array;
}

export interface RangeReading {
  readonly dropped: Dropped;
  readonly days: readonly SealedDay[];
  readonly cells: readonly SealedCells[];
  readonly parts: readonly StoredPart[];
  readonly uncovered: readonly UncoveredSegment[];
}

/** An encoded segment and where `putSegment` put it. */
export interface PlacedSegment {
  readonly path: string;
  readonly encoded: EncodedSegment;
  /** Of the object that is there; another release may have written it (`PutOutcome`). */
  readonly sizeBytes: number;
  /** The object's bytes are those encoded here, so the footer describes them. */
  readonly isOurs: boolean;
}

/** An L1 file and, where it has events with traits, the file of those. */
export interface PlacedL1 extends PlacedSegment {
  readonly traits: PlacedSegment | null;
}

export interface FlushRecord {
  readonly uid: string;
  readonly flush: FlushRef;
  readonly checksum: string;
  readonly tally: Tally;
  readonly corrections: number;
  readonly rollupIds: readonly string[];
  readonly parts: readonly FlushPart[];
  /** Null: the flush accepted nothing (an account of rejections only). */
  readonly segment: PlacedSegment | null;
  /** What the flush's events say of ids that are one person. */
  readonly links?: readonly Link[];
  readonly nowMs: number;
}

/** `incarnation` of an import chunk is `importIncarnation(id, chunk)`. */
export function l0Path(uid: string, incarnation: string, seqFrom: number, seqTo: number): string {
  return `lake/v1/${uid}/l0/${incarnation}-${seqFrom}-${seqTo}.parquet`;
}

export function l1Path(uid: string, day: number, bucket: number, planHash: string): string {
  return `lake/v1/${uid}/date=${dayText(day)}/${bucket}-${planHash}.parquet`;
}

/** Of the file that holds the identify, group and alias events of an L1 file; whoever deletes one deletes both. */
export function traitsPath(path: string): string {
  return path.replace('/date=', '/traits/date=');
}

export function currentPath(uid: string): string {
  return `lake/v1/${uid}/current.json`;
}

/** `2010-12-01` of a day number. */
export function dayText(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** The day number of `2010-12-01`; null when it is no such date. */
export function parseDay(text: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const day = Date.parse(`${text}T00:00:00Z`) / DAY_MS;
  return Number.isInteger(day) && dayText(day) === text ? day : null;
}

/**
 * Stores one flush: parts, segment, days, links and the flush row, all or nothing.
 *
 * Redelivered, it does nothing, even if what it stored was collected meanwhile. An equal key with another `seqTo` or
 * checksum throws an InvariantError (CORRECTNESS A2).
 */
export async function storeFlush(db: D1Database, record: FlushRecord): Promise<void> {
  const { uid, flush, segment, links = [] } = record;
  assert(flush.seqTo > flush.seqFrom, `flush [${flush.seqFrom}, ${flush.seqTo}) of ${flush.incarnation} is empty`);
  const statements = partStatements(db, record);
  if (segment) statements.push(...flushSegmentStatements(db, record, segment));
  statements.push(...insertLinks(db, uid, flush.incarnation, links));
  statements.push(flushStatement(db, record));
  try {
    await db.batch(statements);
  } catch (cause) {
    if (!/flushes\.checksum/.test(String(cause))) throw cause;
    const { incarnation, seqFrom, seqTo } = flush;
    throw new InvariantError(
      `flush ${incarnation} [${seqFrom}, ${seqTo}) of ${uid} is stored with another end or checksum`,
      {
        cause,
      },
    );
  }
}

const FLUSH_IS_NEW = 'NOT EXISTS (SELECT 1 FROM flushes f WHERE f.uid = ?1 AND f.incarnation = ?2 AND f.seq_from = ?3)';

function partStatements(db: D1Database, record: FlushRecord): D1PreparedStatement[] {
  const { uid, flush, checksum, parts } = record;
  const rows = parts.map((part) => ({
    r: part.rollupId,
    c: part.chunk,
    a: Math.floor(part.startMsMin / DAY_MS),
    z: Math.floor(part.startMsMax / DAY_MS),
    o: part.overflowed ? 1 : 0,
    b: toBase64(part.cells),
  }));
  return jsonParameters(rows, (row) => row.b.length + 200).map((json) =>
    db
      .prepare(
        `INSERT INTO parts (uid, rollup_id, incarnation, seq_from, chunk, seq_to, day_min, day_max, overflowed, corrections, checksum, cells)
         SELECT ?1, j.value ->> 'r', ?2, ?3, j.value ->> 'c', ?4, j.value ->> 'a', j.value ->> 'z', j.value ->> 'o', ?5, ?6, j.value ->> 'b'
         FROM json_each(?7) j WHERE ${FLUSH_IS_NEW}`,
      )
      .bind(uid, flush.incarnation, flush.seqFrom, flush.seqTo, record.corrections, checksum, json),
  );
}

function flushSegmentStatements(
  db: D1Database,
  { uid, flush, rollupIds }: FlushRecord,
  segment: PlacedSegment,
): D1PreparedStatement[] {
  const { incarnation, seqFrom, seqTo } = flush;
  return [
    db
      .prepare(
        `INSERT INTO segments (uid, incarnation, seq_from, seq_to, source, path, rollup_ids, row_count, size_bytes, at_min_ms, at_max_ms, content_hash, footer)
         SELECT ?1, ?2, ?3, ?4, 'flush', ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12 WHERE ${FLUSH_IS_NEW}`,
      )
      .bind(uid, incarnation, seqFrom, seqTo, segment.path, JSON.stringify(rollupIds), ...segmentValues(segment)),
    db
      .prepare(`${INSERT_SEGMENT_DAYS} AND ${FLUSH_IS_NEW}`)
      .bind(uid, incarnation, seqFrom, segment.path, JSON.stringify(segment.encoded.days)),
  ];
}

/** Parameters: uid, incarnation, seqFrom, path, days. The manifest_seq is that of the segment row just written. */
export const INSERT_SEGMENT_DAYS = `INSERT INTO segment_days (uid, day, manifest_seq, row_count, uncounted)
  SELECT s.uid, j.value ->> 'day', s.manifest_seq, j.value ->> 'rowCount', j.value ->> 'uncounted'
  FROM segments s, json_each(?5) j WHERE s.uid = ?1 AND s.path = ?4 AND s.incarnation = ?2 AND s.seq_from = ?3`;

/** row_count, size_bytes, at_min_ms, at_max_ms, content_hash, footer. The footer of other bytes than ours is not kept. */
export function segmentValues({ encoded, sizeBytes, isOurs }: PlacedSegment): (string | number | null)[] {
  const { rowCount, atMinMs, atMaxMs, contentHash, footer } = encoded;
  return [rowCount, sizeBytes, atMinMs, atMaxMs, contentHash, isOurs ? packFooter(footer) : null];
}

/** Last of the batch. A conflicting row makes the batch fail on NOT NULL: nothing of it stays. */
function flushStatement(
  db: D1Database,
  { uid, flush, checksum, tally, corrections, nowMs }: FlushRecord,
): D1PreparedStatement {
  const { received, accepted, duplicate, quarantined, rejected } = tally;
  return db
    .prepare(
      `INSERT INTO flushes (uid, incarnation, seq_from, seq_to, checksum, received, accepted, duplicate, quarantined, rejected, corrections, stored_at_ms)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
       ON CONFLICT (uid, incarnation, seq_from) DO UPDATE SET checksum = NULL
       WHERE flushes.checksum <> excluded.checksum OR flushes.seq_to <> excluded.seq_to`,
    )
    .bind(
      uid,
      flush.incarnation,
      flush.seqFrom,
      flush.seqTo,
      checksum,
      received,
      accepted,
      duplicate,
      quarantined,
      rejected,
      corrections,
      nowMs,
    );
}

export interface RangeRequest {
  readonly uid: string;
  /** Null: no cells and no parts are wanted, only the state of the days. */
  readonly rollupId: string | null;
  /** Both inclusive. */
  readonly dayFrom: number;
  readonly dayTo: number;
  /** Grain of the sealed cells. */
  readonly grain: 'hour' | 'day';
  /** Days whose sealed cells are wanted by the hour although the grain is the day. */
  readonly hourDays?: readonly number[];
}

/** What is stored for a range of days, read in one transaction. Parts that a seal of their only day covers are left out. */
export async function readRange(db: D1Database, request: RangeRequest): Promise<RangeReading> {
  const { uid, rollupId, dayFrom, dayTo, grain, hourDays = [] } = request;
  const statements = [
    selectDropped(db, uid),
    selectSealedDays(db, uid, dayFrom, dayTo),
    selectUncovered(db, uid, dayFrom, dayTo),
  ];
  if (rollupId !== null) {
    statements.push(
      selectSealedCells(db, uid, rollupId, dayFrom, dayTo, grain, hourDays),
      selectParts(db, uid, rollupId, dayFrom, dayTo),
    );
  }
  const [dropped, days, uncovered, cells, parts] = await db.batch<unknown>(statements);
  return {
    dropped: droppedOf(dropped!),
    days: (days!.results as SealedDayRow[]).map(sealedDayOf),
    uncovered: (uncovered!.results as UncoveredRow[]).map((row) => ({ ...row, rollupIds: JSON.parse(row.rollupIds) })),
    cells: ((cells?.results ?? []) as CellsRow[]).map((row) => ({
      day: row.day,
      overflowed: row.overflowed === 1,
      cells: fromBase64(row.cells),
    })),
    parts: ((parts?.results ?? []) as PartRow[]).map(storedPartOf),
  };
}

export interface ScanPlan {
  readonly dropped: Dropped;
  readonly days: readonly SealedDay[];
  /** Ascending by manifestSeq. */
  readonly segments: readonly LakeSegment[];
}

/**
 * The segments whose rows count for a range of days, with footers. Flush segments beyond what the shards said to be
 * stored are the caller's to drop (CORRECTNESS A4).
 */
export async function readScanPlan(
  db: D1Database,
  {
    uid,
    dayFrom,
    dayTo,
    only,
  }: {
    readonly uid: string;
    readonly dayFrom: number;
    readonly dayTo: number;
    /** Events with traits at least: of sealed days the files of those, where there are such, instead of all events. */
    readonly only?: 'traits' | undefined;
  },
): Promise<ScanPlan> {
  const footer = only === undefined ? 's.footer' : 'IIF(s.traits_rows IS NULL, s.footer, s.traits_footer) AS footer';
  const [dropped, days, sealed, uncovered] = await db.batch<unknown>([
    selectDropped(db, uid),
    selectSealedDays(db, uid, dayFrom, dayTo),
    ...selectCounting(db, uid, dayFrom, dayTo, footer),
  ]);
  return {
    dropped: droppedOf(dropped!),
    days: (days!.results as SealedDayRow[]).map(sealedDayOf),
    segments: lakeSegmentsOf(sealed!, uncovered!, only === undefined ? (row) => row : traitsRowOf),
  };
}

/** The row as that of its file of traits; null: it has none. */
function traitsRowOf(row: SegmentRow): SegmentRow | null {
  if (row.traitsRows === null) return row;
  if (row.traitsRows === 0) return null;
  const [day] = JSON.parse(row.days) as [{ day: number }];
  return {
    ...row,
    path: traitsPath(row.path),
    rowCount: row.traitsRows,
    sizeBytes: row.traitsSizeBytes!,
    days: JSON.stringify([{ day: day.day, rowCount: row.traitsRows }]),
  };
}

/** All segments that count for the tenant now, without footers, and the greatest manifest_seq seen. */
export async function readCurrent(db: D1Database, uid: string): Promise<{ headSeq: number; segments: LakeSegment[] }> {
  const [head, sealed, uncovered] = await db.batch<unknown>([
    db.prepare('SELECT COALESCE(MAX(manifest_seq), 0) AS headSeq FROM segments'),
    ...selectCounting(db, uid, DAY_MIN, DAY_MAX, 'NULL AS footer'),
  ]);
  const [row] = head!.results as { headSeq: number }[];
  return { headSeq: row!.headSeq, segments: lakeSegmentsOf(sealed!, uncovered!, (each) => each) };
}

/** The two statements that tell what counts: L1 of the current revisions; segments no seal covers, with their days. */
function selectCounting(
  db: D1Database,
  uid: string,
  dayFrom: number,
  dayTo: number,
  footer: string,
): [D1PreparedStatement, D1PreparedStatement] {
  return [
    db
      .prepare(
        `SELECT ${SEGMENT_COLUMNS}, ${footer}, json_array(json_object('day', s.day, 'rowCount', s.row_count)) AS days
         FROM sealed_days d JOIN segments s ON s.uid = d.uid AND s.source = 'seal' AND s.day = d.day AND s.revision = d.revision
           AND s.path >= 'lake/v1/' || ?1 || '/date=' || date(d.day * 86400, 'unixepoch') || '/'
           AND s.path < 'lake/v1/' || ?1 || '/date=' || date(d.day * 86400, 'unixepoch') || '0'
         WHERE d.uid = ?1 AND d.day BETWEEN ?2 AND ?3 AND d.day >= ${LAKE_DROPPED}`,
      )
      .bind(uid, dayFrom, dayTo),
    db
      .prepare(
        `SELECT ${SEGMENT_COLUMNS}, ${footer}, json_group_array(json_object('day', sd.day, 'rowCount', sd.row_count)) AS days
         FROM segment_days sd JOIN segments s ON s.manifest_seq = sd.manifest_seq
         LEFT JOIN sealed_days d ON d.uid = sd.uid AND d.day = sd.day
         WHERE sd.uid = ?1 AND sd.day BETWEEN ?2 AND ?3 AND sd.manifest_seq > COALESCE(d.covered_seq, 0) AND sd.day >= ${LAKE_DROPPED}
         GROUP BY s.manifest_seq`,
      )
      .bind(uid, dayFrom, dayTo),
  ];
}

/** Ascending by manifestSeq. */
function lakeSegmentsOf(
  sealed: D1Result<unknown>,
  uncovered: D1Result<unknown>,
  sealedRowOf: (row: SegmentRow) => SegmentRow | null,
): LakeSegment[] {
  const rows = [
    ...(sealed.results as SegmentRow[]).flatMap((row) => sealedRowOf(row) ?? []),
    ...(uncovered.results as SegmentRow[]),
  ];
  return rows.map(lakeSegmentOf).sort((a, b) => a.manifestSeq - b.manifestSeq);
}

const SEGMENT_COLUMNS = `s.manifest_seq AS manifestSeq, s.path, s.source, s.incarnation, s.seq_from AS seqFrom, s.seq_to AS seqTo,
  s.rollup_ids AS rollupIds, s.row_count AS rowCount, s.size_bytes AS sizeBytes, s.at_min_ms AS atMinMs, s.at_max_ms AS atMaxMs,
  s.traits_rows AS traitsRows, s.traits_size_bytes AS traitsSizeBytes`;

interface SegmentRow {
  manifestSeq: number;
  path: string;
  source: SegmentSourceKind;
  incarnation: string;
  seqFrom: number;
  seqTo: number;
  rollupIds: string;
  rowCount: number;
  sizeBytes: number;
  atMinMs: number;
  atMaxMs: number;
  traitsRows: number | null;
  traitsSizeBytes: number | null;
  footer?: string | null;
  days: string;
}

function lakeSegmentOf({ traitsRows: _, traitsSizeBytes: __, ...row }: SegmentRow): LakeSegment {
  const days = (JSON.parse(row.days) as { day: number; rowCount: number }[]).sort((a, b) => a.day - b.day);
  const footer = row.footer ? unpackFooter(row.footer) : null;
  return { ...row, rollupIds: JSON.parse(row.rollupIds), days, footer };
}

export interface SealedDayRow {
  day: number;
  revision: number;
  coveredSeq: number;
  vector: string;
  rollupIds: string;
  events: number;
  people: number;
  drift: string;
  sealedAtMs: number;
  expired: string;
}

export function selectSealedDays(db: D1Database, uid: string, dayFrom: number, dayTo: number): D1PreparedStatement {
  return db
    .prepare(
      `SELECT day, revision, covered_seq AS coveredSeq, vector, rollup_ids AS rollupIds, events, people, drift, sealed_at_ms AS sealedAtMs, expired
       FROM sealed_days WHERE uid = ?1 AND day BETWEEN ?2 AND ?3 ORDER BY day`,
    )
    .bind(uid, dayFrom, dayTo);
}

export function sealedDayOf(row: SealedDayRow): SealedDay {
  const { vector, rollupIds, drift, expired, ...rest } = row;
  return {
    ...rest,
    vector: JSON.parse(vector),
    rollupIds: JSON.parse(rollupIds),
    drift: JSON.parse(drift),
    expired: JSON.parse(expired),
  };
}

type UncoveredRow = Omit<UncoveredSegment, 'rollupIds'> & { readonly rollupIds: string };

function selectUncovered(db: D1Database, uid: string, dayFrom: number, dayTo: number): D1PreparedStatement {
  return db
    .prepare(
      `SELECT sd.day, s.source, s.incarnation, s.seq_from AS seqFrom, s.seq_to AS seqTo, s.rollup_ids AS rollupIds,
         sd.row_count AS rowCount, sd.uncounted
       FROM segment_days sd JOIN segments s ON s.manifest_seq = sd.manifest_seq
       LEFT JOIN sealed_days d ON d.uid = sd.uid AND d.day = sd.day
       WHERE sd.uid = ?1 AND sd.day BETWEEN ?2 AND ?3 AND sd.manifest_seq > COALESCE(d.covered_seq, 0) AND sd.day >= ${LAKE_DROPPED}
       ORDER BY sd.day, sd.manifest_seq`,
    )
    .bind(uid, dayFrom, dayTo);
}

interface CellsRow {
  day: number;
  overflowed: number;
  cells: string;
}

function selectSealedCells(
  db: D1Database,
  uid: string,
  rollupId: string,
  dayFrom: number,
  dayTo: number,
  grain: 'hour' | 'day',
  hourDays: readonly number[],
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

interface PartRow {
  incarnation: string;
  seqFrom: number;
  seqTo: number;
  dayMin: number;
  dayMax: number;
  overflowed: number;
  corrections: number;
  cells: string;
}

function storedPartOf(row: PartRow): StoredPart {
  return { ...row, overflowed: row.overflowed === 1, cells: fromBase64(row.cells) };
}

/** Every part that may count for the range; those of one covered day are dropped here, the others by the reader. */
function selectParts(
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
