/**
 * Seal schedule: which days are due: they ended two hours ago and are dirty; every hour at first, and less often the older
 * they are (CORRECTNESS B5). It also makes lost messages harmless: a day that stays dirty is found again.
 *
 * A day whose only news is an import that still goes on waits for the import's end, because each of its chunks would seal
 * the day anew.
 */
import { HOUR_MS, LIMITS, MINUTE_MS, SECOND_MS } from '../../core/limits.ts';
import type { SealMessage } from '../../core/shard/rpc.ts';
import { dayOf } from '../../core/std/day.ts';
import { LAKE_DROPPED } from '../manifest/dropped.ts';
import { collectGarbage } from '../manifest/garbage.ts';
import { claim, claimSince, unclaim } from '../manifest/leases.ts';

export interface ScheduleServices {
  readonly db: D1Database;
  readonly lake: Pick<R2Bucket, 'delete'>;
  readonly sealQueue: { sendBatch(messages: Iterable<{ body: SealMessage }>): Promise<unknown> };
}

type QueueServices = Pick<ScheduleServices, 'db' | 'sealQueue'>;

/** The look-up reads every uncovered day of every tenant: too much for each minute. */
const SCHEDULE_EVERY_MS = 5 * MINUTE_MS;
/** A day that was queued is not queued again before this time has passed. */
const QUEUED_FOR_MS = 15 * MINUTE_MS;
/** An import without a new chunk for this long has ended, even if no call has said so. */
const IMPORT_QUIET_MS = 10 * MINUTE_MS;
/**
 * A day that a call has queued, the end of an import or a command, is not queued again sooner, however often the call is
 * made: a loop of it would fill the queue that all tenants share. Two seconds is less than a local stack takes to start
 * again after a kill, which loses its messages. Each further day of the call adds a twentieth of a second.
 */
const CALLED_QUEUED_FOR_MS = 2 * SECOND_MS;
const CALLED_QUEUED_FOR_MS_A_DAY = 50;
const DAYS_PER_RUN_MAX = 500;
const MESSAGES_PER_SEND_MAX = 100;

/** The cron's duty in sealing: queues the days that are due, and deletes objects that were replaced long enough ago. */
export async function scheduleSeals(
  services: ScheduleServices,
  nowMs: number,
): Promise<{ queued: number; deleted: number }> {
  if (!(await claim(services.db, ['schedule/seal'], nowMs, SCHEDULE_EVERY_MS)).has('schedule/seal')) {
    return { queued: 0, deleted: 0 };
  }
  const due = await dueDays(services.db, nowMs);
  const free = await claim(services.db, due.map(claimName), nowMs, QUEUED_FOR_MS);
  const chosen = due.filter((day) => free.has(claimName(day)));
  await queueSeals(
    services.sealQueue,
    chosen.map(({ uid, day }) => ({ uid, day, cause: 'schedule' })),
  );
  const deleted = await collectGarbage(services.db, services.lake, nowMs);
  return { queued: chosen.length, deleted };
}

export async function queueSeals(
  queue: ScheduleServices['sealQueue'],
  messages: readonly SealMessage[],
): Promise<void> {
  for (let at = 0; at < messages.length; at += MESSAGES_PER_SEND_MAX) {
    await queue.sendBatch(messages.slice(at, at + MESSAGES_PER_SEND_MAX).map((body) => ({ body })));
  }
}

/** A day with a segment that no seal covers, and the number of its newest one. */
interface OpenDay {
  readonly day: number;
  readonly manifestSeq: number;
}

/** Queues the days of an import that are not sealed with all of it. */
export function queueImported(services: QueueServices, uid: string, open: readonly OpenDay[], nowMs: number) {
  return queueOpen(services, { uid, cause: 'import' }, open, nowMs);
}

export interface Command {
  readonly uid: string;
  readonly days: readonly number[];
  /** Ids of the rollups that the tenant has now. */
  readonly rollupIds: readonly string[];
  /** Whether every event that the shards hold is stored. */
  readonly settled: boolean;
}

/**
 * Queues the days of a command that a seal would change, and returns them. While a shard holds events that are not stored,
 * these may be all: the seal asks the shards itself. A day without a new segment counts as one with segment 0.
 */
export async function queueCommanded(
  services: QueueServices,
  { uid, days, rollupIds, settled }: Command,
  nowMs: number,
): Promise<number[]> {
  const dirty = await openDays(services.db, uid, days, rollupIds);
  const open = days
    .filter((day) => !settled || dirty.has(day))
    .map((day) => ({ day, manifestSeq: dirty.get(day) ?? 0 }));
  await queueOpen(services, { uid, cause: 'command' }, open, nowMs);
  return open.map(({ day }) => day);
}

/**
 * The days among those given that a seal would change, with their newest segments: dirty ones, and sealed ones that lack a
 * rollup or still hold events of an expired name.
 */
async function openDays(
  db: D1Database,
  uid: string,
  days: readonly number[],
  rollupIds: readonly string[],
): Promise<Map<number, number>> {
  const { results } = await db
    .prepare(
      `SELECT sd.day, MAX(sd.manifest_seq) AS manifestSeq
       FROM segment_days sd LEFT JOIN sealed_days d ON d.uid = sd.uid AND d.day = sd.day
       WHERE sd.uid = ?1 AND sd.day IN (SELECT value FROM json_each(?2)) AND sd.day >= ${LAKE_DROPPED}
       GROUP BY sd.day
       HAVING MAX(sd.manifest_seq) > COALESCE(d.covered_seq, 0)
         OR EXISTS (SELECT 1 FROM json_each(?3) r WHERE r.value NOT IN (SELECT k.value FROM json_each(d.rollup_ids) k))
         OR EXISTS (SELECT 1 FROM dropped r WHERE r.uid = ?1 AND r.tier = 'event' AND sd.day < r.day_before
           AND r.name NOT IN (SELECT e.value FROM json_each(d.expired) e))`,
    )
    .bind(uid, JSON.stringify(days), JSON.stringify(rollupIds))
    .all<OpenDay>();
  return new Map(results.map(({ day, manifestSeq }) => [day, manifestSeq]));
}

/**
 * Queues days, unless they were queued since their newest segment: a segment that is stored after its day was queued has
 * the day queued again at once.
 */
async function queueOpen(
  { db, sealQueue }: QueueServices,
  { uid, cause }: Pick<SealMessage, 'uid' | 'cause'>,
  open: readonly OpenDay[],
  nowMs: number,
): Promise<void> {
  if (open.length === 0) return;
  const forMs = Math.min(QUEUED_FOR_MS, CALLED_QUEUED_FOR_MS + open.length * CALLED_QUEUED_FOR_MS_A_DAY);
  const claims = open.map(({ day, manifestSeq }) => ({ name: claimName({ uid, day }), seq: manifestSeq }));
  const free = await claimSince(db, claims, nowMs, forMs);
  const chosen = open.filter(({ day }) => free.has(claimName({ uid, day })));
  try {
    await queueSeals(
      sealQueue,
      chosen.map(({ day }) => ({ uid, day, cause })),
    );
  } catch (cause) {
    await unclaim(db, [...free]);
    throw cause;
  }
}

interface DueDay {
  readonly uid: string;
  readonly day: number;
}

/** The days to be sealed now, youngest first. */
export async function dueDays(db: D1Database, nowMs: number): Promise<DueDay[]> {
  const today = dayOf(nowMs);
  const lastDay = dayOf(nowMs - LIMITS.sealAfterMs) - 1;
  const { results } = await db
    .prepare(
      `SELECT sd.uid, sd.day
       FROM segment_days sd JOIN segments s ON s.manifest_seq = sd.manifest_seq
       LEFT JOIN sealed_days d ON d.uid = sd.uid AND d.day = sd.day
       WHERE sd.day <= ?1 AND sd.manifest_seq > COALESCE(d.covered_seq, 0)
         AND sd.day >= COALESCE((SELECT r.day_before FROM dropped r WHERE r.uid = sd.uid AND r.tier = 'lake' AND r.name = ''), sd.day)
         AND COALESCE(d.sealed_at_ms, 0) <= ?2 - CASE WHEN sd.day >= ?3 - 2 THEN ?4 WHEN sd.day >= ?3 - 9 THEN ?4 * 6 ELSE ?4 * 24 END
         AND (s.source = 'flush' OR NOT EXISTS (SELECT 1 FROM imports i WHERE i.uid = sd.uid AND i.stored_at_ms > ?5))
       GROUP BY sd.uid, sd.day ORDER BY sd.day DESC LIMIT ?6`,
    )
    .bind(lastDay, nowMs, today, HOUR_MS, nowMs - IMPORT_QUIET_MS, DAYS_PER_RUN_MAX)
    .all<DueDay>();
  return results;
}

function claimName({ uid, day }: DueDay): string {
  return `seal-queued/${uid}/${day}`;
}
