/**
 * Leases: all SQL of the table `leases`: names that one holder has for some time, so that duties do not run twice at once.
 *
 * - A claim keeps a duty from being begun again for a while; it is not given back when the duty is done.
 * - A lease is given back by its holder, and runs out when the holder died.
 * - A cursor is a row whose holder is a position: where a long round has come to.
 *
 * A row that ran out an hour ago is deleted by the next claim. Nothing depends on a lease but the cost of work done twice:
 * the statements of the work itself guard against harm from a second run.
 */
import { HOUR_MS } from '../../core/limits.ts';

/** Claims the names that are free, and returns those that it claimed. */
export async function claim(
  db: D1Database,
  names: readonly string[],
  nowMs: number,
  forMs: number,
): Promise<Set<string>> {
  if (names.length === 0) return new Set();
  const [, claimed] = await db.batch<{ name: string }>([
    db.prepare('DELETE FROM leases WHERE until_ms <= ?1').bind(nowMs - HOUR_MS),
    db
      .prepare(
        `INSERT INTO leases (name, holder, until_ms) SELECT value, 'schedule', ?2 FROM json_each(?1) WHERE true
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_ms = excluded.until_ms WHERE leases.until_ms <= ?3
         RETURNING name`,
      )
      .bind(JSON.stringify(names), nowMs + forMs, nowMs),
  ]);
  return new Set(claimed!.results.map(({ name }) => name));
}

export interface Lease {
  readonly name: string;
  readonly holder: string;
}

/** Takes the lease if it is free, has run out, or is the holder's already. */
export function takeLease(
  db: D1Database,
  { name, holder }: Lease,
  { nowMs, forMs }: { readonly nowMs: number; readonly forMs: number },
): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO leases (name, holder, until_ms) VALUES (?1, ?2, ?3)
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_ms = excluded.until_ms
         WHERE leases.until_ms <= ?4 OR leases.holder = excluded.holder`,
    )
    .bind(name, holder, nowMs + forMs, nowMs);
}

/** The holder of a lease or the position of a cursor; see `holderOf`. */
export function selectHolder(db: D1Database, name: string): D1PreparedStatement {
  return db.prepare('SELECT holder FROM leases WHERE name = ?1').bind(name);
}

/** Null when the name is free. */
export function holderOf({ results }: Pick<D1Result<unknown>, 'results'>): string | null {
  return (results as { holder: string }[])[0]?.holder ?? null;
}

/** A condition for statements of the holder. Both are parameters of the statement, like `?8`. */
export function isHeldBy(name: string, holder: string): string {
  return `(SELECT holder FROM leases WHERE name = ${name}) = ${holder}`;
}

/** Gives the lease back, if the holder still has it. */
export function releaseLease(db: D1Database, { name, holder }: Lease): D1PreparedStatement {
  return db.prepare('DELETE FROM leases WHERE name = ?1 AND holder = ?2').bind(name, holder);
}

/** Null when no round is going on. */
export async function readCursor(db: D1Database, name: string): Promise<string | null> {
  return holderOf(await selectHolder(db, name).all());
}

/**
 * Moves a cursor, begins its round (`from` null) or ends it (`to` null). False when another run has moved it since it
 * was read.
 */
export async function moveCursor(
  db: D1Database,
  name: string,
  { from, to }: { readonly from: string | null; readonly to: string | null },
  untilMs: number,
): Promise<boolean> {
  if (from === null && to === null) return true;
  const statement =
    from === null
      ? db.prepare('INSERT OR IGNORE INTO leases (name, holder, until_ms) VALUES (?1, ?2, ?3)').bind(name, to, untilMs)
      : to === null
        ? releaseLease(db, { name, holder: from })
        : db
            .prepare('UPDATE leases SET holder = ?2, until_ms = ?3 WHERE name = ?1 AND holder = ?4')
            .bind(name, to, untilMs, from);
  return (await statement.run()).meta.changes === 1;
}
