/**
 * Seal schedule: which days are due: they ended two hours ago and are dirty; every hour at first, and less often the older
 * they are (CORRECTNESS B5). It also makes lost messages harmless: a day that stays dirty is found again.
 */
import { HOUR_MS, LIMITS, MINUTE_MS, SECOND_MS } from '../../core/limits.ts';
import type { SealMessage } from '../../core/shard/rpc.ts';
import { dayOf } from '../../core/std/day.ts';
import { collectGarbage } from '../manifest/garbage.ts';
import { claim, claimSince, unclaim } from '../manifest/leases.ts';

export interface ScheduleServices {
  readonly db: D1Database;
  readonly lake: Pick<R2Bucket, 'delete'>;
  readonly sealQueue: { sendBatch(messages: Iterable<{ body: SealMessage }>): Promise<unknown> };
}

/** The look-up reads every uncovered day of every tenant: too much for each minute. */
const SCHEDULE_EVERY_MS = 5 * MINUTE_MS;
/** A day that was queued is not queued again before this time has passed. */
const QUEUED_FOR_MS = 15 * MINUTE_MS;
/**
 * A day of an import that was queued is not queued again sooner, however often the import's end is said: a loop of that call
 * would fill the queue that all tenants share. Ten seconds is less than the half minute after which `tidemark import` asks
 * again for days that do not move. Each further day of the import adds a twentieth of a second.
 */
const IMPORT_QUEUED_FOR_MS = 10 * SECOND_MS;
const IMPORT_QUEUED_FOR_MS_A_DAY = 50;
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

/**
 * Queues the days of an import that are not sealed with all of it, unless they were queued since its newest finish or
 * undo: a day that was queued before it is queued again at once.
 */
export async function queueImported(
  { db, sealQueue }: Pick<ScheduleServices, 'db' | 'sealQueue'>,
  uid: string,
  open: readonly { readonly day: number; readonly seq: number }[],
  nowMs: number,
): Promise<void> {
  if (open.length === 0) return;
  const forMs = Math.min(QUEUED_FOR_MS, IMPORT_QUEUED_FOR_MS + open.length * IMPORT_QUEUED_FOR_MS_A_DAY);
  const claims = open.map(({ day, seq }) => ({ name: claimName({ uid, day }), seq }));
  const free = await claimSince(db, claims, nowMs, forMs);
  const chosen = open.filter(({ day }) => free.has(claimName({ uid, day })));
  try {
    await queueSeals(
      sealQueue,
      chosen.map(({ day }) => ({ uid, day, cause: 'import' })),
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
       WHERE sd.day <= ?1 AND s.superseded_seq IS NULL AND sd.manifest_seq > COALESCE(d.covered_seq, 0)
         AND sd.day >= COALESCE((SELECT r.day_before FROM dropped r WHERE r.uid = sd.uid AND r.tier = 'lake' AND r.name = ''), sd.day)
         AND COALESCE(d.sealed_at_ms, 0) <= ?2 - CASE WHEN sd.day >= ?3 - 2 THEN ?4 WHEN sd.day >= ?3 - 9 THEN ?4 * 6 ELSE ?4 * 24 END
       UNION SELECT v.uid, v.day FROM superseded_days v JOIN sealed_days d ON d.uid = v.uid AND d.day = v.day
       WHERE v.superseded_seq > d.superseded_seq
       ORDER BY 2 DESC LIMIT ?5`,
    )
    .bind(lastDay, nowMs, today, HOUR_MS, DAYS_PER_RUN_MAX)
    .all<DueDay>();
  return results;
}

function claimName({ uid, day }: DueDay): string {
  return `seal-queued/${uid}/${day}`;
}
