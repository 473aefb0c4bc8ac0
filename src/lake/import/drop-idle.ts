/** Drop idle: the cron's duty that drops versions of imports that nobody finishes. Their rows were in no answer. */
import { HOUR_MS, LIMITS } from '../../core/limits.ts';
import { logWarn } from '../../observe/log.ts';
import { claim } from '../manifest/leases.ts';
import { dropVersion, findIdleVersions } from './version-store.ts';

const EVERY_MS = HOUR_MS;
const VERSIONS_PER_RUN_MAX = 100;

export async function dropIdleVersions(db: D1Database, nowMs: number): Promise<void> {
  if (!(await claim(db, ['schedule/imports'], nowMs, EVERY_MS)).has('schedule/imports')) return;
  for (const idle of await findIdleVersions(db, nowMs - LIMITS.importIdleMs, VERSIONS_PER_RUN_MAX)) {
    const { uid, importId, version } = idle;
    if (await dropVersion(db, idle, nowMs)) {
      logWarn('import.idle', 'a version without a new chunk for a week was dropped', { uid, importId, version });
    }
  }
}
