/**
 * Readiness: whether the database answers and has the migrations that this release needs. A good answer is kept for
 * some seconds, because monitors and load balancers ask every second, without a key.
 */
const READY_KEPT_MS = 10_000;
/** The last migration of this release. A later one does no harm: an older release runs on during a rollback. */
export const LAST_MIGRATION = '0034_undecided.sql';

export class Readiness {
  readonly #db: D1Database;
  readonly #now: () => number;
  #keptUntilMs = Number.NEGATIVE_INFINITY;

  constructor(db: D1Database, now: () => number) {
    this.#db = db;
    this.#now = now;
  }

  /** Throws when the database does not answer or lacks a migration. */
  async check(): Promise<void> {
    if (this.#now() < this.#keptUntilMs) return;
    const applied = this.#db.prepare('SELECT name FROM d1_migrations WHERE name >= ? LIMIT 1').bind(LAST_MIGRATION);
    if ((await applied.first()) === null) throw new Error(`the migration ${LAST_MIGRATION} is not applied`);
    this.#keptUntilMs = this.#now() + READY_KEPT_MS;
  }
}
