/**
 * Garbage: all SQL of the table `garbage`: objects of the lake that no row names any more, and when they may be deleted.
 *
 * A path is thrown away in the batch that takes its last name, so that no object is forgotten. Readers never look here:
 * the manifest alone decides which files count (CORRECTNESS A5).
 */
import { HOUR_MS } from '../../core/limits.ts';

/** A scan that began before its files were replaced may still read them for this long. */
const GARBAGE_AFTER_MS = HOUR_MS;
const DELETES_PER_RUN_MAX = 1_000;

/** The time after which objects that scans may be reading now can be deleted. */
export function afterScans(nowMs: number): number {
  return nowMs + GARBAGE_AFTER_MS;
}

/** Throws away the paths that a query finds. The query has the columns (path, after_ms); `values` are its parameters. */
export function throwAwayFound(
  db: D1Database,
  query: string,
  ...values: readonly (string | number)[]
): D1PreparedStatement {
  return db.prepare(`INSERT OR IGNORE INTO garbage (path, after_ms) ${query}`).bind(...values);
}

export function throwAway(db: D1Database, paths: readonly string[], afterMs: number): D1PreparedStatement {
  return throwAwayFound(db, 'SELECT value, ?2 FROM json_each(?1)', JSON.stringify(paths), afterMs);
}

/** Deletes the objects that are due. The object goes first, then its row: a crash between the two repeats the first. */
export async function collectGarbage(db: D1Database, lake: Pick<R2Bucket, 'delete'>, nowMs: number): Promise<number> {
  const { results } = await db
    .prepare('SELECT path FROM garbage WHERE after_ms <= ?1 LIMIT ?2')
    .bind(nowMs, DELETES_PER_RUN_MAX)
    .all<{ path: string }>();
  if (results.length === 0) return 0;
  const paths = results.map(({ path }) => path);
  await lake.delete(paths);
  await db
    .prepare('DELETE FROM garbage WHERE path IN (SELECT value FROM json_each(?1))')
    .bind(JSON.stringify(paths))
    .run();
  return paths.length;
}
