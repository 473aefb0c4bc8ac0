/**
 * Cursor store: the cursors of destinations in D1, beside the manifest: all SQL of the table `cursors`.
 */
import type { Cursors } from './sink.ts';

/** @example deliverStored({ db, lake, cursors: cursorsOf(db) }, uid, destinations) */
export function cursorsOf(db: D1Database): Cursors {
  return {
    async read(destination, uid) {
      const position = await db
        .prepare('SELECT position FROM cursors WHERE uid = ?1 AND destination = ?2')
        .bind(uid, destination)
        .first<number>('position');
      return position ?? 0;
    },

    async move(destination, uid, { from, to }) {
      const { meta } = await db
        .prepare(
          `INSERT INTO cursors (uid, destination, position)
             SELECT ?1, ?2, ?4 WHERE ?3 = coalesce((SELECT position FROM cursors WHERE uid = ?1 AND destination = ?2), 0)
             ON CONFLICT (uid, destination) DO UPDATE SET position = excluded.position`,
        )
        .bind(uid, destination, from, to)
        .run();
      return meta.changes > 0;
    },
  };
}
