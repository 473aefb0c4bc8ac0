-- Whether all shards of the tenant rested when its bytes were last summed up, and nothing was stored for it since: the sweep asks
-- its directory with the next sum alone.
ALTER TABLE tenant_usage ADD COLUMN is_at_rest INTEGER NOT NULL DEFAULT 0;
