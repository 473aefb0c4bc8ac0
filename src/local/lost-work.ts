/**
 * Lost work: what the seals of a runtime that was killed still hold. Local queues forget their messages and nobody else works at
 * these days, yet the next seal would wait until their claims and leases run out. On the platform queues keep their messages, and
 * nothing is freed.
 */
import type { Database } from './runtime.ts';

/** Frees the leases of days, the claims of their tasks, and the days that were handed out, of all tenants. */
export async function freeLostSeals(db: Pick<Database, 'batch' | 'prepare'>): Promise<void> {
  await db.batch([
    db.prepare("DELETE FROM leases WHERE name GLOB 'seal/*' OR name GLOB 'seal-task/*'"),
    db.prepare('UPDATE dirty_days SET claimed_until_ms = 0 WHERE claimed_until_ms > 0'),
  ]);
}
