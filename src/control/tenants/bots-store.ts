/** Bots store: a tenant's choice about bots, in the tenant's row; tenants.ts reads it with the rest. */
import type { Bots } from '../../core/bots/bots.ts';

/** A tenant from before the choice counts bots. */
export async function readBots(db: D1Database, uid: string): Promise<Bots> {
  return (await db.prepare('SELECT bots FROM tenants WHERE uid = ?').bind(uid).first<Bots>('bots')) ?? 'include';
}

export async function storeBots(db: D1Database, uid: string, bots: Bots): Promise<void> {
  await db.prepare('UPDATE tenants SET bots = ? WHERE uid = ?').bind(bots, uid).run();
}
