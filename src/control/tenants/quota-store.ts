/**
 * Quota store: writes the quotas in a tenant's row; tenants.ts reads them with the rest.
 */
import type { TenantQuotas } from '../../core/tenant/quota.ts';

/** Quotas to be set; null for the default. Those that are left out stay. */
export type QuotaChange = { readonly [name in keyof TenantQuotas]?: number | null | undefined };

/** Stores the quotas. Returns the tenant's uid, or null when no tenant has that id. */
export async function setQuotas(
  db: D1Database,
  id: string,
  { eventsPerMinute, ...others }: QuotaChange,
): Promise<string | null> {
  return db
    .prepare(
      `UPDATE tenants SET quota_events_per_minute = IIF(?2, ?3, quota_events_per_minute),
         quotas = NULLIF(json_patch(COALESCE(quotas, '{}'), ?4), '{}')
       WHERE id = ?1 AND deleted_at_ms IS NULL RETURNING uid`,
    )
    .bind(id, eventsPerMinute === undefined ? 0 : 1, eventsPerMinute ?? null, JSON.stringify(others))
    .first<string>('uid');
}
