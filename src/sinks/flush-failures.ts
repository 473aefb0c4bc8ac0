/**
 * Flush failures: flushes that could not be stored so far, with the number of attempts and the latest error. Status and dead
 * letters tell them.
 *
 * Nothing depends on these rows: the flush waits in its shard, which reminds the sink. A row whose flush has been stored
 * since does not count, and the sweep deletes it.
 */
import type { FlushRef } from '../core/shard/rpc.ts';
import type { ShardAddress } from '../core/shard/shard-map.ts';
import { isFlushStoredSql } from '../lake/manifest/stored-flushes.ts';

/** A flush that has failed this often is reported as a dead letter, once. Its shard goes on reminding the sink. */
export const FAILURES_REPORTED = 5;
const ERROR_LENGTH_MAX = 500;

export interface FlushFailure {
  readonly address: ShardAddress;
  readonly flush: FlushRef;
  readonly error: string;
  readonly nowMs: number;
}

/** Counts a failure and returns the number so far. Failure number `FAILURES_REPORTED` leaves a dead letter. */
export async function noteFlushFailure(db: D1Database, failure: FlushFailure): Promise<number> {
  const { address, flush, nowMs } = failure;
  const { uid, region, index } = address;
  const error = failure.error.slice(0, ERROR_LENGTH_MAX);
  const body = JSON.stringify({ address, flush, error });
  const [counted] = await db.batch<{ attempts: number }>([
    db
      .prepare(
        `INSERT INTO flush_failures (uid, incarnation, seq_from, region, shard, attempts, error, first_at_ms, last_at_ms)
           VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?7, ?7)
           ON CONFLICT DO UPDATE SET attempts = attempts + 1, error = excluded.error, last_at_ms = excluded.last_at_ms
           RETURNING attempts`,
      )
      .bind(uid, flush.incarnation, flush.seqFrom, region, index, error, nowMs),
    db
      .prepare(
        `INSERT INTO dead_letters (queue, body, at_ms) SELECT 'tidemark-flush', ?4, ?5 FROM flush_failures
           WHERE uid = ?1 AND incarnation = ?2 AND seq_from = ?3 AND attempts = ?6`,
      )
      .bind(uid, flush.incarnation, flush.seqFrom, body, nowMs, FAILURES_REPORTED),
  ]);
  return counted?.results[0]?.attempts ?? 0;
}

export async function deleteSettledFailures(db: D1Database): Promise<void> {
  await db
    .prepare(
      `DELETE FROM flush_failures
       WHERE ${isFlushStoredSql('flush_failures.uid', 'flush_failures.incarnation', 'flush_failures.seq_from')}`,
    )
    .run();
}
