/** Health store: the SQL with which the health routes look at D1. */

export async function countDeadLetters(db: D1Database): Promise<number> {
  return (await db.prepare('SELECT count(*) AS count FROM dead_letters').first<number>('count')) ?? 0;
}
