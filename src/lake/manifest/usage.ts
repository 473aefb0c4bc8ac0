/**
 * Usage: all SQL of the table `tenant_usage`: the bytes that each tenant takes of the database, and whether it rests.
 *
 * Flushes and seals add what they write, in their own batches, so that the sum follows a burst. What they delete is not
 * taken off; the sweep sums up anew what is there. With the sum it notes whether all shards rest; what is stored later voids
 * the note.
 */
import { HOUR_MS } from '../../core/limits.ts';

/** Bytes of a row beside its long columns: keys, numbers, its place in indexes. */
const ROW_SIZE_BYTES = 100;

/** Adds bytes to the tenant's sum, if the condition holds. It may name ?1, the uid, and parameters from ?3 on. */
export function addUsage(
  db: D1Database,
  uid: string,
  sizeBytes: number,
  {
    condition = 'true',
    values = [],
  }: { readonly condition?: string; readonly values?: readonly (string | number)[] } = {},
): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO tenant_usage (uid, stored_bytes, measured_at_ms) SELECT ?1, ?2, 0 WHERE ${condition}
       ON CONFLICT (uid) DO UPDATE SET stored_bytes = stored_bytes + excluded.stored_bytes, is_at_rest = 0`,
    )
    .bind(uid, sizeBytes, ...values);
}

/** Flushes and seals add what they store: a sum over all rows corrects them once in a while. */
const MEASURED_EVERY_MS = HOUR_MS;

/** A sum that was made after this time is recent. */
export function measuredAfterMs(nowMs: number): number {
  return nowMs - MEASURED_EVERY_MS;
}

/** Sums up what the tenant takes now, if that was not done within the last hour. */
export async function measureUsage(
  db: D1Database,
  uid: string,
  { nowMs, isAtRest }: { readonly nowMs: number; readonly isAtRest: boolean },
): Promise<void> {
  await db
    .prepare(
      `INSERT INTO tenant_usage (uid, stored_bytes, measured_at_ms, is_at_rest)
       SELECT ?1, ${TAKEN.map((sum) => `COALESCE((${sum}), 0)`).join(' + ')}, ?2, ?4
       WHERE NOT EXISTS (SELECT 1 FROM tenant_usage u WHERE u.uid = ?1 AND u.measured_at_ms > ?3)
       ON CONFLICT (uid) DO UPDATE SET stored_bytes = excluded.stored_bytes, measured_at_ms = excluded.measured_at_ms,
         is_at_rest = excluded.is_at_rest`,
    )
    .bind(uid, nowMs, measuredAfterMs(nowMs), isAtRest ? 1 : 0)
    .run();
}

/** What most bytes lie in. Each reads the rows of one tenant; the length of a long value is read without the value. */
const TAKEN = [
  `SELECT SUM(octet_length(cells) + ${ROW_SIZE_BYTES}) FROM parts WHERE uid = ?1`,
  `SELECT SUM(octet_length(cells) + ${ROW_SIZE_BYTES}) FROM sealed_cells WHERE uid = ?1`,
  `SELECT SUM(COALESCE(octet_length(footer), 0) + COALESCE(octet_length(traits_footer), 0) + 4 * ${ROW_SIZE_BYTES}) FROM segments WHERE uid = ?1`,
  `SELECT COUNT(*) * ${ROW_SIZE_BYTES} FROM segment_days WHERE uid = ?1`,
  `SELECT COUNT(*) * 2 * ${ROW_SIZE_BYTES} FROM flushes WHERE uid = ?1`,
  `SELECT COUNT(*) * 2 * ${ROW_SIZE_BYTES} FROM links WHERE uid = ?1`,
];
