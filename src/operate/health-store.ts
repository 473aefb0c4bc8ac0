/** Health store: the SQL with which the health routes look at D1. */

/** Throws when the database does not answer or its tables are not there. */
export async function mustBeMigrated(db: D1Database): Promise<void> {
  await db.prepare('SELECT 1 FROM tenants LIMIT 1').first();
}

export async function countDeadLetters(db: D1Database): Promise<number> {
  return (await db.prepare('SELECT count(*) AS count FROM dead_letters').first<number>('count')) ?? 0;
}
