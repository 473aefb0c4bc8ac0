/**
 * Junk id store: a tenant's changes to the list of junk ids, in the tenant's row; tenants.ts reads them with the rest.
 */
import type { JunkIdChanges } from '../../core/event/junk-id.ts';

const UNCHANGED: JunkIdChanges = { add: [], except: [] };

export async function readJunkIds(db: D1Database, uid: string): Promise<JunkIdChanges> {
  const text = await db.prepare('SELECT junk_ids FROM tenants WHERE uid = ?').bind(uid).first<string>('junk_ids');
  return text === null ? UNCHANGED : JSON.parse(text);
}

export async function storeJunkIds(db: D1Database, uid: string, { add, except }: JunkIdChanges): Promise<void> {
  const text = add.length + except.length === 0 ? null : JSON.stringify({ add, except });
  await db.prepare('UPDATE tenants SET junk_ids = ? WHERE uid = ?').bind(text, uid).run();
}
