-- Quotas of the tenant that differ from the defaults (src/core/tenant/quota.ts), JSON; null when none does. The quota of
-- events has its own column.
ALTER TABLE tenants ADD COLUMN quotas TEXT;

-- The bytes that a tenant takes of this database. Each flush and each seal adds what it writes, and a sweep sums them up anew.
CREATE TABLE tenant_usage (
  uid            TEXT PRIMARY KEY,
  stored_bytes   INTEGER NOT NULL,
  measured_at_ms INTEGER NOT NULL                -- the time of the last sum; 0 before the first
) WITHOUT ROWID;
