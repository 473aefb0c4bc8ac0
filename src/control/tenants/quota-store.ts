/**
 * Quota store: writes the quota in a tenant's row; tenants.ts reads it with the rest.
 */

/** Null: no quota. Answers the tenant's uid, or null when there is none of that id. */
export async function setQuota(db: D1Database, id: string, eventsPerMinute: number | null): Promise<string | null> {
  return db
    .prepare('UPDATE tenants SET quota_events_per_minute = ? WHERE id = ? AND deleted_at_ms IS NULL RETURNING uid')
    .bind(eventsPerMinute, id)
    .first<string>('uid');
}
