-- The deletions that the cron looks for: those that are not finished.
CREATE INDEX tenant_deletions_open ON tenant_deletions (busy_until_ms) WHERE finished_at_ms IS NULL;
