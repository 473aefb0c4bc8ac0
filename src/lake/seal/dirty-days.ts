/**
 * Dirty days: all SQL of the table `dirty_days`, the durable queue of days that a seal would change.
 *
 * A trigger adds a day with each segment that no seal covers, and says when the schedule may have it sealed. A command or the
 * end of an import asks for a day earlier. Days are handed out to the seal queue a few of each tenant at a time: a tenant
 * with thousands of dirty days takes no more of the queue than one with a few. A row is a reminder and decides nothing: a
 * day that is handed out twice, or without need, is found clean.
 *
 * - A hand-out claims the day for `LIMITS.sealClaimMs`: so long its message may take, and then it counts as lost.
 * - The flip of a seal removes the row, or frees it when a segment came or was superseded after the plan.
 */
import { DAY_MS, HOUR_MS, LIMITS } from '../../core/limits.ts';
import type { SealMessage } from '../../core/shard/rpc.ts';
import { LAKE_DROPPED } from '../manifest/dropped.ts';
import { rollupIdsSql } from '../manifest/sealed-days.ts';
import { FROM_UNCOVERED } from '../manifest/uncovered.ts';
import { FROM_VOID } from '../manifest/versions.ts';

type Cause = SealMessage['cause'];

interface HandedOut {
  readonly uid: string;
  readonly day: number;
  readonly cause: Cause;
}

/** Days of all tenants that are due, a few of each, youngest first; claims them. */
export async function takeDue(db: D1Database, nowMs: number): Promise<HandedOut[]> {
  const { results } = await db
    .prepare(
      `UPDATE dirty_days SET claimed_until_ms = ?2 FROM (
         SELECT uid AS due_uid, day AS due_day FROM (
           SELECT uid, day, claimed_until_ms,
             row_number() OVER (PARTITION BY uid ORDER BY claimed_until_ms > ?1 DESC, day DESC) AS place
           FROM dirty_days INDEXED BY dirty_days_due WHERE due_at_ms <= ?1)
         WHERE place <= ?3 AND claimed_until_ms <= ?1 LIMIT ?4) AS due
       WHERE uid = due_uid AND day = due_day
       RETURNING uid, day, cause`,
    )
    .bind(nowMs, nowMs + LIMITS.sealClaimMs, LIMITS.sealDaysAtOnce, LIMITS.sealDaysPerRunMax)
    .all<HandedOut>();
  return results;
}

/** Days of one tenant that are due, as many as it may have more in the queue, youngest first; claims them. */
export async function takeDueOf(db: D1Database, uid: string, nowMs: number): Promise<HandedOut[]> {
  const { results } = await db
    .prepare(
      `UPDATE dirty_days SET claimed_until_ms = ?3 WHERE uid = ?1 AND day IN (
         SELECT day FROM dirty_days WHERE uid = ?1 AND due_at_ms <= ?2 AND claimed_until_ms <= ?2 ORDER BY day DESC
         LIMIT MAX(0, ?4 - (SELECT count(*) FROM dirty_days WHERE uid = ?1 AND claimed_until_ms > ?2 AND claimed_until_ms > 0)))
       RETURNING uid, day, cause`,
    )
    .bind(uid, nowMs, nowMs + LIMITS.sealClaimMs, LIMITS.sealDaysAtOnce)
    .all<HandedOut>();
  return results;
}

/** Gives days back that could not be queued. */
export async function giveBack(db: D1Database, days: readonly HandedOut[]): Promise<void> {
  await db
    .prepare(
      `UPDATE dirty_days SET claimed_until_ms = 0 FROM json_each(?1) AS given
       WHERE uid = given.value ->> 'uid' AND day = given.value ->> 'day'`,
    )
    .bind(JSON.stringify(days))
    .run();
}

/**
 * Asks for days now, whether they are dirty or not. A claim that is some seconds old is taken for lost: a local queue loses
 * its messages in a kill, and its user asks again.
 */
export async function askForDays(
  db: D1Database,
  { uid, days, cause }: { readonly uid: string; readonly days: readonly number[]; readonly cause: Cause },
  nowMs: number,
): Promise<void> {
  await db
    .prepare(
      `INSERT INTO dirty_days (uid, day, manifest_seq, row_count, due_at_ms, cause)
       SELECT ?1, value, 0, 0, ?3, ?4 FROM json_each(?2) WHERE true
       ON CONFLICT (uid, day) DO UPDATE SET due_at_ms = MIN(dirty_days.due_at_ms, ?3), cause = ?4,
         claimed_until_ms = IIF(dirty_days.claimed_until_ms <= ?5, 0, dirty_days.claimed_until_ms)`,
    )
    .bind(uid, JSON.stringify(days), nowMs, cause, lostBefore(nowMs))
    .run();
}

/**
 * Asks for the dirty days of an import: at once, or after a pause since their last seal. The pause grows with the events
 * of the day, which a seal reads all, and shrinks with the rows that came: a tenth of the day waits for nothing. Nor does a day
 * whose seal does not count, because it is read from its events until it is sealed anew.
 */
export async function askForImported(
  db: D1Database,
  uid: string,
  days: readonly number[],
  nowMs: number,
): Promise<void> {
  await db
    .prepare(
      `UPDATE dirty_days SET cause = 'import',
         due_at_ms = MIN(due_at_ms, MAX(?3, COALESCE((
           SELECT d.sealed_at_ms + MIN(?4, MAX(0, d.events - 10 * dirty_days.row_count) * ?5)
           FROM sealed_days d WHERE d.uid = ?1 AND d.day = dirty_days.day AND NOT ${isVoid('dirty_days.day')}), 0))),
         claimed_until_ms = IIF(claimed_until_ms <= ?6, 0, claimed_until_ms)
       WHERE uid = ?1 AND day IN (SELECT value FROM json_each(?2))`,
    )
    .bind(
      uid,
      JSON.stringify(days),
      nowMs,
      LIMITS.sealImportPauseMsMax,
      LIMITS.sealImportPauseMsPerEvent,
      lostBefore(nowMs),
    )
    .run();
}

/** A claim that ends before this was made long enough ago. */
function lostBefore(nowMs: number): number {
  return nowMs + LIMITS.sealClaimMs - LIMITS.sealAskedAgainMs;
}

/** The days among those given that a seal would change: dirty ones, and sealed ones that lack a rollup or hold an expired name. */
export async function daysToSeal(
  db: D1Database,
  uid: string,
  days: readonly number[],
  rollupIds: readonly string[],
): Promise<number[]> {
  const { results } = await db
    .prepare(
      `SELECT day FROM dirty_days WHERE uid = ?1 AND manifest_seq > 0 AND day IN (SELECT value FROM json_each(?2)) AND day >= ${LAKE_DROPPED}
       UNION SELECT d.day FROM sealed_days d
       WHERE d.uid = ?1 AND d.day IN (SELECT value FROM json_each(?2)) AND d.day >= ${LAKE_DROPPED}
         AND (EXISTS (SELECT 1 FROM json_each(?3) r WHERE r.value NOT IN (SELECT k.value FROM json_each(${rollupIdsSql('d')}) k))
           OR EXISTS (SELECT 1 FROM dropped r WHERE r.uid = ?1 AND r.tier = 'event' AND d.day < r.day_before
             AND r.name NOT IN (SELECT e.value FROM json_each(d.expired) e)))
       ORDER BY 1`,
    )
    .bind(uid, JSON.stringify(days), JSON.stringify(rollupIds))
    .all<{ day: number }>();
  return results.map(({ day }) => day);
}

/** Whether something of the day's seal was superseded since, so that it does not count. Parameter 1 is the uid. */
function isVoid(day: string): string {
  return `EXISTS (SELECT 1 ${FROM_VOID} AND v.day = ${day})`;
}

/** Forgets a day that needs no seal, unless a segment came meanwhile. */
export async function forgetClean(db: D1Database, uid: string, day: number): Promise<void> {
  await forgetCovered(db, uid, day).run();
}

function forgetCovered(db: D1Database, uid: string, day: number): D1PreparedStatement {
  return db
    .prepare(
      `DELETE FROM dirty_days WHERE uid = ?1 AND day = ?2 AND (day < ${LAKE_DROPPED}
         OR NOT (${isVoid('?2')} OR EXISTS (SELECT 1 ${FROM_UNCOVERED} AND sd.day = ?2)))`,
    )
    .bind(uid, day);
}

/**
 * Statements of a flip, after it: the day is forgotten, or freed when segments came after the plan. What was asked for
 * meanwhile stays due.
 */
export function settleSealed(db: D1Database, uid: string, day: number): D1PreparedStatement[] {
  return [
    forgetCovered(db, uid, day),
    db
      .prepare(
        `UPDATE dirty_days SET claimed_until_ms = 0, cause = 'schedule', row_count = late.row_count,
           due_at_ms = IIF(cause = 'schedule', MAX((?2 + 1) * ?3 + ?4,
             IIF(10 * late.row_count >= late.events, late.many_at_ms, late.few_at_ms)), due_at_ms)
         FROM (SELECT COALESCE(SUM(sd.row_count), 0) AS row_count, d.events, d.reseal_many_at_ms AS many_at_ms,
             d.reseal_few_at_ms AS few_at_ms
           FROM sealed_days d LEFT JOIN segment_days sd ON sd.uid = d.uid AND sd.day = d.day AND sd.manifest_seq > d.covered_seq
           WHERE d.uid = ?1 AND d.day = ?2) AS late
         WHERE uid = ?1 AND day = ?2`,
      )
      .bind(uid, day, DAY_MS, LIMITS.sealAfterMs),
  ];
}

/**
 * When a day that is sealed now may be sealed again: for many late rows an hour later; for few, when its age has grown
 * eightfold, so that a day is sealed at ages of 2 h, 16 h and 5 days: a seal reads all of it, however few rows came.
 */
export function resealTimes(day: number, nowMs: number): { readonly manyAtMs: number; readonly fewAtMs: number } {
  const ageMs = Math.max(0, nowMs - (day + 1) * DAY_MS);
  const pauseMsMax = ageMs > LIMITS.allowedLatenessMs ? LIMITS.sealOldPauseMsMax : LIMITS.sealPauseMsMax;
  const pauseMs = Math.min(pauseMsMax, Math.max(HOUR_MS, 7 * ageMs));
  return { manyAtMs: nowMs + HOUR_MS, fewAtMs: nowMs + pauseMs };
}

/** Number of dirty days of the tenant. Parameter 1 is the uid. */
export const COUNT_DIRTY_DAYS = `SELECT count(*) AS days FROM dirty_days WHERE uid = ?1 AND manifest_seq > 0 AND day >= ${LAKE_DROPPED}`;
