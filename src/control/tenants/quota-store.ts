/**
 * Quota store: writes the quota in a tenant's row; tenants.ts reads it with the rest.
 */

/** Stores the quota; null removes it. Returns the tenant's uid, or null when no tenant has that id. */
export async function setQuota(db: D1Database, id: string, eventsPerMinute: number | null): Promise<string | null> {
  return db
    .prepare('UPDATE tenants SET quota_events_per_minute = ? WHERE id = ? AND deleted_at_ms IS NULL RETURNING uid')
    .bind(eventsPerMinute, id)
    .first<string>('uid');
}
