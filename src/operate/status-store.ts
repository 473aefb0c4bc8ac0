/**
 * Status store: the SQL of status: the manifest, the seals and the flush failures of a tenant, read in one transaction.
 */
import { isFlushStoredSql } from '../lake/manifest/stored-flushes.ts';
import { COUNT_DIRTY_DAYS } from '../lake/seal/dirty-days.ts';

export interface StoredTally {
  readonly received: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly quarantined: number;
  readonly rejected: number;
  /** The part of `accepted` whose times lay in the future and were clamped. */
  readonly clamped: number;
}

/** Totals over all stored flushes. */
export interface FlushTotals {
  readonly flushes: number;
  readonly tally: StoredTally;
  /** Flushes that do not begin where the one before ended. */
  readonly gaps: number;
  readonly latestAtMs: number | null;
}

/** A flush that could not be stored so far. */
export interface FailingFlush {
  readonly region: string;
  readonly index: number;
  readonly incarnation: string;
  readonly seqFrom: number;
  readonly attempts: number;
  readonly error: string;
  readonly firstAtMs: number;
}

/** Totals over all sealed days; the days are null when none is sealed. */
export interface SealTotals {
  readonly days: number;
  readonly events: number;
  readonly firstDay: number | null;
  readonly lastDay: number | null;
  readonly latestAtMs: number | null;
}

export interface StoredStatus {
  readonly flushes: FlushTotals;
  readonly failing: readonly FailingFlush[];
  readonly sealed: SealTotals;
  /** Days with stored events that no seal covers. */
  readonly dirtyDays: number;
  /** Events by cause, over all sealed days. */
  readonly drift: Readonly<Record<string, number>>;
}

const FAILING_MAX = 100;

export async function readStoredStatus(db: D1Database, uid: string): Promise<StoredStatus> {
  const statements = [FLUSH_TOTALS, SEAL_TOTALS, COUNT_DIRTY_DAYS, DRIFT, FAILING].map((sql) =>
    db.prepare(sql).bind(uid),
  );
  const [flushes, sealed, dirty, drift, failing] = (await db.batch<unknown>(statements)) as [
    D1Result<Omit<FlushTotals, 'tally'> & { readonly tally: string }>,
    D1Result<SealTotals>,
    D1Result<{ days: number }>,
    D1Result<{ cause: string; events: number }>,
    D1Result<FailingFlush>,
  ];
  // Aggregates without groups: each has exactly one row.
  const [{ tally, ...totals }] = flushes.results as [(typeof flushes.results)[number]];
  return {
    flushes: { ...totals, tally: JSON.parse(tally) },
    failing: failing.results,
    sealed: sealed.results[0]!,
    dirtyDays: dirty.results[0]!.days,
    drift: Object.fromEntries(drift.results.map(({ cause, events }) => [cause, events])),
  };
}

/** The flushes that have a row of their own, and for each incarnation one row of those that were collected. */
const ALL_FLUSHES = `
  SELECT incarnation, seq_from, seq_to, 1 AS flushes, received, accepted, duplicate, quarantined, rejected, clamped, stored_at_ms
  FROM flushes WHERE uid = ?1
  UNION ALL
  SELECT incarnation, 0, seq_to, flushes, received, accepted, duplicate, quarantined, rejected, clamped, stored_at_ms
  FROM flush_heads WHERE uid = ?1`;

/** Parameter of all statements: uid. */
const FLUSH_TOTALS = `
  SELECT coalesce(sum(flushes), 0) AS flushes, coalesce(sum(seq_from <> previous_seq_to), 0) AS gaps,
    json_object('received', coalesce(sum(received), 0), 'accepted', coalesce(sum(accepted), 0),
      'duplicate', coalesce(sum(duplicate), 0), 'quarantined', coalesce(sum(quarantined), 0),
      'rejected', coalesce(sum(rejected), 0), 'clamped', coalesce(sum(clamped), 0)) AS tally,
    max(stored_at_ms) AS latestAtMs
  FROM (SELECT *, lag(seq_to, 1, 0) OVER (PARTITION BY incarnation ORDER BY seq_from) AS previous_seq_to
    FROM (${ALL_FLUSHES}))`;

const SEAL_TOTALS = `
  SELECT count(*) AS days, coalesce(sum(events), 0) AS events, min(day) AS firstDay, max(day) AS lastDay,
    max(sealed_at_ms) AS latestAtMs FROM sealed_days WHERE uid = ?1`;

const DRIFT = `
  SELECT cause.key AS cause, sum(cause.value) AS events FROM counting_seals d, json_each(d.drift) AS cause
  WHERE d.uid = ?1 AND cause.type IN ('integer', 'real') GROUP BY cause.key ORDER BY cause.key`;

/** The flushes that have failed and have not been stored since. */
const FAILING = `
  SELECT region, shard AS "index", incarnation, seq_from AS seqFrom, attempts, error, first_at_ms AS firstAtMs
  FROM flush_failures
  WHERE uid = ?1 AND NOT ${isFlushStoredSql('flush_failures.uid', 'flush_failures.incarnation', 'flush_failures.seq_from')}
  ORDER BY first_at_ms LIMIT ${FAILING_MAX}`;
