/** Health store: the SQL with which the health routes look at D1. */

export async function countDeadLetters(db: D1Database): Promise<number> {
  // Their ids follow each other; a count would read them all.
  const counted = 'SELECT (SELECT MAX(id) FROM dead_letters) - (SELECT MIN(id) FROM dead_letters) + 1 AS count';
  return (await db.prepare(counted).first<number>('count')) ?? 0;
}
