/**
 * Privacy store: a tenant's changes to the rules on what is stored, in the tenant's row; tenants.ts reads them with the
 * rest.
 */
import { type PrivacyChanges, UNCHANGED_PRIVACY } from '../../core/privacy/privacy.ts';

export async function readPrivacy(db: D1Database, uid: string): Promise<PrivacyChanges> {
  const text = await db.prepare('SELECT privacy FROM tenants WHERE uid = ?').bind(uid).first<string>('privacy');
  return text === null ? UNCHANGED_PRIVACY : JSON.parse(text);
}

export async function storePrivacy(db: D1Database, uid: string, changes: PrivacyChanges): Promise<void> {
  const { addresses, urlParameters } = changes;
  const isUnchanged = addresses === UNCHANGED_PRIVACY.addresses && urlParameters.length === 0;
  const text = isUnchanged ? null : JSON.stringify({ addresses, urlParameters });
  await db.prepare('UPDATE tenants SET privacy = ? WHERE uid = ?').bind(text, uid).run();
}
