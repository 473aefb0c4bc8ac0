/**
 * Digest store: all SQL of the table `profiles`: the trait digests of spans, which spans lack one, and their replacement.
 *
 * Seals only get newer, so a digest of other seals than those that count is useless for good. Digests are stored only under
 * the seals that count at that moment; replaced files go an hour later, because scans may be reading them.
 */
import { unpackFooter } from '../segment/footer.ts';
import { jsonParameters } from '../std/json-parameters.ts';
import { SPAN_DAYS } from './digest-span.ts';
import { LAKE_DROPPED } from './dropped.ts';
import { afterScans, throwAwayFound } from './garbage.ts';
import { type PlacedSegment, segmentValues } from './segment-rows.ts';

/** One file of a span; all files of a span are made from the same seals. */
export interface TraitDigest {
  readonly span: number;
  readonly seals: string;
  /** Empty when no event of the span sets a trait. */
  readonly path: string;
  readonly rowCount: number;
  readonly sizeBytes: number;
  readonly days: readonly { readonly day: number; readonly rowCount: number }[];
  readonly footer: Uint8Array | null;
}

export interface Span {
  readonly uid: string;
  readonly span: number;
}

type DigestRow = Omit<TraitDigest, 'days' | 'footer'> & { readonly days: string; readonly footer: string | null };

export function selectDigests(db: D1Database, uid: string, spanFrom: number, spanTo: number): D1PreparedStatement {
  return db
    .prepare(
      `SELECT block AS span, seals, path, row_count AS rowCount, size_bytes AS sizeBytes, days, footer
         FROM profiles WHERE uid = ?1 AND block BETWEEN ?2 AND ?3 ORDER BY block, bucket`,
    )
    .bind(uid, spanFrom, spanTo);
}

export function digestsOf({ results }: Pick<D1Result<unknown>, 'results'>): TraitDigest[] {
  return (results as DigestRow[]).map(({ days, footer, ...row }) => ({
    ...row,
    days: JSON.parse(days),
    footer: footer === null ? null : unpackFooter(footer),
  }));
}

/** Spans of the tenant that end before the day and have no digest of their seals, the newest first. */
export async function findSpans(db: D1Database, uid: string, beforeDay: number, countMax: number): Promise<number[]> {
  const { results } = await db
    .prepare(
      `SELECT b.block AS span FROM (
         SELECT day / ${SPAN_DAYS} AS block, json_group_object(CAST(day AS TEXT), revision) AS seals FROM (
           SELECT d.day, d.revision FROM sealed_days d
           WHERE d.uid = ?1 AND d.day BETWEEN 0 AND ?2 - 1 AND d.day >= ${LAKE_DROPPED} ORDER BY d.day)
         GROUP BY block) b
       WHERE NOT EXISTS (SELECT 1 FROM profiles p WHERE p.uid = ?1 AND p.block = b.block AND p.seals = b.seals)
       ORDER BY b.block DESC LIMIT ?3`,
    )
    .bind(uid, Math.floor(beforeDay / SPAN_DAYS) * SPAN_DAYS, countMax)
    .all<{ span: number }>();
  return results.map(({ span }) => span);
}

/** Whether the seals are those that count. Parameters: uid, span, seals. */
const IS_CURRENT = `?3 = (SELECT json_group_object(CAST(day AS TEXT), revision) FROM (
  SELECT day, revision FROM sealed_days WHERE uid = ?1 AND day BETWEEN ?2 * ${SPAN_DAYS} AND ?2 * ${SPAN_DAYS} + ${SPAN_DAYS - 1}
    AND day >= ${LAKE_DROPPED} ORDER BY day))`;

/** Stores these files as the span's, in place of any before; discards them when their seals no longer count. */
export async function storeDigests(
  db: D1Database,
  { uid, span, seals }: Span & { readonly seals: string },
  files: readonly { readonly range: number; readonly placed: PlacedSegment }[],
  nowMs: number,
): Promise<void> {
  const rows = files.map(({ range, placed }) => {
    const [rowCount, sizeBytes, , , , footer] = segmentValues(placed);
    const days = placed.encoded.days.map(({ day, rowCount }) => ({ day, rowCount }));
    return { k: range, p: placed.path, r: rowCount, s: sizeBytes, d: JSON.stringify(days), f: footer };
  });
  // A span without traits has a row too: it is not to be looked at again.
  const stored = rows.length > 0 ? rows : [{ k: 0, p: '', r: 0, s: 0, d: '[]', f: null }];
  const olds = 'uid = ?1 AND block = ?2 AND seals <> ?3';
  const afterMs = afterScans(nowMs);
  await db.batch([
    throwAwayFound(
      db,
      `SELECT path, ?4 FROM profiles WHERE ${olds} AND path <> '' AND ${IS_CURRENT}`,
      uid,
      span,
      seals,
      afterMs,
    ),
    db.prepare(`DELETE FROM profiles WHERE ${olds} AND ${IS_CURRENT}`).bind(uid, span, seals),
    ...jsonParameters(stored, (row) => String(row.f).length + row.d.length + 200).map((json) =>
      db
        .prepare(
          `INSERT INTO profiles (uid, block, bucket, seals, path, row_count, size_bytes, days, footer)
             SELECT ?1, ?2, j.value ->> 'k', ?3, j.value ->> 'p', j.value ->> 'r', j.value ->> 's', j.value ->> 'd', j.value ->> 'f'
             FROM json_each(?4) j WHERE ${IS_CURRENT} ON CONFLICT DO NOTHING`,
        )
        .bind(uid, span, seals, json),
    ),
    throwAwayFound(
      db,
      `SELECT value, ?4 FROM json_each(?5) WHERE NOT ${IS_CURRENT}`,
      uid,
      span,
      seals,
      afterMs,
      JSON.stringify(files.map(({ placed }) => placed.path)),
    ),
  ]);
}

/** Deletes the tenant's digests of spans of which no day counts any more. */
export async function forgetDropped(db: D1Database, uid: string, nowMs: number): Promise<void> {
  const isDropped = `uid = ?1 AND NOT EXISTS (SELECT 1 FROM sealed_days d
    WHERE d.uid = ?1 AND d.day BETWEEN profiles.block * ${SPAN_DAYS} AND profiles.block * ${SPAN_DAYS} + ${SPAN_DAYS - 1}
      AND d.day >= ${LAKE_DROPPED})`;
  await db.batch([
    throwAwayFound(db, `SELECT path, ?2 FROM profiles WHERE path <> '' AND ${isDropped}`, uid, afterScans(nowMs)),
    db.prepare(`DELETE FROM profiles WHERE ${isDropped}`).bind(uid),
  ]);
}
