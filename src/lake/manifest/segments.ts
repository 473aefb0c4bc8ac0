/**
 * Segments: the readings of the tables `segments` and `segment_days`: the files of the lake that count for a range of
 * days.
 *
 * With the other tables of this folder they are the manifest, the only truth about the lake. Rules that bind every reader
 * (CORRECTNESS A5, B2, B3):
 * - the L1 segments that count for a day are those of `sealed_days.revision`, nothing else;
 * - an L0 or import segment counts for a day when its `manifest_seq` is above the day's `covered_seq`, and it was not superseded;
 * - a seal of which something was superseded since does not count: its day is read from the files of its ground, which no undo
 *   touches, and the segments beyond it (docs/correctness.md, L2);
 * - a part counts for a day when its `seq_from` is at or above the day's vector for its incarnation;
 * - deleting is only garbage collection: no reading depends on whether rows or files were deleted.
 */
import type { DayRange } from '../../core/std/day.ts';
import { unpackFooter } from '../segment/footer.ts';
import { spanOf } from './digest-span.ts';
import { digestsOf, selectDigests, type TraitDigest } from './digest-store.ts';
import { DAY_MAX, DAY_MIN, type Dropped, droppedOf, LAKE_DROPPED, selectDropped } from './dropped.ts';
import { dayTextSql, isL1PathSql, traitsPath } from './paths.ts';
import { type SealedDay, type SealedDayRow, sealedDayOf, selectSealedDays } from './sealed-days.ts';
import { FROM_UNCOVERED } from './uncovered.ts';
import { importsVersionOf, selectImportsVersion, selectWaitingRows, waitingRowsOf } from './versions.ts';

export type SegmentSourceKind = 'flush' | 'import' | 'seal';

/** A segment as the manifest lists it, with the days for which its rows count in this reading. */
export interface LakeSegment {
  readonly manifestSeq: number;
  readonly path: string;
  readonly source: SegmentSourceKind;
  readonly incarnation: string;
  readonly seqFrom: number;
  readonly seqTo: number;
  readonly rowCount: number;
  readonly sizeBytes: number;
  readonly atMinMs: number;
  readonly atMaxMs: number;
  readonly footer: Uint8Array | null;
  /** Days in ascending order; rows of other days in the file do not count. */
  readonly days: readonly { readonly day: number; readonly rowCount: number }[];
}

export interface ScanPlan {
  readonly dropped: Dropped;
  readonly days: readonly SealedDay[];
  /** In the order of manifestSeq. */
  readonly segments: readonly LakeSegment[];
  /** Trait digests of the days' spans; empty unless `only` traits are read. */
  readonly digests: readonly TraitDigest[];
  /** Rows of imports that are not finished, which are in none of the segments. */
  readonly waitingRows: number;
  /** Differs when a version of an import of `importsOf` was finished or superseded; null unless that was asked for. */
  readonly importsVersion: string | null;
}

/**
 * The segments whose rows count for a range of days, with footers. The caller drops flush segments beyond the storedSeq
 * of their shards (CORRECTNESS A4).
 */
export async function readScanPlan(
  db: D1Database,
  {
    uid,
    dayFrom,
    dayTo,
    only,
    importsOf,
    leavesOutFooters = false,
  }: {
    readonly uid: string;
    readonly dayFrom: number;
    readonly dayTo: number;
    /** Reads, for sealed days that have them, the files of events with traits instead of all events. */
    readonly only?: 'traits' | undefined;
    /** The days of whose imports the reading tells the version, which costs a look at each import of the tenant. */
    readonly importsOf?: DayRange;
    /** Whether the segments come without footers. Default: false. */
    readonly leavesOutFooters?: boolean;
  },
): Promise<ScanPlan> {
  const columns = only === undefined ? (leavesOutFooters ? [] : ['s.footer']) : TRAITS_COLUMNS;
  const [dropped, days, waiting, sealed, uncovered, ...further] = await db.batch<unknown>([
    selectDropped(db, uid),
    selectSealedDays(db, uid, dayFrom, dayTo),
    selectWaitingRows(db, uid, dayFrom, dayTo),
    ...selectCounting(db, uid, { dayFrom, dayTo }, columns),
    ...(only === undefined ? [] : [selectDigests(db, uid, spanOf(dayFrom), spanOf(dayTo))]),
    ...(importsOf === undefined ? [] : [selectImportsVersion(db, uid, importsOf)]),
  ]);
  const digests = only === undefined ? undefined : further.shift();
  const [imports] = further;
  return {
    dropped: droppedOf(dropped!),
    days: (days!.results as SealedDayRow[]).map(sealedDayOf),
    segments: lakeSegmentsOf(sealed!, uncovered!, only === undefined ? asRead : traitsRowOf),
    digests: digests === undefined ? [] : digestsOf(digests),
    waitingRows: waitingRowsOf(waiting!),
    importsVersion: imports === undefined ? null : importsVersionOf(imports),
  };
}

/** The row of the segment's file of traits, in the form of a segment row; null when it has no events with traits. */
function traitsRowOf({ traitsRows, traitsSizeBytes, ...row }: SegmentRow): SegmentRow | null {
  if (traitsRows == null) return row;
  if (traitsRows === 0) return null;
  const [day] = JSON.parse(row.days) as [{ day: number }];
  return {
    ...row,
    path: traitsPath(row.path),
    rowCount: traitsRows,
    sizeBytes: traitsSizeBytes!,
    days: JSON.stringify([{ day: day.day, rowCount: traitsRows }]),
  };
}

/**
 * The greatest manifest_seq of the tenant, or the head that a seal of it has seen: grows with each flush and import that has
 * events. Rows that were collected lie below what the seals of their days have seen, so it never goes back.
 */
export function selectManifestHead(db: D1Database, uid: string): D1PreparedStatement {
  return db
    .prepare(
      `SELECT MAX(coalesce((SELECT max(manifest_seq) FROM segment_days WHERE uid = ?1), 0),
         coalesce((SELECT max(covered_seq) FROM sealed_days WHERE uid = ?1), 0)) AS manifestSeq`,
    )
    .bind(uid);
}

/** All segments that count for the tenant now, without footers, and the greatest manifest_seq seen. */
export async function readCurrent(db: D1Database, uid: string): Promise<{ headSeq: number; segments: LakeSegment[] }> {
  const [head, sealed, uncovered] = await db.batch<unknown>([
    db.prepare('SELECT COALESCE(MAX(manifest_seq), 0) AS headSeq FROM segments'),
    ...selectCounting(db, uid, { dayFrom: DAY_MIN, dayTo: DAY_MAX }, []),
  ]);
  const [row] = head!.results as { headSeq: number }[];
  return { headSeq: row!.headSeq, segments: lakeSegmentsOf(sealed!, uncovered!, asRead) };
}

/**
 * The two statements that tell which segments count: L1 of the revisions that count, and segments that they do not cover,
 * with their days. `further`: columns beside the usual ones.
 */
function selectCounting(
  db: D1Database,
  uid: string,
  { dayFrom, dayTo }: DayRange,
  further: readonly string[],
): [D1PreparedStatement, D1PreparedStatement] {
  const columns = [SEGMENT_COLUMNS, ...further].join(', ');
  return [
    db
      .prepare(
        `SELECT ${columns}, json_array(json_object('day', s.day, 'rowCount', s.row_count)) AS days
         FROM counting_files d JOIN segments s ON s.uid = d.uid AND s.source = 'seal' AND s.day = d.day AND s.revision = d.revision
           AND ${isL1PathSql('s.path', '?1', dayTextSql('d.day'))}
         WHERE d.uid = ?1 AND d.day BETWEEN ?2 AND ?3 AND d.day >= ${LAKE_DROPPED}`,
      )
      .bind(uid, dayFrom, dayTo),
    db
      .prepare(
        `SELECT ${columns}, json_group_array(json_object('day', sd.day, 'rowCount', sd.row_count)) AS days
         ${FROM_UNCOVERED} AND sd.day BETWEEN ?2 AND ?3
         GROUP BY s.manifest_seq`,
      )
      .bind(uid, dayFrom, dayTo),
  ];
}

/** Both lists as one, ascending by manifestSeq. */
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
  s.row_count AS rowCount, s.size_bytes AS sizeBytes, s.at_min_ms AS atMinMs, s.at_max_ms AS atMaxMs`;

/** What a reader of traits wants beside: the file of the segment's traits, where it has one. */
const TRAITS_COLUMNS = [
  'IIF(s.traits_rows IS NULL, s.footer, s.traits_footer) AS footer',
  's.traits_rows AS traitsRows',
  's.traits_size_bytes AS traitsSizeBytes',
];

interface SegmentRow {
  manifestSeq: number;
  path: string;
  source: SegmentSourceKind;
  incarnation: string;
  seqFrom: number;
  seqTo: number;
  rowCount: number;
  sizeBytes: number;
  atMinMs: number;
  atMaxMs: number;
  footer?: string | null;
  /** Null or absent where nothing is known of a file of the segment's traits. */
  traitsRows?: number | null;
  traitsSizeBytes?: number | null;
  days: string;
}

const asRead = (row: SegmentRow): SegmentRow => row;

function lakeSegmentOf(row: SegmentRow): LakeSegment {
  const days = (JSON.parse(row.days) as { day: number; rowCount: number }[]).sort((a, b) => a.day - b.day);
  const footer = row.footer ? unpackFooter(row.footer) : null;
  return { ...row, days, footer };
}
