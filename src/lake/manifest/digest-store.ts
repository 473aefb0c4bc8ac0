/**
 * Profile store: all SQL of the table `profiles`: what is kept of blocks, which blocks lack it, and its replacement.
 *
 * Seals only get newer, so what was made of other seals than those that count is of no use ever again. It is replaced only
 * under the seals that count at that moment; files go an hour later, for scans that had begun.
 */
import { HOUR_MS } from '../../core/limits.ts';
import { unpackFooter } from '../segment/footer.ts';
import { jsonParameters } from '../std/json-parameters.ts';
import { BLOCK_DAYS } from './digest-span.ts';
import { DAY_MIN, LAKE_DROPPED } from './dropped.ts';
import { type PlacedSegment, segmentValues } from './segment-rows.ts';

/** One file of a block; all files of a block are of the same seals. */
export interface KeptProfiles {
  readonly block: number;
  readonly seals: string;
  /** Empty: no event of the block says anything. */
  readonly path: string;
  readonly rowCount: number;
  readonly sizeBytes: number;
  readonly days: readonly { readonly day: number; readonly rowCount: number }[];
  readonly footer: Uint8Array | null;
}

export interface Block {
  readonly uid: string;
  readonly block: number;
}

const GARBAGE_AFTER_MS = HOUR_MS;

type ProfilesRow = Omit<KeptProfiles, 'days' | 'footer'> & { readonly days: string; readonly footer: string | null };

export function selectProfiles(db: D1Database, uid: string, blockFrom: number, blockTo: number): D1PreparedStatement {
  return db
    .prepare(
      `SELECT block, seals, path, row_count AS rowCount, size_bytes AS sizeBytes, days, footer
         FROM profiles WHERE uid = ?1 AND block BETWEEN ?2 AND ?3 ORDER BY block, bucket`,
    )
    .bind(uid, blockFrom, blockTo);
}

export function profilesOf({ results }: Pick<D1Result<unknown>, 'results'>): KeptProfiles[] {
  return (results as ProfilesRow[]).map(({ days, footer, ...row }) => ({
    ...row,
    days: JSON.parse(days),
    footer: footer === null ? null : unpackFooter(footer),
  }));
}

/** Blocks that lie before the day and have nothing kept of their seals, the newest first. */
export async function findBlocks(db: D1Database, beforeDay: number, countMax: number): Promise<Block[]> {
  const { results } = await db
    .prepare(
      `SELECT b.uid, b.block FROM (
         SELECT uid, day / ${BLOCK_DAYS} AS block, json_group_object(CAST(day AS TEXT), revision) AS seals FROM (
           SELECT d.uid, d.day, d.revision FROM sealed_days d JOIN tenants t ON t.uid = d.uid AND t.deleted_at_ms IS NULL
           LEFT JOIN dropped r ON r.uid = d.uid AND r.tier = 'lake' AND r.name = ''
           WHERE d.day BETWEEN 0 AND ?1 - 1 AND d.day >= COALESCE(r.day_before, ${DAY_MIN}) ORDER BY d.uid, d.day)
         GROUP BY uid, block) b
       WHERE NOT EXISTS (SELECT 1 FROM profiles p WHERE p.uid = b.uid AND p.block = b.block AND p.seals = b.seals)
       ORDER BY b.block DESC, b.uid LIMIT ?2`,
    )
    .bind(Math.floor(beforeDay / BLOCK_DAYS) * BLOCK_DAYS, countMax)
    .all<Block>();
  return results;
}

/** Parameters: uid, block, seals. Whether the seals are those that count. */
const IS_CURRENT = `?3 = (SELECT json_group_object(CAST(day AS TEXT), revision) FROM (
  SELECT day, revision FROM sealed_days WHERE uid = ?1 AND day BETWEEN ?2 * ${BLOCK_DAYS} AND ?2 * ${BLOCK_DAYS} + ${BLOCK_DAYS - 1}
    AND day >= ${LAKE_DROPPED} ORDER BY day))`;

/** Keeps these files as the block's, instead of any before; of seals that do not count any more, nothing. */
export async function keepProfiles(
  db: D1Database,
  { uid, block, seals }: Block & { readonly seals: string },
  files: readonly { readonly bucket: number; readonly placed: PlacedSegment }[],
  nowMs: number,
): Promise<void> {
  const rows = files.map(({ bucket, placed }) => {
    const [rowCount, sizeBytes, , , , footer] = segmentValues(placed);
    const days = placed.encoded.days.map(({ day, rowCount }) => ({ day, rowCount }));
    return { k: bucket, p: placed.path, r: rowCount, s: sizeBytes, d: JSON.stringify(days), f: footer };
  });
  const kept = rows.length > 0 ? rows : [{ k: 0, p: '', r: 0, s: 0, d: '[]', f: null }];
  const olds = 'uid = ?1 AND block = ?2 AND seals <> ?3';
  const afterMs = nowMs + GARBAGE_AFTER_MS;
  await db.batch([
    db
      .prepare(
        `INSERT OR IGNORE INTO garbage (path, after_ms)
           SELECT path, ?4 FROM profiles WHERE ${olds} AND path <> '' AND ${IS_CURRENT}`,
      )
      .bind(uid, block, seals, afterMs),
    db.prepare(`DELETE FROM profiles WHERE ${olds} AND ${IS_CURRENT}`).bind(uid, block, seals),
    ...jsonParameters(kept, (row) => String(row.f).length + row.d.length + 200).map((json) =>
      db
        .prepare(
          `INSERT INTO profiles (uid, block, bucket, seals, path, row_count, size_bytes, days, footer)
             SELECT ?1, ?2, j.value ->> 'k', ?3, j.value ->> 'p', j.value ->> 'r', j.value ->> 's', j.value ->> 'd', j.value ->> 'f'
             FROM json_each(?4) j WHERE ${IS_CURRENT} ON CONFLICT DO NOTHING`,
        )
        .bind(uid, block, seals, json),
    ),
    db
      .prepare(
        `INSERT OR IGNORE INTO garbage (path, after_ms)
           SELECT value, ?4 FROM json_each(?5) WHERE NOT ${IS_CURRENT}`,
      )
      .bind(uid, block, seals, afterMs, JSON.stringify(files.map(({ placed }) => placed.path))),
  ]);
}

/** What is kept of blocks of which no day counts any more. */
export async function forgetDropped(db: D1Database, nowMs: number): Promise<void> {
  const isDropped = `NOT EXISTS (SELECT 1 FROM sealed_days d LEFT JOIN dropped r ON r.uid = d.uid AND r.tier = 'lake' AND r.name = ''
    WHERE d.uid = profiles.uid AND d.day BETWEEN profiles.block * ${BLOCK_DAYS} AND profiles.block * ${BLOCK_DAYS} + ${BLOCK_DAYS - 1}
      AND d.day >= COALESCE(r.day_before, ${DAY_MIN}))`;
  await db.batch([
    db
      .prepare(
        `INSERT OR IGNORE INTO garbage (path, after_ms) SELECT path, ?1 FROM profiles WHERE path <> '' AND ${isDropped}`,
      )
      .bind(nowMs + GARBAGE_AFTER_MS),
    db.prepare(`DELETE FROM profiles WHERE ${isDropped}`),
  ]);
}
