/**
 * Dead letters: messages whose last try has failed. They are kept and reported. No data is lost with them: the work that they
 * asked for waits in its shard or in the manifest, and the sweep asks for it again.
 */
import { logError } from '../observe/log.ts';
export async function keepDeadLetters(batch: MessageBatch<unknown>, db: D1Database, nowMs: number): Promise<void> {
  const rows = batch.messages.map((message) => ({ queue: batch.queue, body: JSON.stringify(message.body) }));
  await db
    .prepare(
      "INSERT INTO dead_letters (queue, body, at_ms) SELECT value->>'queue', value->>'body', ?1 FROM json_each(?2)",
    )
    .bind(nowMs, JSON.stringify(rows))
    .run();
  logError('sinks.dead-letters', 'messages were given up on', { queue: batch.queue, count: rows.length });
  batch.ackAll();
}
