/**
 * Collect: the cron's duty that takes away what seals cover: files of flushes and imports with their rows, and rows of flushes
 * (CORRECTNESS L2).
 *
 * steps: take days that are due → move their grounds → find the segments that nothing needs → throw them away, fold their flushes
 *
 * - Each step is one batch, guarded by what it needs, and may be run again: a run that dies leaves the rest for the next.
 * - An object goes after its row, by way of the garbage and an hour later: readers that know it may still read it.
 * - The statements work at all days of a run together, so that a run asks few of D1, however many tenants there are.
 */
import { LIMITS } from '../../core/limits.ts';
import { collectSegments, findCollectable } from './collect-store.ts';
import { giveBackDays, settleDays, takeDueDays } from './due-days.ts';
import { moveGrounds } from './ground.ts';

/** Collects of the days that are due, and returns the number of files that went. */
export async function collectSealed(db: D1Database, nowMs: number): Promise<number> {
  const days = await takeDueDays(db, nowMs);
  if (days.length === 0) return 0;
  await moveGrounds(db, days, nowMs);
  const segments = await findCollectable(db, days, nowMs);
  if (segments.length > 0) await collectSegments(db, segments, nowMs);
  if (segments.length < LIMITS.collectFilesMax) await settleDays(db, days, nowMs);
  else await giveBackDays(db, days, nowMs);
  return segments.length;
}
